// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"strings"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// planAfter returns SQLite's query plan of a page after a position in a long list of which
// so many rows match.
func planAfter(t *testing.T, s *Store, l listing, p tenancy.ListParams, total int, values []any) string {
	t.Helper()
	var found statement
	err := s.view(context.Background(), true, func(x *tx) error {
		if err := x.start(true); err != nil {
			return err
		}
		const long = 1_000_000
		q := &lister{listing: l, ctx: context.Background(), t: x, p: p, tableRows: long,
			counts: map[string]int{"new": long}}
		q.p.Limit = 50
		if err := q.sorted(); err != nil {
			return err
		}
		var err error
		found, err = q.statementAfter(total, values)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return explained(t, s, found)
}

// A page begins at its position in the index of the order, and reads no rows before it.
func TestAfterByIndex(t *testing.T) {
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
			values := []any{"a", 1}
			if len(keys) > 0 && keys[0].Property.Name == "id" {
				values = []any{1}
			}
			steps := planAfter(t, s, list.listing, tenancy.ListParams{Sort: keys}, 1_000_000, values)
			if strings.Contains(steps, "TEMP B-TREE") || !strings.Contains(steps, "SEARCH "+name+" USING ") ||
				!strings.Contains(steps, ">?)") && !strings.Contains(steps, "<?)") {
				t.Errorf("%s by %v are not read from the position on:\n%s", name, keys, steps)
			}
		}
	}
}

// Where few rows match, the position does not keep SQLite from the index that finds them.
func TestFewAfterByIndex(t *testing.T) {
	t.Parallel()
	s := opened(t)
	properties := tenancy.OrganizationProperties()
	byID := filter.Compare{Property: properties["externalId"], Op: filter.Eq, Value: filter.Value{Text: "x-1"}}
	steps := planAfter(t, s, organizations(), tenancy.ListParams{Filter: byID}, 1, []any{int64(1), int64(1)})
	if !strings.Contains(steps, "INDEX organizations_external_id_idx (<expr>>? AND <expr><?)") {
		t.Errorf("one external id: got plan\n%s", steps)
	}
	word := filter.Compare{Property: properties["name"], Op: filter.Co, Value: filter.Value{Text: "quartz"}}
	steps = planAfter(t, s, organizations(), tenancy.ListParams{Filter: word}, 1, []any{int64(1), int64(1)})
	if !strings.Contains(steps, "SCAN organization_search VIRTUAL TABLE INDEX") {
		t.Errorf("a rare word: got plan\n%s", steps)
	}
}
