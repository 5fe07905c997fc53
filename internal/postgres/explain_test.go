// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/tenancy"
)

// opened returns a migrated store for tests of its internals.
func opened(t *testing.T) *Store { return openClone(t, "opened", func(*Store) error { return nil }) }

// filled returns a migrated store with enough rows for the planner to take its
// decisions seriously.
func filled(t *testing.T) *Store {
	return openClone(t, "filled", func(s *Store) error { return fill(s) })
}

// fillFirst is fill for the schema of the first migration.
func fillFirst(s *Store) error {
	return fill(s, "name_likeness, ", "", "m, m, i, ", "m, m, ", "m, m, id, ", "m, m, ")
}

// openClone opens a copy of the database that prepare made once for all tests with the key.
func openClone(t *testing.T, key string, prepare func(*Store) error) *Store {
	t.Helper()
	s, err := Open(context.Background(), pgtest.Migrated(t, key, func(url string) error {
		s, err := Open(context.Background(), url)
		if err != nil {
			return err
		}
		_, err = s.Migrate(context.Background())
		if err == nil {
			err = prepare(s)
		}
		return errors.Join(err, s.Close())
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// fill makes rows. Parts of its statements are replaced by others.
func fill(s *Store, replaced ...string) error {
	replacer := strings.NewReplacer(replaced...)
	for _, statement := range []string{
		`INSERT INTO organizations (name, name_folded, alias, alias_folded, description, description_folded, external_id, external_id_folded,
			name_likeness, state, created_at, updated_at, listed)
		SELECT n, n, m, m, m, m, m, m, i, (ARRAY['active', 'inactive', 'applicant', 'rejected'])[1 + i % 4], at, at, i % 4 < 2
		FROM (SELECT i, md5(i::text) AS n, CASE WHEN i / 4 % 2 = 0 THEN md5(i::text) ELSE '' END AS m, '2023-06-01'::timestamptz + i * interval '1 s' AS at FROM generate_series(1, 20000) AS i) AS x`,
		`INSERT INTO contacts (organization_id, first_name, last_name, email, active, created_at) SELECT id, '', '', '', false, created_at FROM organizations`,
		`INSERT INTO requests (name, name_folded, status, status_folded, requester_comments, approver_comments, related_organization,
			organization_id, contact_id, email, email_folded, name_likeness, created_at, updated_at, decided_by)
		SELECT n, n, status, lower(status), '', '', '', organization_id, id, m, m, id, at, at, ''
		FROM (SELECT id, organization_id, md5(id::text) AS n, CASE WHEN id % 2 = 0 THEN md5(id::text) ELSE '' END AS m, created_at AS at, (ARRAY['new', 'moreInfoNeeded', 'approved'])[1 + id % 3] AS status
			FROM contacts) AS x`,
		`VACUUM ANALYZE`,
	} {
		if _, err := s.pool.Exec(context.Background(), replacer.Replace(statement)); err != nil {
			return err
		}
	}
	return nil
}

// plan returns PostgreSQL's plan of a page, without that of the count in it.
func plan(t *testing.T, s *Store, l listing, p tenancy.ListParams) string {
	t.Helper()
	q, err := l.compile(p)
	if err != nil {
		t.Fatal(err)
	}
	return explain(t, s, l, q, pageRange{limit: 50, offset: p.Offset})
}

func explain(t *testing.T, s *Store, l listing, q query, r pageRange) string {
	t.Helper()
	text, args := l.page(q, &cachedTotal{valid: true}, r)
	rows, err := s.pool.Query(context.Background(), "EXPLAIN "+text,
		append([]any{pgx.QueryExecModeSimpleProtocol}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^  (CTE|InitPlan).*\n(    .*\n?)*`).ReplaceAllString(strings.Join(steps,
		"\n"), "")
}

func TestSortedByIndex(t *testing.T) {
	t.Parallel()
	s := filled(t)
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
			// Incremental: the index sorts all rows but those with the same beginning; see
			// longColumn.
			sorted := strings.Contains(strings.ReplaceAll(steps, "Incremental Sort", ""), "Sort  (")
			if sorted || !strings.Contains(steps, "Index Scan") {
				t.Errorf("%s by %v are sorted by hand:\n%s", name, keys, steps)
			}
		}
	}
}

// The index of an optional column serves its comparisons, and a walk from a cached
// position.
func TestOptionalByIndex(t *testing.T) {
	t.Parallel()
	s := filled(t)
	for index, list := range map[string]struct {
		listing  listing
		property filter.Property
	}{
		"requests_email_idx":            {requests(), tenancy.RequestProperties()["email"]},
		"organizations_alias_idx":       {organizations(), tenancy.OrganizationProperties()["alias"]},
		"organizations_description_idx": {organizations(), tenancy.OrganizationProperties()["description"]},
		"organizations_external_id_idx": {organizations(), tenancy.OrganizationProperties()["externalId"]},
	} {
		keys := []filter.Sort{{Property: list.property}}
		ops := []filter.Op{filter.Lt, filter.Ge, filter.Pr, filter.Eq, filter.Sw}
		long := index == "organizations_description_idx"
		if long { // the index has the beginnings only
			ops = ops[:3]
		}
		for _, op := range ops {
			compare := filter.Compare{Property: list.property, Op: op}
			if op != filter.Pr {
				compare.Value.Text = "ab"
			}
			steps := plan(t, s, list.listing, tenancy.ListParams{Filter: compare, Sort: keys})
			if !strings.Contains(steps, "using "+index) || strings.Contains(strings.ReplaceAll(steps,
				"Incremental Sort", ""), "Sort  (") ||
				!long && op != filter.Pr && !strings.Contains(steps, "Index Cond: (((") {
				t.Errorf("%s by %s: got plan\n%s", op, index, steps)
			}
		}
		for _, descending := range []bool{false, true} {
			keys[0].Descending = descending
			q, err := list.listing.compile(tenancy.ListParams{Sort: keys})
			if err != nil {
				t.Fatal(err)
			}
			steps := explain(t, s, list.listing, q, pageRange{limit: 50, offset: 1,
				from: listmemory.Position{Offset: 4000, ID: 110_000}})
			if !strings.Contains(steps, "using "+index) || !strings.Contains(steps, "Index Cond: (ROW(") {
				t.Errorf("from a place of %s, descending %v: got plan\n%s", index, descending, steps)
			}
		}
	}
}

func TestStatusNewestFirstByIndex(t *testing.T) {
	t.Parallel()
	s := filled(t)
	// One status in a hundred, so that it would be expensive to walk the whole list by
	// time.
	if _, err := s.pool.Exec(context.Background(),
		`UPDATE requests SET status = 'review', status_folded = 'review' WHERE id % 100 = 0`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.Exec(context.Background(), `VACUUM ANALYZE requests`); err != nil {
		t.Fatal(err)
	}
	equal := filter.Compare{Property: tenancy.RequestProperties()["status"], Op: filter.Eq,
		Value: filter.Value{Text: "review"}}
	steps := plan(t, s, requests(), tenancy.ListParams{Filter: equal})
	if strings.Contains(steps, "Sort") || !strings.Contains(steps,
		"Index Scan Backward using requests_status_created_at_idx") {
		t.Errorf("got plan\n%s", steps)
	}
	// Far down, the index alone is walked.
	equal.Value.Text = "new"
	steps = plan(t, s, requests(), tenancy.ListParams{Filter: equal, Offset: deepOffset})
	if !strings.Contains(steps, "Index Only Scan Backward using requests_status_created_at_idx") {
		t.Errorf("deep page: got plan\n%s", steps)
	}
	// What a text starts with is a range of an index.
	starts := filter.Compare{Property: tenancy.RequestProperties()["name"], Op: filter.Sw,
		Value: filter.Value{Text: "abcd"}}
	steps = plan(t, s, requests(), tenancy.ListParams{Filter: starts})
	if !strings.Contains(steps, "requests_name_idx") {
		t.Errorf("starts with: got plan\n%s", steps)
	}
}
