// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3/lock"

	"gatehouse/internal/migration"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/problem"
)

// What a pooler causes is told with what to do, and clients are asked to come again.
func TestPoolerCauses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ code, message, want string }{
		{"08P01", "unsupported startup parameter: statement_timeout",
			"ignore_startup_parameters = statement_timeout,"},
		{"08P01", "invalid message format", ""},
		{"42P05", `prepared statement "s1" already exists`, "default_query_exec_mode=exec"},
		{"26000", `prepared statement "s1" does not exist`, "default_query_exec_mode=exec"},
		{"42601", "syntax error", ""},
	} {
		err := driverError("test", &pgconn.PgError{Code: tt.code, Message: tt.message})
		text, is := Lasting(err)
		if is != (tt.want != "") || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q", tt.code, text)
		}
		if tt.want != "" && err.(*problem.Error).Kind != problem.Unavailable {
			t.Errorf("%s is %v for clients", tt.code, err)
		}
	}
}

// A connection without what Open asked for is refused.
func TestSessionsAreChecked(t *testing.T) {
	t.Parallel()
	direct := pgtest.Database(t)
	conn, err := pgx.Connect(t.Context(), direct)
	if err != nil {
		t.Fatal(err)
	}
	name := conn.Config().Database + "_latin"
	order := "CREATE DATABASE " + name + " ENCODING LATIN1 LOCALE 'C' TEMPLATE template0"
	if _, err := conn.Exec(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := conn.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		if err != nil {
			t.Error(err)
		}
		_ = conn.Close(context.Background())
	})
	with := func(name, value string) string {
		u, _ := url.Parse(direct)
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	latin, _ := url.Parse(direct)
	latin.Path = "/" + name
	for address, want := range map[string]string{
		direct:                            "",
		with("statement_timeout", "0"):    "",
		with("lock_timeout", "7s"):        "",
		with("client_encoding", "LATIN1"): "connections have the encoding LATIN1",
		latin.String():                    "the database has the encoding LATIN1",
	} {
		s, err := Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Ready(t.Context())
		text, _ := Lasting(err)
		if want != "" && !strings.Contains(text, want) || want == "" && text != "" {
			t.Errorf("%s: %q (%v), want %q", address, text, err, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// While somebody else migrates, a start waits, says so once, and goes on afterwards. The lock is
// gone after a migration.
func TestMigrationsWait(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)",
		lock.DefaultLockID); err != nil { // as earlier versions did
		t.Fatal(err)
	}
	s, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	waiting, done := make(chan struct{}, 8), make(chan error, 1)
	go func() {
		_, err := s.MigrateWith(t.Context(), migration.Hooks{Waiting: func() { waiting <- struct{}{} }})
		done <- err
	}()
	select {
	case <-waiting:
	case err := <-done:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("it does not say that it waits")
	}
	if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_unlock_all()"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(waiting) > 0 {
		t.Errorf("it said so %d times", len(waiting)+1)
	}
	var held int
	query := `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND
		database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	if err := conn.QueryRow(t.Context(), query).Scan(&held); err != nil || held > 0 {
		t.Errorf("%d locks are left, %v", held, err)
	}
}
