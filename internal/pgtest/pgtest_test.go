// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// connect opens a connection that is closed with the test.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func mustExec(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func one[T any](t *testing.T, conn *pgx.Conn, query string) T {
	t.Helper()
	var value T
	if err := conn.QueryRow(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func TestDatabasesAreIndependentAndEmpty(t *testing.T) {
	t.Parallel()
	for i := range 6 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			conn := connect(t, Database(t))
			// Fails where another test's table of that name is seen.
			mustExec(t, conn, "CREATE TABLE only_mine (n int)")
			if got := one[int](t, conn, "SELECT count(*) FROM pg_class WHERE relname = 'only_mine'"); got != 1 {
				t.Errorf("got %d tables, want 1", got)
			}
		})
	}
}

func TestDatabaseSettings(t *testing.T) {
	t.Parallel()
	conn := connect(t, Database(t))
	for name, want := range map[string]string{
		"server_encoding": "UTF8", "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200",
	} {
		if got := one[string](t, conn, "SHOW "+name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	// Both engines must sort alike: by code point, so that Z comes before a.
	if !one[bool](t, conn, "SELECT 'Z'::text < 'a'::text AND 'z'::text < 'é'::text") {
		t.Error("text does not sort by code point")
	}
}

func TestDatabaseIsDroppedWhileInUse(t *testing.T) {
	t.Parallel()
	var url string
	ok := t.Run("inner", func(t *testing.T) {
		url = Database(t)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn // left open on purpose
	})
	if !ok || url == "" {
		t.Skip("no database")
	}
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the database outlived its test")
	}
}

func TestMigratedRunsOncePerKey(t *testing.T) {
	t.Parallel()
	var runs atomic.Int32
	prefix := rand.Text() // templates outlive a repetition by -count
	migrate := func(text string) func(string) error {
		return func(url string) error {
			runs.Add(1)
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				return err
			}
			_, err = conn.Exec(t.Context(), "CREATE TABLE made AS SELECT '"+text+"'::text AS by")
			return errors.Join(err, conn.Close(t.Context()))
		}
	}
	t.Run("all", func(t *testing.T) {
		for i := range 8 {
			key := []string{"one", "two"}[i%2]
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				conn := connect(t, Migrated(t, prefix+key, migrate(key)))
				if got := one[string](t, conn, "SELECT by FROM made"); got != key {
					t.Errorf("got the template %q, want %q", got, key)
				}
				mustExec(t, conn, "UPDATE made SET by = 'a clone'")
			})
		}
	})
	if _, err := binDir(debianBins); err == nil && !testing.Short() && runs.Load() != 2 {
		t.Errorf("got %d runs of migrate, want 2", runs.Load())
	}
}

func TestMigratedFailsEveryTest(t *testing.T) {
	t.Parallel()
	mustBinDir(t)
	for range 2 {
		got := record(t, func(t testing.TB) {
			Migrated(t, "broken", func(string) error { return errors.New("no such luck") })
		})
		if !strings.Contains(got.fatal, "no such luck") {
			t.Errorf("got %q, want the error of migrate", got.fatal)
		}
	}
	// The second one sees a migrate that never came back from the first.
	record(t, func(t testing.TB) { Migrated(t, "gone", func(string) error { t.FailNow(); return nil }) })
	got := record(t, func(t testing.TB) { Migrated(t, "gone", func(string) error { return nil }) })
	if !strings.Contains(got.fatal, "did not finish") {
		t.Errorf("got %q, want a word on the unfinished migrate", got.fatal)
	}
}

func TestToolIsOfTheServersVersion(t *testing.T) {
	t.Parallel()
	want := one[string](t, connect(t, Database(t)), "SHOW server_version")
	out, err := exec.Command(Tool(t, "pg_dump"), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), strings.Fields(want)[0]) {
		t.Errorf("got %s, want version %s", out, want)
	}
	if got := record(t, func(t testing.TB) { Tool(t, "pg_nonesuch") }); !strings.Contains(got.fatal,
		"postgresql-client") {
		t.Errorf("got %q, want what to install", got.fatal)
	}
}
