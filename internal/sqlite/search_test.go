// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// number reads one number past the lists.
func number(t *testing.T, s *Store, query string) (n int) {
	t.Helper()
	err := s.view(context.Background(), false, func(x *tx) (err error) {
		n, err = one(context.Background(), x, "read number", problem.RowNotFound, sqltext.Value[int], query)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// New names are found at once, in totals, pages and conjunctions, whether or not they are
// in the index yet.
func TestNewNamesAreFound(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), Tidy(opened(t), 16)
	name := func(text string) filter.Node {
		return filter.Compare{Property: tenancy.RequestProperties()["name"], Op: filter.Co,
			Value: filter.Value{Text: text}}
	}
	status := filter.Compare{Property: tenancy.RequestProperties()["status"], Op: filter.Eq,
		Value: filter.Value{Text: "new"}}
	for i := 1; i <= 40; i++ {
		err := s.Update(ctx, func(x tenancy.Tx) error {
			c := tenancy.Contact{CreatedAt: time.Now()}
			if err := x.InsertContact(ctx, &c); err != nil {
				return err
			}
			r := tenancy.Request{Name: fmt.Sprintf("Amber %02d works", i), Status: tenancy.RequestNew, ContactID: c.ID,
				CreatedAt: time.UnixMilli(int64(i)), UpdatedAt: time.Now()}
			return x.InsertRequest(ctx, &r)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := number(t, s, `SELECT count(*) FROM request_search_pending`); got != i%16 {
			t.Errorf("after %d: %d are pending", i, got)
		}
		for text, tree := range map[string]filter.Node{
			"co":      name("amber"),
			"co, co":  filter.And{Terms: []filter.Node{name("amber"), name("works")}},
			"co, eq":  filter.And{Terms: []filter.Node{name("amber"), status}},
			"co or":   filter.Or{Terms: []filter.Node{name("amber"), status}},
			"co none": filter.And{Terms: []filter.Node{name("amber"), filter.Not{Term: name("nothing")}}},
		} {
			err := s.View(ctx, func(r tenancy.Reader) error {
				page, total, err := r.Requests(ctx, tenancy.ListParams{Filter: tree, Limit: 100})
				if err == nil && (total != i || len(page) != i || page[0].Name != fmt.Sprintf("Amber %02d works", i)) {
					t.Errorf("%s after %d: got %d of %d", text, i, len(page), total)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A name that changes is found by the new one alone, wherever the old one was.
func TestChangedNamesAreFound(t *testing.T) {
	t.Parallel()
	for _, tidy := range []int{1, 1000} {
		ctx, s := context.Background(), Tidy(opened(t), tidy)
		o := tenancy.Organization{Name: "Amber works", State: tenancy.OrganizationActive, CreatedAt: time.Now(),
			UpdatedAt: time.Now()}
		if err := s.Update(ctx, func(x tenancy.Tx) error { return x.InsertOrganization(ctx, &o) }); err != nil {
			t.Fatal(err)
		}
		found := func(text string) (total int) {
			tree := filter.Compare{Property: tenancy.OrganizationProperties()["name"], Op: filter.Co,
				Value: filter.Value{Text: text}}
			err := s.View(ctx, func(r tenancy.Reader) (err error) {
				_, total, err = r.Organizations(ctx, tenancy.ListParams{Filter: tree, Limit: 1})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return total
		}
		change := func(what string, fn func(), amber, basalt int) {
			fn()
			if err := s.Update(ctx, func(x tenancy.Tx) error { return x.UpdateOrganization(ctx, o) }); err != nil {
				t.Fatal(err)
			}
			if a, b := found("amber"), found("basalt"); a != amber || b != basalt {
				t.Errorf("tidy %d, %s: got %d and %d", tidy, what, a, b)
			}
		}
		change("as it was", func() {}, 1, 0)
		change("renamed", func() { o.Name = "Basalt works" }, 0, 1)
		change("not listed", func() { o.State = tenancy.OrganizationRejected }, 0, 0)
		change("renamed out of sight", func() { o.Name = "Amber works" }, 0, 0)
		change("listed again", func() { o.State = tenancy.OrganizationInactive }, 1, 0)
		if n := number(t, s, `SELECT count(*) FROM organization_search WHERE organization_search MATCH '"works"'`) +
			number(t, s, `SELECT count(*) FROM organization_search_pending`); n != 1 {
			t.Errorf("tidy %d: the one name is there %d times", tidy, n)
		}
	}
}

// Rows that are deleted past the program leave the search, too.
func TestDeletedNamesAreGone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, tidy := range []int{1, 1000} {
		s := Tidy(opened(t), tidy)
		o := tenancy.Organization{Name: "Amber works", State: tenancy.OrganizationActive, CreatedAt: time.Now(),
			UpdatedAt: time.Now()}
		for _, fn := range []func(tenancy.Tx) error{
			func(x tenancy.Tx) error { return x.InsertOrganization(ctx, &o) },
			func(x tenancy.Tx) error {
				_, err := x.(*tx).exec(ctx, "delete", `DELETE FROM organizations WHERE id > 0`)
				return err
			},
		} {
			if err := s.Update(ctx, fn); err != nil {
				t.Fatal(err)
			}
		}
		if n := number(t, s, `SELECT count(*) FROM organization_search WHERE organization_search MATCH '"works"'`) +
			number(t, s, `SELECT count(*) FROM organization_search_pending`); n != 0 {
			t.Errorf("tidy %d: still there", tidy)
		}
	}
}
