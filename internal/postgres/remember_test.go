// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/tenancy"
)

// versions are those of both lists.
func versions(t *testing.T, s *Store) (requests, organizations int64) {
	t.Helper()
	err := s.pool.QueryRow(context.Background(),
		`SELECT sum(requests_version)::bigint, sum(organizations_version)::bigint FROM list_counts`).
		Scan(&requests, &organizations)
	if err != nil {
		t.Fatal(err)
	}
	return requests, organizations
}

// Every change of what may be listed moves the list's version on, however it is
// made; what was undone, or changed nothing, does not.
func TestVersionsMoveOn(t *testing.T) {
	t.Parallel()
	s := filled(t)
	must(t, s, `CREATE TABLE copied AS SELECT * FROM requests WHERE id % 1000 = 1`)
	const nothing, request, organization = 0, 1, 2
	for _, c := range []struct {
		statement string
		moves     int
	}{
		{`UPDATE requests SET email = 'x' WHERE id % 100 = 0`, request},
		{`UPDATE requests SET approver_comments = 'x' WHERE id = (SELECT max(id) FROM requests)`, request},
		{`UPDATE requests SET email = 'x' WHERE id < 0`, nothing},
		{`DELETE FROM requests WHERE id < 0`, nothing},
		{`INSERT INTO requests SELECT * FROM requests WHERE id < 0`, nothing},
		{`DELETE FROM requests WHERE id % 1000 = 1`, request},
		{`INSERT INTO requests SELECT * FROM copied`, request},
		{`INSERT INTO requests SELECT * FROM copied ON CONFLICT DO NOTHING`, nothing},
		{`INSERT INTO requests SELECT * FROM copied ON CONFLICT (id) DO UPDATE SET email = 'y'`, request},
		{`MERGE INTO requests AS r USING copied AS c ON r.id = c.id WHEN MATCHED THEN UPDATE SET email = 'z'`,
			request},
		{`WITH gone AS (DELETE FROM requests WHERE id % 1000 = 2 RETURNING 1) SELECT count(*) FROM gone`, request},
		{`BEGIN; UPDATE requests SET email = 'w' WHERE id % 100 = 0; ROLLBACK`, nothing},
		{`BEGIN; SAVEPOINT a; UPDATE requests SET email = 'w' WHERE id % 100 = 0; ROLLBACK TO a; COMMIT`, nothing},
		{`BEGIN; SAVEPOINT a; UPDATE requests SET email = 'w' WHERE id % 100 = 0; ROLLBACK TO a; DELETE FROM requests WHERE id % 1000 = 3; COMMIT`, request},
		{`UPDATE organizations SET description = 'x' WHERE state = 'applicant'`, nothing},
		{`INSERT INTO organizations SELECT 5, 'n', 'n', '', '', '', '', '', '', 'applicant', now(), now(), false`,
			nothing},
		{`UPDATE organizations SET description = 'x' WHERE state = 'active'`, organization},
		{`UPDATE organizations SET state = 'active', listed = true WHERE id = 5`, organization},
		{`UPDATE organizations SET state = 'rejected', listed = false WHERE id = 5`, organization},
		{`DELETE FROM organizations WHERE id = 5`, nothing},
		{`TRUNCATE requests`, request},
		{`TRUNCATE organizations CASCADE`, request + organization},
	} {
		r, o := versions(t, s)
		if _, err := s.pool.Exec(context.Background(), c.statement); err != nil {
			t.Fatalf("%s: %v", c.statement, err)
		}
		nowR, nowO := versions(t, s)
		if moved := nowR > r; moved != (c.moves&request != 0) || !moved && nowR != r {
			t.Errorf("%s: the version of requests went from %d to %d", c.statement, r, nowR)
		}
		if moved := nowO > o; moved != (c.moves&organization != 0) || !moved && nowO != o {
			t.Errorf("%s: the version of organizations went from %d to %d", c.statement, o, nowO)
		}
	}
	wantCounted(t, s)
}

// listed lists, in a View or a Read.
func listed(t *testing.T, see func(context.Context, func(tenancy.Reader) error) error, p tenancy.ListParams) (
	ids []int64, total int) {
	t.Helper()
	err := see(context.Background(), func(x tenancy.Reader) error {
		page, n, err := x.Requests(context.Background(), p)
		for _, r := range page {
			ids = append(ids, int64(r.ID))
		}
		total = n
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids, total
}

// Cached values are used in Views and Reads while nothing changes. They are not used after
// a change, by another store or by hand, nor in an Update.
func TestTotalsAreRemembered(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := filled(t)
	other, err := Open(ctx, s.pool.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	p := tenancy.ListParams{Limit: 10, Filter: filter.Compare{Property: tenancy.RequestProperties()["email"],
		Op: filter.Co, Value: filter.Value{Text: "abc"}}}
	q, err := requests().compile(p)
	if err != nil {
		t.Fatal(err)
	}
	name := listmemory.Key(q.where, q.args)
	page, total := listed(t, s.Read, p)
	if len(page) != 10 || total < 50 {
		t.Fatal(page, total)
	}
	m := s.memory["requests"]
	for see, lie := range map[string]int{"View": total + 1000, "Read": total + 2000} {
		// Only the cache could return this number.
		m.PutTotal(m.Version(), name, lie)
		p.Offset = 0
		ask := s.View
		if see == "Read" {
			ask = s.Read
		}
		for _, p.Offset = range []int{0, 20, 100_000} {
			if _, got := listed(t, ask, p); got != lie {
				t.Errorf("%s: got %d from %d, want the remembered %d", see, got, p.Offset, lie)
			}
		}
		p.Offset = 0
		err := s.Update(ctx, func(x tenancy.Tx) error {
			_, got, err := x.Requests(ctx, p)
			if got != total {
				t.Errorf("in an Update: got %d, want %d", got, total)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	must(t, other, `UPDATE requests SET email = 'none', email_folded = 'none' WHERE id = `+fmt.Sprint(page[0]))
	for range 2 {
		for _, ask := range []func(context.Context, func(tenancy.Reader) error) error{s.Read, s.View, other.Read} {
			got, n := listed(t, ask, p)
			if n != total-1 || len(got) != 10 || !slices.Equal(got[:9], page[1:]) {
				t.Errorf("after a change: got %d, %v; want %d, %v and one more", n, got, total-1, page[1:])
			}
		}
	}
}

// A page is the same, from wherever it is reached and however often.
func TestPagesFromWhatIsRemembered(t *testing.T) {
	t.Parallel()
	const size = 180 // of a page
	s := filled(t)
	properties := tenancy.RequestProperties()
	part := filter.Compare{Property: properties["name"], Op: filter.Co, Value: filter.Value{Text: "ab"}}
	for i, keys := range [][]filter.Sort{nil, {{Property: properties["name"]}},
		{{Property: properties["status"], Descending: true}},
		{{Property: properties["status"], Descending: true}, {Property: properties["name"]}}} {
		for _, tree := range []filter.Node{nil, part} {
			p := tenancy.ListParams{Sort: keys, Filter: tree, Limit: 100_000}
			all, n := listed(t, s.Read, p)
			if n != len(all) || n < 1000 {
				t.Fatal(n, len(all))
			}
			p.Limit = size
			for p.Offset = 0; p.Offset < n; p.Offset += size {
				for range 2 {
					got, total := listed(t, s.Read, p)
					if want := all[p.Offset:min(p.Offset+size, n)]; total != n || !slices.Equal(got, want) {
						t.Fatalf("order %d, filter %v, from %d: got %d, %v; want %d, %v", i, tree, p.Offset, total, got, n,
							want)
					}
				}
			}
			q, err := requests().compile(p)
			if err != nil {
				t.Fatal(err)
			}
			m := s.memory["requests"]
			k := &cachedTotal{version: m.Version(), total: n, valid: true}
			a := &listQuery[tenancy.Request]{query: q, cache: m, limit: size, offset: n / 3}
			a.keys = a.cacheKeys()
			way := a.nearestRange(pageRange{limit: size, offset: n / 3}, k)
			if known := way.from.ID != 0 && way.offset < size; known != q.order.Uniform() {
				t.Errorf("order %d, filter %v: the way is %+v", i, tree, way)
			}
			// A position of another version is not used.
			must(t, s, fmt.Sprintf(`UPDATE requests SET approver_comments = 'seen' WHERE id = %d`, all[0]))
			if got, _ := listed(t, s.Read, tenancy.ListParams{Sort: keys, Filter: tree, Limit: size,
				Offset: n / 3}); !slices.Equal(got, all[n/3:n/3+size]) {
				t.Errorf("order %d, filter %v: after a change got %v", i, tree, got)
			}
		}
	}
}

// A walk from a position enters the index of the order there.
func TestPlaceByIndex(t *testing.T) {
	t.Parallel()
	s := filled(t)
	properties := tenancy.OrganizationProperties()
	for _, keys := range [][]filter.Sort{nil, {{Property: properties["name"]}},
		{{Property: properties["description"], Descending: true}}} {
		q, err := organizations().compile(tenancy.ListParams{Sort: keys})
		if err != nil {
			t.Fatal(err)
		}
		steps := explain(t, s, organizations(), q, pageRange{limit: 50, offset: 1,
			from: listmemory.Position{Offset: 4000, ID: 110_000}})
		if !strings.Contains(steps, "Index Cond: (") || strings.Contains(strings.ReplaceAll(steps,
			"Incremental Sort", ""), "Sort  (") {
			t.Errorf("by %v: got plan\n%s", keys, steps)
		}
	}
}
