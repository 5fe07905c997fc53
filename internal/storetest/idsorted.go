// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// inOrder sorts records as a list by one property has them: absent times after all others, and
// then by the ids, all in one direction.
func inOrder(records []record, by string, ascending bool) (ids []string) {
	slices.SortFunc(records, func(a, b record) int {
		way := cmp.Or(compareValues(a[by], b[by]), cmp.Compare(a["id"].(string), b["id"].(string)))
		if ascending {
			return way
		}
		return -way
	})
	for _, r := range records {
		ids = append(ids, r["id"].(string))
	}
	return ids
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	case time.Time:
		if b == nil {
			return -1
		}
		return a.Compare(b.(time.Time))
	}
	if b == nil {
		return 0
	}
	return 1
}

// walkSorted reads a list page by page and returns the ids. between is called between two pages.
func walkSorted[T any](t *testing.T, o tenancy.IDOrder, id func(T) string, between func(),
	page func(tenancy.IDOrder) (tenancy.IDPage[T], error)) (ids []string) {
	t.Helper()
	for range 1000 {
		p, err := page(o)
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		for _, item := range p.Items {
			ids = append(ids, id(item))
		}
		if o.After, o.AfterKey = p.Next, p.NextKey; o.After == "" {
			return ids
		}
		between()
	}
	t.Fatalf("%+v: the walk has no end", o)
	return nil
}

// clientOrders: each property sorts in both directions, with a filter and under conditions, and
// a walk has every client once that stays, while others come, and the one at the cursor changes
// its place.
func clientOrders(t *testing.T, s tenancy.Store) {
	a, b := withCode(t, s, "a", 1), withCode(t, s, "b", 2)
	var records []record
	for n := range 9 {
		c := client([]tenancy.StoredAuthCode{a, b}[n%2], n)
		c.Name, c.InstanceID = []string{"Till", "TÜR 5%", "till", "ABBA"}[n%4], fmt.Sprint("INST-", n%5)
		c.State = []tenancy.ClientState{tenancy.ClientActive, tenancy.ClientPending}[n/2%2]
		c.UpdatedAt = storedTime(moment(n * 7 % 5))
		if n%3 > 0 {
			c.LastSeenAt = storedTime(moment(-n % 4))
		}
		addClients(t, s, c)
		records = append(records, clientRecord(c.Client))
	}
	properties := tenancy.ClientProperties()
	few := parsed(t, `name sw "t"`, properties)
	id := func(c tenancy.Client) string { return c.ID }
	ask := func(list tenancy.ClientList) func(tenancy.IDOrder) (tenancy.IDPage[tenancy.Client], error) {
		return func(o tenancy.IDOrder) (page tenancy.IDPage[tenancy.Client], err error) {
			list.IDOrder = o
			err = s.Read(context.Background(), func(tx tenancy.Reader) (err error) {
				page, err = tx.Clients(context.Background(), list)
				return err
			})
			return page, err
		}
	}
	for _, by := range []string{"name", "instanceId", "state", "updatedAt", "lastSeenAt", "id", "createdAt"} {
		for _, list := range []tenancy.ClientList{{}, {Organization: a.OrganizationID}, {AuthCodeID: b.ID},
			{State: tenancy.ClientActive}, {State: tenancy.ClientPending, Organization: b.OrganizationID}} {
			for _, f := range []filter.Node{nil, few} {
				var want []record
				for _, r := range records {
					if inList(list, r) && (f == nil || matches(f, r)) {
						want = append(want, r)
					}
				}
				key := by
				if by == "createdAt" { // the ids of the test are in the order of the times
					key = "id"
				}
				for _, ascending := range []bool{true, false} {
					o := tenancy.IDOrder{By: properties[by], Ascending: ascending, Filter: f, Limit: 2, LooksAt: 9}
					what := fmt.Sprintf("%+v by %s, ascending: %v, filtered: %v", list, by, ascending, f != nil)
					wantSame(t, what, walkSorted(t, o, id, func() {}, ask(list)), inOrder(want, key, ascending))
				}
			}
		}
	}
	_, err := ask(tenancy.ClientList{})(tenancy.IDOrder{By: properties["name"], Limit: 2, LooksAt: 8})
	if problem.As(err).Code != problem.CodeTooManyToSort {
		t.Errorf("nine clients where eight are sorted: got %v", err)
	}
	if _, err := ask(tenancy.ClientList{})(tenancy.IDOrder{By: properties["id"], Limit: 2,
		LooksAt: 8}); err != nil {
		t.Errorf("by id: %v", err)
	}
	clientsMoving(t, s, a, ask(tenancy.ClientList{}))
}

// inList reports whether a client meets the conditions of a list.
func inList(l tenancy.ClientList, r record) bool {
	organization := tenancy.OrganizationID(r[tenancy.PropertyOrganizationID].(int64))
	return (l.Organization == tenancy.RootID || organization == l.Organization) &&
		(l.AuthCodeID == "" || r[tenancy.PropertyAuthCodeID] == l.AuthCodeID) &&
		(l.State == "" || r[tenancy.PropertyState] == string(l.State))
}

// clientsMoving: see clientOrders.
func clientsMoving(t *testing.T, s tenancy.Store, code tenancy.StoredAuthCode,
	ask func(tenancy.IDOrder) (tenancy.IDPage[tenancy.Client], error)) {
	t.Helper()
	o := tenancy.IDOrder{By: tenancy.ClientProperties()["name"], Ascending: true, Limit: 2, LooksAt: 1000}
	id := func(c tenancy.Client) string { return c.ID }
	stays := walkSorted(t, o, id, func() {}, ask)
	moved, n := stays[1], 100
	seen := walkSorted(t, o, id, func() {
		if n++; n > 108 {
			return
		}
		addClients(t, s, client(code, n))
		c := clientByID(t, s, moved)
		c.Name = fmt.Sprint("AA ", n) // before what was shown
		update(t, s, func(tx tenancy.Tx) error { return tx.UpdateClient(context.Background(), c.Client) })
	}, ask)
	seen = slices.DeleteFunc(seen, func(id string) bool { return !slices.Contains(stays, id) })
	wantSame(t, "a walk by name while others come and one moves", seen, stays)
}

// codeOrders: codes are sorted by what changes with each use, and by when they expire.
func codeOrders(t *testing.T, s tenancy.Store) {
	o := member(t, s, "o")
	var records []record
	for n := range 7 {
		c := secondary(o.ID, n)
		c.Name, c.Uses = fmt.Sprint("Code ", n*5%7), int64(n%3)
		c.UpdatedAt = storedTime(moment(10 - n))
		if c.Limits.Never = n%2 == 0; !c.Limits.Never {
			c.Limits.ExpiresAt = storedTime(moment(1000 - n))
		}
		if n%3 == 0 {
			c.LastUsedAt = storedTime(moment(20 - n))
		}
		addCodes(t, s, c)
		r := record{"id": c.ID, "name": filter.Fold(c.Name), "uses": c.Uses, "updatedAt": c.UpdatedAt,
			"expiresAt": nil, "lastUsedAt": optionalTime(c.LastUsedAt)}
		if !c.Limits.Never {
			r["expiresAt"] = c.Limits.ExpiresAt
		}
		records = append(records, r)
	}
	properties := tenancy.AuthCodeProperties()
	ask := func(o2 tenancy.IDOrder) (page tenancy.IDPage[tenancy.AuthCode], err error) {
		err = s.Read(context.Background(), func(tx tenancy.Reader) (err error) {
			page, err = tx.AuthCodes(context.Background(), o.ID, o2)
			return err
		})
		return page, err
	}
	for _, by := range []string{"name", "uses", "updatedAt", "expiresAt", "lastUsedAt"} {
		for _, ascending := range []bool{true, false} {
			p := tenancy.IDOrder{By: properties[by], Ascending: ascending, Limit: 2, LooksAt: 7}
			got := walkSorted(t, p, func(c tenancy.AuthCode) string { return c.ID }, func() {}, ask)
			wantSame(t, fmt.Sprint("codes by ", by, ", ascending: ", ascending), got, inOrder(records, by, ascending))
		}
	}
	for text, want := range map[string]int{`expiresAt pr`: 3, `expiresAt eq null`: 4, `uses ge 1`: 4,
		`not (lastUsedAt pr)`: 4} {
		p := tenancy.IDOrder{Filter: parsed(t, text, properties), Limit: 2, LooksAt: 2}
		if got := walkSorted(t, p, func(c tenancy.AuthCode) string { return c.ID }, func() {},
			ask); len(got) != want {
			t.Errorf("%s: got %q, want %d", text, got, want)
		}
	}
}
