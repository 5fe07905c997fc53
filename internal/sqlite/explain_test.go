// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// opened returns a migrated store for tests of its internals.
func opened(t testing.TB) *Store {
	t.Helper()
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "gatehouse.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// plan returns SQLite's query plan of a page of a long list, one line for each step.
func plan(t *testing.T, s *Store, l listing, p tenancy.ListParams) (steps string) {
	t.Helper()
	ctx := context.Background()
	err := s.view(ctx, true, func(x *tx) error {
		if err := x.start(true); err != nil {
			return err
		}
		const long = 1_000_000
		q := &lister{listing: l, ctx: ctx, t: x, p: p, tableRows: long,
			counts: map[string]int{"new": long, "active": long}}
		q.p.Limit = 50
		if err := q.sorted(); err != nil {
			return err
		}
		page, err := q.page(long, p.Offset)
		if err != nil {
			return err
		}
		steps, err = explain(ctx, x, page)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func explain(ctx context.Context, x *tx, s statement) (string, error) {
	rows, err := x.conn.preparedForList("EXPLAIN QUERY PLAN " + s.sql)
	if err != nil {
		return "", err
	}
	list, err := collect(ctx, rows, func(row sqltext.Row) (step string, err error) {
		var ignored int
		err = row.Scan(&ignored, &ignored, &ignored, &step)
		return step, err
	}, s.args...)
	return strings.Join(list, "\n"), err
}

// explained returns SQLite's query plan of a statement.
func explained(t *testing.T, s *Store, of statement) (steps string) {
	t.Helper()
	err := s.view(context.Background(), true, func(x *tx) (err error) {
		if err := x.start(true); err != nil {
			return err
		}
		steps, err = explain(context.Background(), x, of)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func TestSortedByIndex(t *testing.T) {
	t.Parallel()
	s := opened(t)
	for name, list := range map[string]struct {
		listing    listing
		properties map[string]filter.Property
	}{
		"requests":      {requests(), tenancy.RequestProperties()},
		"organizations": {organizations(), tenancy.OrganizationProperties()},
	} {
		orders := [][]filter.Sort{nil}
		for _, p := range list.properties {
			orders = append(orders, []filter.Sort{{Property: p}}, []filter.Sort{{Property: p, Descending: true}})
		}
		for _, keys := range orders {
			steps := plan(t, s, list.listing, tenancy.ListParams{Sort: keys})
			if strings.Contains(steps, "TEMP B-TREE") {
				t.Errorf("%s by %v are sorted by hand:\n%s", name, keys, steps)
			}
			for _, offset := range []int{deepOffset, 900_000} {
				steps := plan(t, s, list.listing, tenancy.ListParams{Sort: keys, Offset: offset})
				if strings.Contains(steps, "AUTOMATIC") || !strings.Contains(steps,
					"SEARCH "+name+" USING INTEGER PRIMARY KEY (rowid=?)") {
					t.Errorf("%s by %v from %d: rows not by their ids:\n%s", name, keys, offset, steps)
				}
			}
		}
	}
}

func TestStatusNewestFirstByIndex(t *testing.T) {
	t.Parallel()
	s := opened(t)
	for index, list := range map[string]struct {
		listing  listing
		property filter.Property
		text     string
	}{
		"requests_status_created_at_idx": {requests(), tenancy.RequestProperties()["status"], "moreinfoneeded"},
		"organizations_state_created_at_idx": {organizations(), tenancy.OrganizationProperties()["state"],
			"active"},
	} {
		equal := filter.Compare{Property: list.property, Op: filter.Eq, Value: filter.Value{Text: list.text}}
		steps := plan(t, s, list.listing, tenancy.ListParams{Filter: equal})
		if strings.Contains(steps, "TEMP B-TREE") || !strings.Contains(steps, "INDEX "+index) {
			t.Errorf("not by %s:\n%s", index, steps)
		}
		// Far down, the index alone is walked.
		steps = plan(t, s, list.listing, tenancy.ListParams{Filter: equal, Offset: deepOffset})
		if !strings.Contains(steps, "COVERING INDEX "+index) {
			t.Errorf("deep page not by %s alone:\n%s", index, steps)
		}
		if strings.Contains(steps, "AUTOMATIC") || !strings.Contains(steps,
			"SEARCH "+list.listing.table+" USING INTEGER PRIMARY KEY (rowid=?)") {
			t.Errorf("rows of a deep page not by their ids:\n%s", steps)
		}
	}
}

// The index of an optional column serves its comparisons, and a walk from a cached
// position.
func TestOptionalByIndex(t *testing.T) {
	t.Parallel()
	s := opened(t)
	for index, list := range map[string]struct {
		listing  listing
		property filter.Property
	}{
		"requests_email_idx":            {requests(), tenancy.RequestProperties()["email"]},
		"organizations_alias_idx":       {organizations(), tenancy.OrganizationProperties()["alias"]},
		"organizations_description_idx": {organizations(), tenancy.OrganizationProperties()["description"]},
		"organizations_external_id_idx": {organizations(), tenancy.OrganizationProperties()["externalId"]},
	} {
		for op, want := range map[filter.Op]string{
			filter.Eq: "(<expr>>? AND <expr><?)", filter.Sw: "(<expr>>? AND <expr><?)", filter.Lt: "(<expr><?)",
			filter.Ge: "(<expr>>? AND <expr><?)", filter.Pr: "(<expr><?)",
		} {
			compare := filter.Compare{Property: list.property, Op: op}
			if op != filter.Pr {
				compare.Value.Text = "ab"
			}
			steps := plan(t, s, list.listing, tenancy.ListParams{Filter: compare,
				Sort: []filter.Sort{{Property: list.property}}})
			if !strings.Contains(steps, "INDEX "+index+" "+want) || strings.Contains(steps, "TEMP B-TREE") {
				t.Errorf("%s: want %s %s, got plan\n%s", op, index, want, steps)
			}
		}
		for sign, descending := range map[string]bool{">": false, "<": true} {
			q := &lister{listing: list.listing, p: tenancy.ListParams{Sort: []filter.Sort{{Property: list.property,
				Descending: descending}}}}
			if err := q.sorted(); err != nil {
				t.Fatal(err)
			}
			w := sqltext.New(dialect{}, q.column)
			q.startAt(w, 1)
			if q.always != "" {
				w.And(q.always)
			}
			steps := explained(t, s, statement{sql: "SELECT id FROM " + q.table + w.Clause() + q.order.SQL(false),
				args: w.Args()})
			if !strings.Contains(steps, "SEARCH "+q.table+" USING COVERING INDEX "+index+" (<expr>"+sign+"?)") ||
				strings.Contains(steps, "TEMP B-TREE") {
				t.Errorf("from a place, descending %v: got plan\n%s", descending, steps)
			}
		}
	}
}

func TestStartsWithByIndex(t *testing.T) {
	t.Parallel()
	steps := plan(t, opened(t), requests(), tenancy.ListParams{
		Filter: filter.Compare{Property: tenancy.RequestProperties()["name"], Op: filter.Sw,
			Value: filter.Value{Text: "ab"}}, Sort: []filter.Sort{{Property: tenancy.RequestProperties()["name"]}},
	})
	if !strings.Contains(steps,
		"SEARCH requests USING INDEX requests_name_idx (name_folded>? AND name_folded<?)") {
		t.Errorf("got plan\n%s", steps)
	}
}
