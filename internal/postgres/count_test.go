// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"gatehouse/internal/filter"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// differs compares the stored numbers with the rows.
const differs = `
	WITH kept AS (SELECT sum(requests_new) AS n, sum(requests_review) AS r, sum(requests_more_info) AS m, sum(requests_approved) AS a,
		sum(requests_rejected) AS x, sum(organizations_active) AS oa, sum(organizations_inactive) AS oi FROM list_counts)
	SELECT n <> (SELECT count(*) FROM requests WHERE status = 'new') OR r <> (SELECT count(*) FROM requests WHERE status = 'review')
		OR m <> (SELECT count(*) FROM requests WHERE status = 'moreInfoNeeded') OR a <> (SELECT count(*) FROM requests WHERE status = 'approved')
		OR x <> (SELECT count(*) FROM requests WHERE status = 'rejected')
		OR oa <> (SELECT count(*) FROM organizations WHERE listed AND state = 'active')
		OR oi <> (SELECT count(*) FROM organizations WHERE listed AND state = 'inactive') FROM kept`

func wantCounted(t *testing.T, s *Store) {
	t.Helper()
	var wrong bool
	if err := s.pool.QueryRow(context.Background(), differs).Scan(&wrong); err != nil || wrong {
		t.Errorf("what is kept is not what is there (%v)", err)
	}
}

func must(t *testing.T, s *Store, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.pool.Exec(context.Background(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// The migration counts the rows that a database already has, at every default level of
// isolation.
func TestCountsOfWhatWasThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	address := pgtest.Database(t)
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	s, err := Open(ctx, address+separator+"default_transaction_isolation=serializable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	db := stdlib.OpenDB(*s.pool.Config().ConnConfig)
	defer db.Close()
	provider, err := newProvider(db, new([]string), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := fillFirst(s); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	wantCounted(t, s)
	var n int
	if err := s.pool.QueryRow(ctx, `SELECT sum(requests_approved) FROM list_counts`).Scan(&n); err != nil ||
		n < 6000 {
		t.Errorf("got %d approved, %v", n, err)
	}
}

// The stored numbers equal the rows, whatever many transactions at once change, commit or
// roll back.
func TestCountsStayRight(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := opened(t)
	// for DELETE at the same time
	must(t, s, `ALTER TABLE requests DROP CONSTRAINT requests_organization_id_fkey`)
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for n := range 40 {
				err := s.Update(ctx, func(x tenancy.Tx) error {
					if err := anything(ctx, x, random, fmt.Sprint(i, " ", n)); err != nil {
						return err
					}
					if random.IntN(5) == 0 {
						return problem.New(problem.Denied, "undone", "Undone.")
					}
					return nil
				})
				if e := problem.As(err); err != nil && e.Kind != problem.Denied && e.Kind != problem.Conflict {
					t.Errorf("update: %v", err)
				}
				if random.IntN(10) == 0 {
					must(t, s,
						fmt.Sprintf(`DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE id %% 7 = %d LIMIT 2 FOR UPDATE SKIP LOCKED)`, i%7))
				}
			}
		})
	}
	group.Wait()
	wantCounted(t, s)
	var shares int
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM list_counts WHERE requests_new <> 0`).Scan(
		&shares); err != nil || shares < 2 {
		t.Errorf("got %d shares in use, %v: want the work spread", shares, err)
	}
	must(t, s, `UPDATE requests SET status = 'review', status_folded = 'review' WHERE id % 2 = 0`)
	wantCounted(t, s)
	must(t, s, `DELETE FROM requests WHERE id % 3 = 0`)
	wantCounted(t, s)
	must(t, s, `TRUNCATE requests`)
	wantCounted(t, s)
}

// anything is some change to what is listed.
func anything(ctx context.Context, x tenancy.Tx, random *rand.Rand, name string) error {
	states := []tenancy.OrganizationState{tenancy.OrganizationActive, tenancy.OrganizationInactive,
		tenancy.OrganizationApplicant}
	statuses := []tenancy.RequestStatus{tenancy.RequestNew, tenancy.RequestReview, tenancy.RequestMoreInfoNeeded}
	o := tenancy.Organization{Name: name, State: states[random.IntN(3)]}
	if err := x.InsertOrganization(ctx, &o); err != nil {
		return err
	}
	c := tenancy.Contact{OrganizationID: o.ID}
	if err := x.InsertContact(ctx, &c); err != nil {
		return err
	}
	r := tenancy.Request{Status: statuses[random.IntN(3)], OrganizationID: o.ID, ContactID: c.ID}
	if err := x.InsertRequest(ctx, &r); err != nil {
		return err
	}
	if random.IntN(2) == 0 {
		r.Status = []tenancy.RequestStatus{tenancy.RequestApproved, tenancy.RequestRejected}[random.IntN(2)]
		if _, err := x.DecideRequest(ctx, r, o, true); err != nil {
			return err
		}
		o.State = states[random.IntN(3)]
	}
	o.Name += "x"
	return x.UpdateOrganization(ctx, o)
}

// stateTree returns a random tree over the status, sometimes with another property.
func stateTree(random *rand.Rand, depth int) filter.Node {
	if depth > 0 && random.IntN(3) > 0 {
		terms := []filter.Node{stateTree(random, depth-1), stateTree(random, depth-1),
			stateTree(random, depth-1)}[:2+random.IntN(2)]
		return []filter.Node{filter.And{Terms: terms}, filter.Or{Terms: terms},
			filter.Not{Term: terms[0]}}[random.IntN(3)]
	}
	texts := []string{"new", "review", "moreinfoneeded", "approved", "rejected", "", "e", "re", "ed", "n", "o",
		"new\x00", "\x00", "zebra", "a%", "_ew", "NEW", "ne"}
	property := tenancy.RequestProperties()["status"]
	if random.IntN(40) == 0 {
		property = tenancy.RequestProperties()["name"]
	}
	c := filter.Compare{Property: property, Op: filter.Op(random.IntN(int(filter.Pr) + 1)),
		Value: filter.Value{Text: texts[random.IntN(len(texts))]}}
	if random.IntN(8) == 0 && (c.Op == filter.Eq || c.Op == filter.Ne) {
		c.Value = filter.Value{Null: true}
	}
	return c
}

// A sum of stored numbers must be what SQL counts.
func TestKeptTotalsAreThoseOfSQL(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := filled(t)
	must(t, s, `DELETE FROM requests WHERE id % 20 > 0`,
		`UPDATE requests SET status = 'review', status_folded = 'review' WHERE id % 100 = 0`,
		`UPDATE requests SET status = 'rejected', status_folded = 'rejected' WHERE id % 240 = 0`)
	wantCounted(t, s)
	random := rand.New(rand.NewPCG(1, 2))
	kept := 0
	for range 600 {
		p := tenancy.ListParams{Filter: stateTree(random, 3)}
		quick, err := requests().compile(p)
		if err != nil {
			t.Fatal(err)
		}
		if !quick.totalStored {
			continue
		}
		kept++
		l := requests()
		l.stateCounts = nil
		slow, err := l.compile(p)
		if err != nil {
			t.Fatal(err)
		}
		var got, want int
		if err := s.pool.QueryRow(ctx, "SELECT "+quick.count+" FROM list_counts").Scan(&got); err != nil {
			t.Fatal(err)
		}
		if err := s.pool.QueryRow(ctx, "SELECT "+slow.count, slow.args...).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%v: got %d, SQL counts %d", p.Filter, got, want)
		}
	}
	if kept < 300 {
		t.Errorf("only %d of the trees were decided by the state", kept)
	}
	for _, p := range []tenancy.ListParams{{Scope: 7},
		{Filter: filter.Compare{Property: tenancy.RequestProperties()["name"]}}} {
		if q, err := requests().compile(p); err != nil || q.totalStored {
			t.Errorf("%+v: known: %v, %v", p, q.totalStored, err)
		}
	}
}

// A page found from the end is the one found from the start.
func TestPagesFromTheEnd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := filled(t)
	properties := tenancy.OrganizationProperties()
	orders := [][]filter.Sort{nil, {{Property: properties["state"]}, {Property: properties["name"],
		Descending: true}}}
	for _, p := range properties {
		orders = append(orders, []filter.Sort{{Property: p}}, []filter.Sort{{Property: p, Descending: true}})
	}
	active := filter.Compare{Property: properties["state"], Op: filter.Eq, Value: filter.Value{Text: "active"}}
	for i, keys := range orders {
		p := tenancy.ListParams{Sort: keys, Limit: 100_000}
		if i%2 == 0 {
			p.Filter = active
		}
		var all []tenancy.Organization
		see := func(p tenancy.ListParams) (page []tenancy.Organization, total int) {
			err := s.Read(ctx, func(x tenancy.Reader) (err error) {
				page, total, err = x.Organizations(ctx, p)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return page, total
		}
		all, n := see(p)
		if n != len(all) {
			t.Fatalf("got %d of %d", len(all), n)
		}
		for _, offset := range []int{n/2 - 1, n / 2, n/2 + 1, n - 50, n - 20, n - 1, n, n + 1} {
			p.Offset, p.Limit = offset, 50
			page, total := see(p)
			want := all[min(offset, n):min(offset+50, n)]
			if total != n || len(page) != len(want) || len(page) > 0 && (page[0].ID != want[0].ID ||
				page[len(page)-1].ID != want[len(want)-1].ID) {
				t.Errorf("sorted by %v, from %d of %d: got %d of %d, not those of the whole list", keys, offset, n,
					len(page), total)
			}
		}
	}
}
