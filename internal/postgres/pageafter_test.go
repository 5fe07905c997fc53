// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// A page begins at its position in the index of the order, and reads no rows before it.
func TestAfterByIndex(t *testing.T) {
	t.Parallel()
	s := filled(t)
	middle := filter.Value{Text: "8", Number: 110_000, Time: time.Date(2023, 6, 1, 3, 0, 0, 0, time.UTC)}
	for name, list := range map[string]struct {
		listing    listing
		properties map[string]filter.Property
	}{
		"requests":      {requests(), tenancy.RequestProperties()},
		"organizations": {organizations(), tenancy.OrganizationProperties()},
	} {
		orders := [][]filter.Sort{nil}
		for _, p := range list.properties {
			if !listColumn(list.listing.properties[p.Name]) {
				orders = append(orders, []filter.Sort{{Property: p}}, []filter.Sort{{Property: p, Descending: true}})
			}
		}
		for _, keys := range orders {
			at := tenancy.Position{Keys: []filter.Value{middle}, ID: middle.Number}
			if len(keys) > 0 && keys[0].Property.Name == "id" {
				at.Keys = nil
			}
			after, err := list.listing.after(tenancy.PageParams{Sort: keys, After: &at, Limit: 50})
			if err != nil {
				t.Fatal(err)
			}
			page, err := after.page()
			if err != nil {
				t.Fatal(err)
			}
			args := append([]any{pgx.QueryExecModeSimpleProtocol}, page.args[1:]...)
			rows, err := s.pool.Query(context.Background(), "EXPLAIN "+page.query, args...)
			if err != nil {
				t.Fatal(err)
			}
			steps, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(steps, "\n")
			if strings.Contains(strings.ReplaceAll(text, "Incremental Sort", ""), "Sort  (") ||
				!strings.Contains(text, "Index Cond: (") {
				t.Errorf("%s by %v are not read from the position on:\n%s", name, keys, text)
			}
		}
	}
}
