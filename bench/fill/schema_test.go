// SPDX-License-Identifier: Apache-2.0

package fill_test

import (
	"database/sql"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"gatehouse/bench/fill"
	"gatehouse/internal/storetest"
)

// texts returns the first column of a query's rows.
func texts(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// A fill leaves the schema as it was, and every reference leads to a row.
func TestSQLiteSchema(t *testing.T) {
	t.Parallel()
	path := migrated(t)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(0) // nobody has it open but for a query
	const schema = `SELECT tbl_name || ': ' || coalesce(sql, name) FROM sqlite_schema ORDER BY tbl_name, type, rowid`
	before := texts(t, db, schema)
	if _, err := fill.SQLite(t.Context(), path, keyring(t), fill.Spec{Organizations: size,
		Clients: size, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	if after := texts(t, db, schema); !slices.Equal(after, before) {
		t.Errorf("the schema was\n%q, is\n%q", before, after)
	}
	for query, want := range map[string]string{
		`PRAGMA journal_mode`:                           "wal",
		`PRAGMA integrity_check`:                        "ok",
		`SELECT count(*) FROM pragma_foreign_key_check`: "0",
		`SELECT count(*) FROM requests JOIN organizations o ON o.id = organization_id WHERE o.name <> requests.name`: "0",
	} {
		if got := texts(t, db, query); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}

func TestPostgresSchema(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	schema := func() []string {
		t.Helper()
		rows, err := conn.Query(t.Context(), `
			SELECT conrelid::regclass || ': ' || conname || pg_get_constraintdef(oid) || convalidated FROM pg_constraint
			WHERE connamespace = 'public'::regnamespace
			UNION ALL SELECT pg_get_indexdef(indexrelid) || indisvalid FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace
			UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	before := schema()
	if _, err := fill.Postgres(t.Context(), url, keyring(t), fill.Spec{Organizations: size,
		Clients: size, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	if after := schema(); !slices.Equal(after, before) {
		t.Errorf("the schema was\n%q, is\n%q", before, after)
	}
}
