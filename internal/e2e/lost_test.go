// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A master key without its database is no first start: nobody would look for the backup.
func TestLostDatabaseIsNoFirstStart(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, path string) error{
		"removed": func(_ *testing.T, path string) error { return os.Remove(path) },
		"empty":   func(_ *testing.T, path string) error { return os.Truncate(path, 0) },
		"a database without tables": func(t *testing.T, path string) error {
			runTool(t, lookFor(t, "sqlite3"), path+".new", "PRAGMA user_version = 1")
			return os.Rename(path+".new", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := usedSite(t, onSQLite)
			if err := lose(t, filepath.Join(s.data, "gatehouse.db")); err != nil {
				t.Fatal(err)
			}
			for range 2 { // a refused start changes nothing
				refused(t, s.env, []string{"--listen", "127.0.0.1:0"}, "master.key is there, but",
					"gatehouse restore",
					"--new-database on", "--data")
			}
			if code, _, stderr := runCommand(t, s.env, "migrate"); code != 1 ||
				!strings.Contains(stderr, "--new-database on") {
				t.Errorf("migrate: %d %s", code, stderr)
			}
			p := start(t, s, "--new-database", "on")
			if !strings.Contains(p.stdout.String(), "first start") {
				t.Error("it does not start anew when told so")
			}
			p.stop(t)
		})
	}
	t.Run("a log without its database", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, onSQLite)
		if err := os.MkdirAll(s.data, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.data, "gatehouse.db-wal"), []byte("log"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, s.env, []string{"--listen", "127.0.0.1:0"}, "gatehouse.db-wal is there, but")
	})
	t.Run("an empty PostgreSQL database", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, onPostgres)
		delete(s.env, "GATEHOUSE_MASTER_KEY")
		if err := os.MkdirAll(s.data, 0o700); err != nil {
			t.Fatal(err)
		}
		key := strings.Repeat("0a", 32)
		if err := os.WriteFile(filepath.Join(s.data, "master.key"), []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, s.env, []string{"--listen", "127.0.0.1:0"}, "master.key is there, but the database is "+
			"empty")
		start(t, s.with("GATEHOUSE_NEW_DATABASE", "on")).stop(t)
		start(t, s).stop(t)
	})
}

// lookFor finds a program. Without it the test is skipped, and fails in CI.
func lookFor(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, err)
	}
	return path
}

// A copy of the database file alone lacks what the log has. On a quiet server that is nothing.
func TestCopyOfAQuietServer(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite)
	p := start(t, s)
	c := newClient(t, p.url)
	token := c.token(ccadmin, "admin", p.firstPassword())
	const n = 20
	for i := range n {
		c.organization(ccadmin, token, "company "+string(rune('A'+i)))
	}
	time.Sleep(4 * time.Second) // the log is copied a second after a change
	other := newSite(t, onSQLite)
	if err := os.MkdirAll(other.data, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gatehouse.db", "master.key"} {
		content := must(os.ReadFile(filepath.Join(s.data, name)))(t)
		if err := os.WriteFile(filepath.Join(other.data, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	told := regexp.MustCompile(`unbroken: (\d+) events in (\d+) chains, the newest of (\S+Z) \(\d+s ago\)`)
	var said [2]string
	for i, one := range []site{s, other} {
		code, stdout, stderr := runCommand(t, one.env, "audit", "verify")
		if said[i] = strings.Join(told.FindStringSubmatch(stdout)[1:], " "); code != 0 {
			t.Fatalf("audit verify: %d %s%s", code, stdout, stderr)
		}
	}
	if said[0] != said[1] || !strings.HasPrefix(said[0], "22 21 ") {
		t.Errorf("the server has %q, the copy %q", said[0], said[1])
	}
	p.stop(t)
}

// A file that SQLite calls malformed is refused at the start. What a server does that meets it
// later is tested with package sqlite.
func TestTornDatabase(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite)
	path := filepath.Join(s.data, "gatehouse.db")
	p := start(t, s)
	c := newClient(t, p.url)
	token := c.token(ccadmin, "admin", p.firstPassword())
	for i := range 30 {
		c.organization(ccadmin, token, "company "+string(rune('A'+i)))
	}
	p.stop(t)
	sound := must(os.ReadFile(path))(t)
	root := func(index string) int64 {
		var page int64
		s.query(t, "SELECT rootpage FROM sqlite_schema WHERE name = '"+index+"'",
			func(values []any) { page = values[0].(int64) })
		return page
	}
	spoil := func(page int64) {
		content := append([]byte{}, sound...)
		if _, err := rand.Read(content[(page-1)*4096+1 : page*4096]); err != nil {
			t.Fatal(err)
		}
		content[(page-1)*4096] = 0x33 // no kind of page
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spoil(root("audit_events"))
	refused(t, s.env, []string{"--listen", "127.0.0.1:0"}, path, "damaged")
	if code, _, stderr := runCommand(t, s.env, "migrate"); code != 1 || !strings.Contains(stderr, "damaged") {
		t.Errorf("migrate: %d %s", code, stderr)
	}
	if err := os.WriteFile(path, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, s).stop(t)
}

// rewind takes the newest migration back.
func (s site) rewind(t *testing.T) {
	t.Helper()
	s.exec(t, "DROP INDEX auth_codes_imported_idx")
	s.exec(t, "ALTER TABLE auth_codes DROP COLUMN imported")
	s.exec(t, "ALTER TABLE auth_codes DROP COLUMN weak")
	s.exec(t, "DELETE FROM goose_db_version WHERE version_id = 36")
}

// A migration is logged line by line, and a copy of the database from before it is next to it.
func TestMigrationIsToldAndCopied(t *testing.T) {
	t.Parallel()
	old := func() site {
		s := usedSite(t, onSQLite)
		s.rewind(t)
		return s
	}
	copies := func(s site) []string {
		return must(filepath.Glob(filepath.Join(s.data, "gatehouse.db.schema-35.*Z")))(t)
	}
	s := old()
	p := start(t, s)
	p.stop(t)
	for _, want := range []string{`"msg":"the schema will be migrated","from":35,`, `"msg":"copied the database`,
		`"msg":"migrated the schema","version":36,`} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("the log has no line with %s", want)
		}
	}
	if found := copies(s); len(found) != 1 {
		t.Fatalf("copies: %v", found)
	} else if back := must(os.ReadFile(found[0]))(t); len(back) == 0 {
		t.Error("the copy is empty")
	} else if err := os.Rename(found[0], filepath.Join(s.data, "gatehouse.db")); err != nil { // going back
		t.Fatal(err)
	}
	code, stdout, stderr := runCommand(t, s.env, "migrate")
	if code != 0 || !strings.Contains(stdout, "migrated the schema") ||
		!strings.Contains(stdout, "1 migrations were applied") || len(copies(s)) != 1 {
		t.Errorf("migrate: %d %s%s, %v", code, stdout, stderr, copies(s))
	}
	start(t, s).stop(t)

	s = old().with("GATEHOUSE_MIGRATION_COPY", "off")
	start(t, s).stop(t)
	if found := copies(s); len(found) != 0 {
		t.Errorf("copies though they are off: %v", found)
	}
}
