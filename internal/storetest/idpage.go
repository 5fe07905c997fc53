// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// parsed returns the filter that a text says, for tests that know it to be good.
func parsed(t testing.TB, text string, properties map[string]filter.Property) filter.Node {
	t.Helper()
	n, err := filter.Parse(text, filter.NewSchema(properties))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

// clientRecord is a client as the evaluator sees it.
func clientRecord(c tenancy.Client) record {
	return record{tenancy.PropertyID: c.ID, tenancy.PropertyName: filter.Fold(c.Name),
		tenancy.PropertyInstanceID: filter.Fold(c.InstanceID), tenancy.PropertyState: string(c.State),
		tenancy.PropertyOrganizationID: int64(c.OrganizationID), tenancy.PropertyAuthCodeID: c.AuthCodeID,
		tenancy.PropertyTags: tenancy.ListedText(c.Tags...), tenancy.PropertyCreatedAt: c.CreatedAt,
		tenancy.PropertyUpdatedAt: c.UpdatedAt, tenancy.PropertyLastSeenAt: optionalTime(c.LastSeenAt)}
}

// optionalTime returns a time as the evaluator sees it; nil if it is absent.
func optionalTime(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}

// walkClients reads a list page by page and returns the numbers of the clients, and how many
// pages there were. between is called between two pages.
func walkClients(t testing.TB, s tenancy.Store, p tenancy.ClientList,
	between func(shown []string)) (found []string, pages int) {
	t.Helper()
	for {
		page := read(t, s, func(tx tenancy.Reader) (tenancy.IDPage[tenancy.Client], error) {
			return tx.Clients(context.Background(), p)
		})
		if len(page.Items) > p.Limit {
			t.Fatalf("%+v: %d items", p, len(page.Items))
		}
		for _, c := range page.Items {
			found = append(found, c.ID[len("client-"):])
		}
		pages++
		if p.After = page.Next; p.After == "" || pages > 1000 {
			return found, pages
		}
		between(found)
	}
}

// clientFilters: each property is compared in SQL as it is in Go, in both directions, and
// under the conditions that are no filter.
func clientFilters(t *testing.T, s tenancy.Store) {
	a, b := withCode(t, s, "a", 1), withCode(t, s, "b", 2)
	var all []tenancy.Client
	for n := range 8 {
		c := client([]tenancy.StoredAuthCode{a, b}[n%2], n)
		c.Name, c.InstanceID = []string{"Till", "TÜR 5%", "till_2", "Kiosk\x7f"}[n/2], fmt.Sprint("INST-", n%3)
		c.Tags = [][]string{nil, {"North", "tills"}, {"northern"}}[n%3]
		c.State = []tenancy.ClientState{tenancy.ClientActive, tenancy.ClientPending, tenancy.ClientRevoked}[n%3]
		c.CreatedAt = storedTime(moment(n * 1000))
		if n%3 > 0 {
			c.LastSeenAt = storedTime(moment(n % 4))
		}
		addClients(t, s, c)
		all = append(all, c.Client)
	}
	properties := tenancy.ClientProperties()
	for _, text := range []string{
		`name eq "TILL"`, `name co "ü"`, `name sw "till"`, `name ew "%"`, `name co "_"`, `name ne "till"`,
		`name gt "till"`, `name pr`,
		`instanceId eq "inst-1"`, `instanceId sw "inst"`, `state eq "active"`,
		`not (state eq "active" or state eq "Pending")`, `state gt "active"`,
		`organization.id eq "` + a.OrganizationID.String() + `"`, `organization.id gt 0`, `authCodeId eq "CODE-2"`,
		`id gt "client-3"`, `id eq null`,
		"tags co \"\\nnorth\\n\"", `tags pr`, `not (tags pr)`,
		`createdAt gt "` + moment(3000).Format(time.RFC3339Nano) + `"`,
		`lastSeenAt pr`, `not (lastSeenAt pr)`, `lastSeenAt eq null`, `lastSeenAt ne null`,
		`lastSeenAt le "` + moment(2).Format(time.RFC3339Nano) + `"`,
		`not (lastSeenAt le "` + moment(2).Format(time.RFC3339Nano) + `")`,
		`lastSeenAt ne "` + storedTime(moment(1)).Format(time.RFC3339Nano) + `"`,
		`not (lastSeenAt ne "` + storedTime(moment(1)).Format(time.RFC3339Nano) + `")`,
		`(name sw "t" and not (tags pr)) or id eq "client-7"`,
	} {
		n := parsed(t, text, properties)
		var want []string
		for _, c := range all {
			if matches(n, clientRecord(c)) {
				want = append(want, c.ID[len("client-"):])
			}
		}
		for _, limit := range []int{1, 3, 20} {
			for _, looksAt := range []int{1, 3, 1000} {
				p := tenancy.ClientList{IDOrder: tenancy.IDOrder{Filter: n, Ascending: true, Limit: limit,
					LooksAt: looksAt}}
				got, pages := walkClients(t, s, p, func([]string) {})
				wantSame(t, fmt.Sprint(text, " by ", limit, ", looking at ", looksAt), got, want)
				if least := (len(all) + looksAt - 1) / looksAt; pages < least {
					t.Errorf("%s: %d rows were looked at in %d pages of %d", text, len(all), pages, looksAt)
				}
				p.Ascending = false
				got, _ = walkClients(t, s, p, func([]string) {})
				slices.Reverse(got)
				wantSame(t, text+", the newest first", got, want)
			}
		}
	}
	clientConditions(t, s, all)
}

// clientConditions: organization, code and state hold as well as the filter.
func clientConditions(t *testing.T, s tenancy.Store, all []tenancy.Client) {
	t.Helper()
	n := parsed(t, `name co "i"`, tenancy.ClientProperties())
	for _, organization := range []tenancy.OrganizationID{tenancy.RootID, all[0].OrganizationID, 7} {
		for _, code := range []string{"", all[0].AuthCodeID, all[1].AuthCodeID, "none", "\x00"} {
			for _, state := range []tenancy.ClientState{"", tenancy.ClientActive, tenancy.ClientPending,
				tenancy.ClientRefused} {
				for _, f := range []filter.Node{nil, n} {
					var want []string
					for _, c := range all {
						if (organization == tenancy.RootID || c.OrganizationID == organization) &&
							(code == "" || c.AuthCodeID == code) &&
							(state == "" || c.State == state) && (f == nil || matches(f, clientRecord(c))) {
							want = append(want, c.ID[len("client-"):])
						}
					}
					p := tenancy.ClientList{Organization: organization, AuthCodeID: code, State: state,
						IDOrder: tenancy.IDOrder{Filter: f, Ascending: true, Limit: 2, LooksAt: 2}}
					got, _ := walkClients(t, s, p, func([]string) {})
					wantSame(t, fmt.Sprintf("%+v", p), got, want)
				}
			}
		}
	}
}

// clientsChanging: a walk shows once what matches all the time, while others come and change.
func clientsChanging(t *testing.T, s tenancy.Store) {
	code := withCode(t, s, "a", 1)
	for n := 10; n < 30; n++ {
		addClients(t, s, client(code, n))
	}
	n := parsed(t, `state eq "active"`, tenancy.ClientProperties())
	for _, oldest := range []bool{false, true} {
		changed := map[string]bool{}
		before, _ := walkClients(t, s, tenancy.ClientList{IDOrder: tenancy.IDOrder{Filter: n, Ascending: oldest,
			Limit: 50, LooksAt: 50}}, nil)
		next := 30
		seen, _ := walkClients(t, s, tenancy.ClientList{IDOrder: tenancy.IDOrder{Filter: n, Ascending: oldest,
			Limit: 3, LooksAt: 5}}, func(shown []string) {
			next += 10
			if next > 60 {
				return
			}
			for _, id := range []string{shown[len(shown)-1], before[len(before)-2]} {
				c := clientByID(t, s, "client-"+id)
				c.State, changed[id] = tenancy.ClientRevoked, true
				update(t, s, func(tx tenancy.Tx) error { return tx.UpdateClient(context.Background(), c.Client) })
			}
			addClients(t, s, client(code, next+map[bool]int{true: 100, false: 200}[oldest]))
		})
		stays := func(ids []string) []string {
			return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
				return changed[id] ||
					!slices.Contains(before, id)
			})
		}
		wantSame(t, fmt.Sprint("a walk, the oldest first: ", oldest), stays(seen), stays(before))
	}
}

// codeFilters: names and tags of codes are found, also after a change.
func codeFilters(t *testing.T, s tenancy.Store) {
	o := member(t, s, "o")
	for n := range 5 {
		c := secondary(o.ID, n)
		c.Name, c.Tags = fmt.Sprint("Spring ", n), []string{fmt.Sprint("T", n)}
		addCodes(t, s, c)
	}
	find := func(text string, oldest bool) (ids []string) {
		p := tenancy.IDOrder{Filter: parsed(t, text, tenancy.AuthCodeProperties()), Ascending: oldest, Limit: 2,
			LooksAt: 3}
		for {
			page := read(t, s, func(tx tenancy.Reader) (tenancy.IDPage[tenancy.AuthCode], error) {
				return tx.AuthCodes(context.Background(), o.ID, p)
			})
			for _, c := range page.Items {
				ids = append(ids, c.ID)
			}
			if p.After = page.Next; p.After == "" {
				return ids
			}
		}
	}
	wantSame(t, "by name", find(`name sw "spring" and name ne "spring 2"`, true),
		[]string{"code-0", "code-1", "code-3", "code-4"})
	wantSame(t, "by tag", find("tags co \"\\nt3\\n\"", false), []string{"code-3"})
	changed := codeByID(t, s, "code-3").AuthCode
	changed.Name, changed.Tags = "Autumn", []string{"other"}
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateAuthCode(context.Background(), changed) })
	wantSame(t, "by a former tag", find("tags co \"\\nt3\\n\"", false), nil)
	wantSame(t, "by another name", find(`name eq "AUTUMN" and tags pr`, false), []string{"code-3"})
}
