// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gatehouse/internal/postgres"
)

// benchURL names a database of one's own, with fsync on, to measure on: the one
// of the tests does not wait for the disk. It is migrated and, when empty, filled.
const benchURL = "GATEHOUSE_BENCH_POSTGRES"

// benchRows is how many organizations and requests it is filled with, by
// GATEHOUSE_BENCH_ROWS.
func benchRows() int {
	if n, err := strconv.Atoi(os.Getenv("GATEHOUSE_BENCH_ROWS")); err == nil {
		return n
	}
	return 100_000
}

// benchAddress returns the address of a database that is ready to be measured.
func benchAddress(b *testing.B) string {
	b.Helper()
	address := os.Getenv(benchURL)
	if address == "" {
		b.Skip(benchURL + " is not set")
	}
	ctx := context.Background()
	s, err := postgres.Open(ctx, address)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	conn := benchConn(b)
	defer conn.Close(ctx)
	var n int
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM requests LIMIT 10) AS x`).Scan(
		&n); err != nil {
		b.Fatal(err)
	}
	if n > 0 {
		return address
	}
	for _, statement := range strings.Split(fmt.Sprintf(benchFill, benchRows()), ";\n") {
		if _, err := conn.Exec(ctx, statement); err != nil {
			b.Fatal(err)
		}
	}
	return address
}

// benchConn connects without the store, by a URL that may have settings of a pool.
func benchConn(b *testing.B) *pgx.Conn {
	b.Helper()
	config, err := pgxpool.ParseConfig(os.Getenv(benchURL))
	if err != nil {
		b.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(context.Background(), config.ConnConfig)
	if err != nil {
		b.Fatal(err)
	}
	return conn
}

// benchFill makes members, and requests in four statuses; the new ones are of
// applicants. One name in eight holds "group", one in fifty thousand "zephyr".
const benchFill = `
WITH words AS (SELECT (ARRAY['amber', 'birch', 'cedar', 'delta', 'ember', 'falcon', 'garnet', 'harbor', 'indigo', 'juniper', 'krypton',
	'lagoon', 'meadow', 'nectar', 'orchid', 'prairie'])::text[] AS w, (ARRAY['group', 'works', 'labs', 'trust', 'school', 'partners', 'logistics', 'energy'])::text[] AS k)
INSERT INTO organizations (id, name, name_folded, alias, alias_folded, description, description_folded, external_id, external_id_folded,
	state, created_at, updated_at, listed)
SELECT 1000000 + i, n, n, n, n, 'An organization.', 'an organization.', 'x' || i, 'x' || i, 'active', at, at, true
FROM (SELECT i, w[1 + i %% 16] || ' ' || w[1 + (i / 16) %% 16] || ' ' || k[1 + (i / 5) %% 8] || CASE WHEN i %% 50000 = 7 THEN ' zephyr ' ELSE ' ' END || i AS n,
	'2023-06-01'::timestamptz + i * interval '1 s' AS at FROM words, generate_series(1, %[1]d) AS i) AS x;
INSERT INTO organizations (id, name, name_folded, alias, alias_folded, description, description_folded, external_id, external_id_folded,
	state, created_at, updated_at, listed)
SELECT 10000000 + i, n, n, n, n, '', '', '', '', 'applicant', at, at, false
FROM (SELECT i, 'applicant ' || i AS n, '2024-06-01'::timestamptz + i * interval '1 s' AS at FROM generate_series(4, %[1]d, 4) AS i) AS x;
INSERT INTO contacts (id, organization_id, first_name, last_name, email, active, created_at)
SELECT 1000000 + i, CASE WHEN i %% 4 = 0 THEN 10000000 ELSE 1000000 END + i, 'Ada', 'L', i || '@example.test', false, now() FROM generate_series(1, %[1]d) AS i;
WITH words AS (SELECT (ARRAY['amber', 'birch', 'cedar', 'delta', 'ember', 'falcon', 'garnet', 'harbor', 'indigo', 'juniper', 'krypton',
	'lagoon', 'meadow', 'nectar', 'orchid', 'prairie'])::text[] AS w, (ARRAY['group', 'works', 'labs', 'trust', 'school', 'partners', 'logistics', 'energy'])::text[] AS k)
INSERT INTO requests (id, name, name_folded, status, status_folded, requester_comments, approver_comments, related_organization,
	organization_id, contact_id, email, email_folded, created_at, updated_at, decided_by)
SELECT 1000000 + i, n, n, s, lower(s), '', '', '', CASE WHEN i %% 4 = 0 THEN 10000000 ELSE 1000000 END + i, 1000000 + i,
	i || '@example.test', i || '@example.test', at, at, ''
FROM (SELECT i, (ARRAY['new', 'review', 'moreInfoNeeded', 'approved'])[1 + i %% 4] AS s,
	w[1 + i %% 16] || ' ' || w[1 + (i / 16) %% 16] || ' ' || k[1 + (i / 5) %% 8] || CASE WHEN i %% 50000 = 7 THEN ' zephyr ' ELSE ' ' END || i AS n,
	'2023-06-01'::timestamptz + i * interval '1 s' AS at FROM words, generate_series(1, %[1]d) AS i) AS x;
VACUUM ANALYZE`
