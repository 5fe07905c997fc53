// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// longList files n requests and passes fn a lister over them, as a View has it.
func longList(t *testing.T, n int, ask func(q *lister)) {
	t.Helper()
	ctx, s := context.Background(), opened(t)
	err := s.Update(ctx, func(tx tenancy.Tx) error {
		c := tenancy.Contact{CreatedAt: time.Now()}
		if err := tx.InsertContact(ctx, &c); err != nil {
			return err
		}
		for i := range n {
			r := tenancy.Request{Name: fmt.Sprint("Amber ", i), Status: tenancy.RequestNew, ContactID: c.ID,
				CreatedAt: time.UnixMilli(int64(i)), UpdatedAt: time.Now()}
			if err := tx.InsertRequest(ctx, &r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.view(ctx, true, func(x *tx) error {
		if err := x.start(true); err != nil {
			return err
		}
		q := &lister{listing: requests(), ctx: ctx, t: x, p: tenancy.ListParams{Limit: 10}}
		if err := q.sorted(); err != nil {
			return err
		}
		if err := q.readCounts(); err != nil {
			return err
		}
		ask(q)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A page starts at the nearest known position.
func TestPageFromTheNearestPlace(t *testing.T) {
	t.Parallel()
	longList(t, 2000, func(q *lister) {
		skipped := func(offset int) (skip any, text string) {
			s, err := q.page(2000, offset)
			if err != nil {
				t.Fatal(err)
			}
			return s.args[len(s.args)-1], s.sql
		}
		if skip, text := skipped(300); skip != 300 || strings.Contains(text, "JOIN") {
			t.Errorf("near the beginning: skips %v by %s", skip, text)
		}
		if skip, text := skipped(1950); skip != 40 || !strings.Contains(text, "ORDER BY created_at, id LIMIT") {
			t.Errorf("near the end: skips %v by %s", skip, text)
		}
		s, err := q.page(2000, 990)
		if err != nil {
			t.Fatal(err)
		}
		q.cache.PutPosition(q.version, s.positionsKey, listmemory.Position{Offset: 999, ID: 100_001 + 1000})
		if skip, text := skipped(1000); skip != 1 || !strings.Contains(text,
			"(created_at, id) <= (SELECT created_at, id") {
			t.Errorf("near what is remembered: skips %v by %s", skip, text)
		}
	})
}

// A total that took long to count is counted once.
func TestTotalsAreRemembered(t *testing.T) {
	t.Parallel()
	longList(t, 20, func(q *lister) {
		email := filter.Compare{Property: tenancy.RequestProperties()["email"], Op: filter.Co,
			Value: filter.Value{Text: "example"}}
		for range 2 {
			if n, err := q.total(email); n != 0 || err != nil {
				t.Fatal(n, err)
			}
			// A second question to the database would fail.
			q.table = "no_such_table"
		}
	})
}

// A walk through a list that is filtered by a part of names continues at its last
// position.
func TestWalkOfAFilteredList(t *testing.T) {
	t.Parallel()
	longList(t, 2000, func(q *lister) {
		q.p.Filter = filter.Compare{Property: tenancy.RequestProperties()["name"], Op: filter.Co,
			Value: filter.Value{Text: "amber"}}
		q.p.Offset = 900
		page, total, err := answer(q, sqltext.FillRequest, func(r tenancy.Request) int64 { return int64(r.ID) })
		if err != nil || total != 2000 || len(page) != 10 || page[0].Name != "Amber 1099" {
			t.Fatal(len(page), total, err)
		}
		s, err := q.page(2000, 910)
		if skip := s.args[len(s.args)-1]; err != nil || skip != 1 {
			t.Errorf("the next page skips %v, %v", skip, err)
		}
		// The same page again is fetched by its ids.
		s, err = q.page(2000, 900)
		if err != nil {
			t.Fatal(err)
		}
		s.expensive = true
		q.cache.PutPage(q.version, listmemory.Key(s.sql, s.args), []int64{100_011, 100_010})
		var ids []int64
		err = q.readPage(s, func(row sqltext.Row) error {
			r, err := sqltext.ScanRequest(row)
			ids = append(ids, int64(r.ID))
			return err
		})
		if err != nil || len(ids) != 2 || ids[0] != 100_011 || ids[1] != 100_010 {
			t.Errorf("got %v, %v", ids, err)
		}
	})
}
