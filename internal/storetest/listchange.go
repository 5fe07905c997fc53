// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// questions are lists that an engine may answer from stored numbers or from its cache. The
// answers must follow every change.
func questions(status filter.Property, name filter.Property, values ...string) []filter.Node {
	list := []filter.Node{nil}
	for _, text := range []string{"amber", "mber tra", "ber", "x", "nowhere"} {
		list = append(list, filter.Compare{Property: name, Op: filter.Co, Value: filter.Value{Text: text}})
	}
	for _, value := range values {
		is := filter.Compare{Property: status, Op: filter.Eq, Value: filter.Value{Text: value}}
		list = append(list, is, filter.Not{Term: is},
			filter.And{Terms: []filter.Node{is, list[1]}}, filter.And{Terms: []filter.Node{list[1], list[3], is}},
			filter.Or{Terms: []filter.Node{is, list[1]}}, filter.Or{Terms: []filter.Node{list[2], is}})
	}
	return list
}

// wantAnswers reads two pages of each list and compares them. It does so more than once:
// the second answer may come from a cache, also where several stores take turns.
func wantAnswers(t *testing.T, after string, tab table, questions []filter.Node) {
	t.Helper()
	for _, tree := range questions {
		p := tenancy.ListParams{Filter: tree, Limit: 3}
		all := tab.ids(p)
		for _, p.Offset = range []int{0, 4} {
			want := all[min(p.Offset, len(all)):min(p.Offset+p.Limit, len(all))]
			for range 2 {
				ids, total, err := tab.list(p)
				if err != nil || total != len(all) || !slices.Equal(ids, want) {
					t.Errorf("after %s: %+v: got %d in all, %v, %v; want %d, %v", after, p, total, ids, err, len(all), want)
				}
			}
		}
	}
}

// listFollowsRequests files and decides requests, and reads lists after each change.
func listFollowsRequests(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	tab := requestTable(t, s)
	tab.records = slices.Clone(tab.records)
	asked := questions(tenancy.RequestProperties()["status"], tenancy.RequestProperties()["name"], "new",
		"approved", "moreinfoneeded")
	wantAnswers(t, "nothing", tab, asked)
	for i, name := range []string{"Amber Trading", "Timber", "Xamber Tra", "Ämber"} {
		r := file(t, s, tenancy.Request{Name: name, Status: tenancy.RequestNew, CreatedAt: moment(i),
			UpdatedAt: moment(i)})
		tab.records = append(tab.records, record{"id": int64(r.ID), "name": filter.Fold(r.Name), "email": "",
			"status":          "new",
			"organization.id": int64(r.OrganizationID), "contact.id": int64(r.ContactID),
			"createdAt": storedTime(r.CreatedAt)})
		wantAnswers(t, "filing "+name, tab, asked)
	}
	for i := 0; i < len(tab.records); i += 9 {
		id := tenancy.RequestID(tab.records[i]["id"].(int64))
		update(t, s, func(tx tenancy.Tx) error {
			r, err := tx.Request(ctx, id)
			if err != nil {
				return err
			}
			r.Status, r.DecidedAt = tenancy.RequestApproved, moment(1)
			_, err = decide(tx, r)
			return err
		})
		tab.records[i]["status"] = "approved"
		wantAnswers(t, fmt.Sprint("deciding ", id), tab, asked)
	}
	wantNothingOfWhatWasUndone(t, s, tab, asked)
}

// wantNothingOfWhatWasUndone lists within an Update that fails. What was seen there must
// not appear afterwards.
func wantNothingOfWhatWasUndone(t *testing.T, s tenancy.Store, tab table, asked []filter.Node) {
	t.Helper()
	ctx := context.Background()
	err := s.Update(ctx, func(tx tenancy.Tx) error {
		for _, r := range tab.records {
			if r["status"] == "new" {
				stored, err := tx.Request(ctx, tenancy.RequestID(r["id"].(int64)))
				if err != nil {
					return err
				}
				stored.Status = tenancy.RequestRejected
				if _, err := decide(tx, stored); err != nil {
					return err
				}
			}
		}
		for _, tree := range asked {
			if _, _, err := tx.Requests(ctx, tenancy.ListParams{Filter: tree, Limit: 3}); err != nil {
				return err
			}
		}
		return errOnPurpose
	})
	if err != errOnPurpose {
		t.Errorf("got %v", err)
	}
	wantAnswers(t, "what was undone", tab, asked)
}

// listFollowsOrganizations moves organizations between states and names.
func listFollowsOrganizations(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	tab := organizationTable(t, s)
	tab.records = slices.Clone(tab.records)
	properties := tenancy.OrganizationProperties()
	asked := questions(properties["state"], properties["name"], "active", "inactive")
	asked = append(asked, filter.Compare{Property: properties["alias"], Op: filter.Eq,
		Value: filter.Value{Text: "quartz"}},
		filter.Compare{Property: properties["description"], Op: filter.Co, Value: filter.Value{Text: "quartz"}})
	o := tenancy.Organization{Name: "Amber Trading", State: tenancy.OrganizationApplicant, CreatedAt: moment(3),
		UpdatedAt: moment(3)}
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertOrganization(ctx, &o) })
	wantAnswers(t, "an applicant", tab, asked)
	for _, step := range []struct {
		name  string
		state tenancy.OrganizationState
		alias string // and description
	}{
		{"Amber Trading", tenancy.OrganizationActive, ""},
		{"Amber Trading", tenancy.OrganizationActive, "Quartz"},
		{"Timber", tenancy.OrganizationActive, "Quartz"},
		{"Timber", tenancy.OrganizationInactive, ""},
		{"Xamber Tra", tenancy.OrganizationInactive, ""},
		{"Xamber Tra", tenancy.OrganizationActive, ""},
		{"Xamber Tra", tenancy.OrganizationRejected, "Quartz"},
		{"Amber again", tenancy.OrganizationApplicant, "Quartz"},
		{"Amber", tenancy.OrganizationActive, "Quartz"},
		{"Amber", tenancy.OrganizationActive, ""},
	} {
		o.Name, o.State, o.Alias, o.Description = step.name, step.state, step.alias, step.alias
		update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOrganization(ctx, o) })
		tab.records = slices.DeleteFunc(tab.records, func(r record) bool { return r["id"] == int64(o.ID) })
		if o.State == tenancy.OrganizationActive || o.State == tenancy.OrganizationInactive {
			tab.records = append(tab.records, record{"id": int64(o.ID), "name": filter.Fold(o.Name),
				"alias": filter.Fold(o.Alias), "description": filter.Fold(o.Description),
				"externalId": "", "state": string(o.State), "createdAt": storedTime(o.CreatedAt)})
		}
		wantAnswers(t, fmt.Sprint(step), tab, asked)
	}
}

// listFollowsTogether files and decides many requests at once, while others list. A client
// that has filed a request finds it at once, from every store and whatever other clients
// read or change. A client that only lists finds more and more.
func listFollowsTogether(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	const each = 12
	together(8, func(i int) {
		seen := 0
		for n := range each {
			if i >= 6 {
				page, total, err := listAll(s, compareName(filter.Co, "amber"))
				if err != nil || len(page) != total || total < seen {
					t.Errorf("while others file: got %d of %d after %d, %v", len(page), total, seen, err)
				}
				seen = total
				continue
			}
			r := file(t, s, tenancy.Request{Name: fmt.Sprint("Amber ", i, " ", n), Status: tenancy.RequestNew,
				CreatedAt: moment(n), UpdatedAt: moment(n)})
			for range 4 {
				page, total, err := listAll(s, compareName(filter.Co, fmt.Sprint("amber ", i, " ")))
				if err != nil || total != n+1 || len(page) != n+1 || page[0].ID != r.ID {
					t.Errorf("after filing %d: got %d of %d, %v", n+1, len(page), total, err)
				}
			}
			if n%3 != 0 {
				continue
			}
			r.Status, r.DecidedAt = tenancy.RequestRejected, moment(n)
			err := s.Update(ctx, func(tx tenancy.Tx) error {
				_, err := decide(tx, r)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	status := tenancy.RequestProperties()["status"]
	for text, want := range map[string]int{"new": 6 * 8, "rejected": 6 * 4, "review": 0} {
		_, total, err := listAll(s, filter.Compare{Property: status, Op: filter.Eq,
			Value: filter.Value{Text: text}})
		if err != nil || total != want {
			t.Errorf("%s: got %d, %v, want %d", text, total, err, want)
		}
	}
	page, total, err := listAll(s, compareName(filter.Co, "amber"))
	if err != nil || total != 6*each || len(page) != total {
		t.Errorf("amber: got %d and %d, %v", total, len(page), err)
	}
}

func listAll(s tenancy.Store, tree filter.Node) (page []tenancy.Request, total int, err error) {
	ctx := context.Background()
	err = s.View(ctx, func(tx tenancy.Reader) error {
		page, total, err = tx.Requests(ctx, tenancy.ListParams{Filter: tree, Limit: 1000})
		return err
	})
	return page, total, err
}
