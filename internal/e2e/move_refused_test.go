// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/move"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/postgres"
	"gatehouse/internal/sqlite"
)

// setMark puts a mark of a move on the database of a site, on which no server runs.
func setMark(t *testing.T, s site, name, value string) {
	t.Helper()
	var db interface {
		Mover(ctx context.Context) (move.Session, error)
		Close() error
	}
	if s.engine == onPostgres {
		db = must(postgres.OpenToMove(t.Context(), s.url))(t)
	} else {
		db = must(sqlite.Open(t.Context(), filepath.Join(s.data, "gatehouse.db")))(t)
	}
	session := must(db.Mover(t.Context()))(t)
	if err := session.SetMark(t.Context(), name, value); err != nil {
		t.Fatal(err)
	}
	closing(t, db)
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
}

// otherPlace returns an empty place on the other engine, and the site there.
func otherPlace(t *testing.T, s site) (to string, there site) {
	t.Helper()
	if s.engine == onSQLite {
		to = pgtest.Database(t)
		return to, s.moved(to)
	}
	to = filepath.Join(t.TempDir(), "other")
	key := s.env["GATEHOUSE_MASTER_KEY"]
	return to, site{engine: onSQLite, data: to, env: settings{"GATEHOUSE_DATA": to, "GATEHOUSE_MASTER_KEY": key}}
}

// A database that servers may not use is no source of a move, whichever mark it has, and the target
// of the refused move stays as it was. Each local command refuses it, too.
func TestMoveTakesNoMarkedSource(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		to, there := otherPlace(t, s)
		refused := func(want ...string) {
			t.Helper()
			wantRun(t, s, 1, []string{"migrate", "--to", to}, want...)
			if e == onPostgres {
				wantNone(t, to)
			} else {
				wantRun(t, there, 1, []string{"operator", "list"}, "not set up")
			}
			for _, args := range [][]string{{"operator", "list"}, {"key", "list"}, {"audit", "list"},
				{"audit", "verify"}} {
				wantRun(t, s, 1, args, want[0])
			}
		}
		setMark(t, s, move.MovingFrom, "0123")
		refused("part of a move", "migrate --to again", "delete this database")
		wantRun(t, s, 1, []string{"migrate", "--forget-move"}, "part of a move")
		setMark(t, s, move.MovingFrom, "")
		setMark(t, s, move.MovedTo, "postgres://elsewhere/x at 2026-01-01T00:00:00Z")
		refused("moved", "postgres://elsewhere/x", "docs/operate.md")
		setMark(t, s, move.MovingFrom, "0123") // what an older version left of a part that it moved on
		refused("moved")
		setMark(t, s, move.MovingFrom, "")
		setMark(t, s, move.MovedTo, "")
		wantRun(t, s, 0, []string{"migrate", "--to", to}, "It is moved to")
	})
}

// A database that was moved is no target, though the part in it has the right origin.
func TestMoveTakesNoMovedTarget(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		to, there := otherPlace(t, s)
		wantRun(t, s, 0, []string{"migrate", "--to", to}, "It is moved to")
		wantRun(t, s, 0, []string{"migrate", "--forget-move"})
		setMark(t, there, move.MovedTo, "postgres://elsewhere/x at 2026-01-01T00:00:00Z")
		wantRun(t, s, 1, []string{"migrate", "--to", to}, "the target is a database that was itself moved")
		setMark(t, there, move.MovingFrom, "0123")
		wantRun(t, s, 1, []string{"migrate", "--to", to}, "the target is a database that was itself moved")
	})
}

// wantNone wants no file at a path.
func wantNone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("%s was made: %v", path, err)
	}
}

// What is no target is refused with what one looks like, before anything is made or read.
func TestMoveTellsWhatATargetIs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "some.txt")
	if err := os.WriteFile(file, []byte("postgres://a/b\npostgres://c/d\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		for _, to := range []string{"mysql://u:hush@x/y", "POSTGRES://u:hush@x/y", "host=127.0.0.1 password=hush",
			"password = hush", "postgres:hush@x/y", file, "postgres://a/hush\npostgres://c/d"} {
			out, stderr := wantRun(t, s, 2, []string{"migrate", "--to", to}, "postgres://USER@HOST:5432/DATABASE",
				"data folder")
			if strings.Contains(out+stderr, "hush") || strings.Contains(stderr, "both are") {
				t.Errorf("%q is told wrongly: %s", to, stderr)
			}
		}
		wantRun(t, s, 2, []string{"migrate", "--to-file", file}, "one line")
	})
	absent := newSite(t, onSQLite)
	absent = absent.with("GATEHOUSE_DATA", filepath.Join(absent.data, "absent"))
	wantRun(t, absent, 1, []string{"migrate", "--to", "postgres://127.0.0.1:1/x"}, "there is no database in")
	wantRun(t, absent, 1, []string{"migrate", "--forget-move"}, "there is no database in")
	wantNone(t, absent.env["GATEHOUSE_DATA"])
}

// A target that cannot be used is told as the target, for the cause that it has.
func TestMoveNamesTheTarget(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite)
	url := pgtest.Database(t)
	for to, want := range map[string]string{
		"postgres://127.0.0.1:1/x":            "refused",
		"postgres://nowhere.invalid/x":        "nowhere.invalid",
		"postgres://127.0.0.1:x/y":            "URL",
		strings.Replace(url, "?", "none?", 1): "there is no such database",
	} {
		code, _, stderr := runCommand(t, s.env, "migrate", "--to", to)
		if code == 0 || !strings.HasPrefix(stderr, "gatehouse: the target: ") || !strings.Contains(stderr, want) {
			t.Errorf("%s ends with %d: %s", to, code, stderr)
		}
	}
}

func createTable(t *testing.T, url, table string) {
	t.Helper()
	conn := must(pgx.Connect(t.Context(), url))(t)
	_, err := conn.Exec(t.Context(), "CREATE TABLE "+table)
	if err := errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// A database with tables of another program is no target, and gets none of ours.
func TestMoveTakesNoForeignTables(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite)
	for _, table := range []string{"foo (n int)", "foo (x text)", "organizations (id text)"} {
		url := pgtest.Database(t)
		createTable(t, url, table)
		name, _, _ := strings.Cut(table, " ")
		wantRun(t, s, 1, []string{"migrate", "--to", url}, "the target: it is not empty", name, "Name an empty")
		wantRun(t, s.moved(url), 1, []string{"operator", "list"}, "not set up")
	}
	url := pgtest.Database(t)
	wantRun(t, s.moved(url).with("GATEHOUSE_MASTER_KEY", strings.Repeat("0a", 32)), 0, []string{"migrate"})
	createTable(t, url, "foo (n int)")
	wantRun(t, s, 1, []string{"migrate", "--to", url}, "the target: it is not empty", "foo")
}
