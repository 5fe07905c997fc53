// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/move"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/postgres"
	"gatehouse/internal/sqlite"
)

// moved is the site on PostgreSQL to which a site was moved.
func (s site) moved(url string) site {
	s.engine, s.url = onPostgres, url
	return s.with("GATEHOUSE_DATABASE", url)
}

// A server that is moved knows every code, client, session and operator, and neither side serves
// while the other does.
func TestMove(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	s := usedSite(t, onSQLite)
	server := start(t, s)
	c := newClient(t, server.url)
	token := c.token(ccadmin, "admin", s.password)
	organization := c.organization(ccadmin, token, "Orchard Ltd")
	code := c.issue(ccadmin, token, organization)
	_, key := c.application(token, "till")
	enrolment := `{"authorizationCode":"` + code + `","client":{"name":"till","instanceId":"one"}}`
	const isJSON = "Content-Type: application/json"
	enrolled := c.want(c.post("/v1/enrollments", enrolment, isJSON), http.StatusCreated, "enrol")
	client := enrolled.member("clientId")
	const body, once = `{"name":"Birch Ltd"}`, "Idempotency-Key: one"
	login := marshal(map[string]string{"username": "admin", "password": s.password})
	session := c.want(c.post("/v1/login", login, isJSON), http.StatusOK, "log in").member("accessToken")
	birch := c.want(c.post("/v1/organizations", body, isJSON, once, bearer(session)), http.StatusCreated,
		"create")
	wantRun(t, s, 1, []string{"migrate", "--to", url}, "another process uses this data folder",
		"Stop that process")
	server.stop(t)

	wantRun(t, s, 2, []string{"migrate", "--to", ""}, "--to is empty")
	wantRun(t, s, 1, []string{"migrate", "--to", filepath.Join(t.TempDir(), "other")}, "both are SQLite")
	wrong := s.with("GATEHOUSE_MASTER_KEY", strings.Repeat("0a", 32))
	wantRun(t, wrong, 1, []string{"migrate", "--to", url}, "it needs the master key", "and the one given is")
	place := filepath.Join(t.TempDir(), "place")
	if err := os.WriteFile(place, []byte(url+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := wantRun(t, s, 0, []string{"migrate", "--to-file", place}, "rows are the same on both sides",
		"The audit is the same on both sides: 8 events in 3 chains", "It is moved to postgres://127.0.0.1")
	if strings.Contains(out, "sslmode") || strings.Contains(out, "@") {
		t.Errorf("more of the URL than the place is told: %s", out)
	}
	wantRun(t, s, 0, []string{"migrate", "--to", url}, "It was moved already", "nothing to do")
	wantRun(t, s, 1, []string{"migrate", "--to", pgtest.Database(t)}, "it was moved already, to postgres://")
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"operator", "list"},
		{"key", "list"}} {
		wantRun(t, s, 1, args, "this database was moved to postgres://127.0.0.1", "docs/operate.md")
	}
	wantRun(t, s, 0, []string{"doctor"}, "no server starts on it: it was moved to")

	there := s.moved(url)
	wantRun(t, there, 0, []string{"doctor"}, "which the database has", "unbroken: 8 events in 3 chains")
	server = start(t, there)
	c = newClient(t, server.url)
	c.want(c.get("/ccadmin/v1/organizations", bearer(token)), http.StatusOK, "the session of before")
	c.want(c.keyLogin(ccadmin, key), http.StatusOK, "the application of before")
	if c.reveal(c.session("admin", s.password), organization) != code {
		t.Error("the code is another one")
	}
	enrolled = c.want(c.post("/v1/enrollments", enrolment, isJSON), http.StatusOK, "enrol again")
	if again := enrolled.member("clientId"); again != client {
		t.Errorf("the client %s is now %s", client, again)
	}
	repeated := c.want(c.post("/v1/organizations", body, isJSON, once, bearer(session)), http.StatusCreated,
		"the answer of before")
	if repeated.member("id") != birch.member("id") {
		t.Errorf("%s is made again, as %s", birch.member("id"), repeated.member("id"))
	}
	next := c.organization(ccadmin, c.token(ccadmin, "admin", s.password), "Rowan Ltd")
	if next != "or-100003" {
		t.Errorf("the next organization is %s", next)
	}
	wantRun(t, there, 1, []string{"migrate", "--to", t.TempDir()}, "servers, or other commands",
		"stop them first")
	server.stop(t)
	moveBack(t, s, there)
}

// moveBack moves a site to SQLite again, and lets servers use the first one.
func moveBack(t *testing.T, first, there site) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "moved back at home")
	wantRun(t, there, 1, []string{"migrate", "--to", pgtest.Database(t)}, "both are PostgreSQL", "pg_dump")
	wantRun(t, there, 0, []string{"migrate", "--to", data}, "It is moved to "+data)
	wantRun(t, there, 1, []string{"operator", "list"}, "this database was moved to "+data)
	wantRun(t, there, 0, []string{"migrate", "--to", data}, "It was moved already, to "+data)
	runTool(t, "/bin/cp", filepath.Join(first.data, "master.key"), data)
	back := first.with("GATEHOUSE_DATA", data)
	wantRun(t, back, 0, []string{"doctor"}, "every row, index and reference is sound", "unbroken")
	start(t, back).stop(t)

	wantRun(t, first, 0, []string{"migrate", "--forget-move"}, "as it was when it was moved to postgres://")
	wantRun(t, first, 1, []string{"migrate", "--forget-move"}, "was not moved")
	start(t, first).stop(t)
}

// A target that has anything is left as it is, and a part of a move serves nobody.
func TestMoveTakesNoUsedTarget(t *testing.T) {
	t.Parallel()
	s, used := usedSite(t, onSQLite), usedSite(t, onPostgres)
	wantRun(t, s, 1, []string{"migrate", "--to", used.url}, "the target is not empty", "Name an empty database")
	wantRun(t, used, 0, []string{"doctor"}, "unbroken")
	wantRun(t, s, 0, []string{"doctor"}, "unbroken")

	url := pgtest.Database(t)
	empty := newSite(t, onSQLite).with("GATEHOUSE_MASTER_KEY", strings.Repeat("0a", 32))
	wantRun(t, empty, 1, []string{"migrate", "--to", url}, "there is no database in")
	wantRun(t, empty, 0, []string{"migrate"})
	wantRun(t, empty, 1, []string{"migrate", "--to", url}, "no server was ever started on the source")
	wantRun(t, s, 0, []string{"migrate", "--to", url}, "It is moved to")
}

// A part of a move that was begun elsewhere is not completed after another move was.
func TestMoveGoesToOnePlace(t *testing.T) {
	t.Parallel()
	s, abandoned := usedSite(t, onSQLite), pgtest.Database(t)
	wantRun(t, s.moved(abandoned).with("GATEHOUSE_MASTER_KEY", strings.Repeat("0a", 32)), 0, []string{"migrate"})
	part := must(postgres.Open(t.Context(), abandoned))(t)
	closing(t, part)
	source := must(sqlite.Open(t.Context(), filepath.Join(s.data, "gatehouse.db")))(t)
	m := move.Mover{Source: must(source.Mover(t.Context()))(t), Target: must(part.Mover(t.Context()))(t),
		Tables: must(part.MovedTables(t.Context()))(t)}
	must(m.Prepare(t.Context(), must(m.Origin(t.Context()))(t)))(t)
	for _, c := range []interface{ Close() error }{m.Source, m.Target, source} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wantRun(t, s, 0, []string{"migrate", "--to", pgtest.Database(t)}, "It is moved to")
	wantRun(t, s, 1, []string{"migrate", "--to", abandoned}, "it was moved already, to postgres://")
	wantRun(t, s.moved(abandoned), 1, []string{"operator", "list"}, "a part of a move")
}

// A broken audit is moved if somebody says so, and as it is.
func TestMoveOfABrokenAudit(t *testing.T) {
	t.Parallel()
	s, url := usedSite(t, onSQLite), pgtest.Database(t)
	tamperWithAudit(t, s, 1)
	wantRun(t, s, 1, []string{"migrate", "--to", url}, "the audit of or-0 is broken at event 1",
		"Nothing was moved", "--broken-audit")
	wantRun(t, s.moved(url), 1, []string{"operator", "list"}, "no operator yet")
	wantRun(t, s, 2, []string{"migrate", "--to", url, "--forget-move"}, "none of the others can be")
	wantRun(t, s, 2, []string{"migrate", "--to-file", filepath.Join(s.data, "none")}, "read --to-file",
		"no such file")
	wantRun(t, s, 0, []string{"migrate", "--to", url, "--broken-audit"},
		"1 chains besides are broken on both sides", "It is moved to")
	wantRun(t, s.moved(url), 1, []string{"audit", "verify"}, "the audit of or-0 is broken at event 1")
	start(t, s.moved(url)).stop(t)
}

// moveFailpoint is a move from an engine to the other. At no step both sides let a command work on
// them, which a server would do, too.
func moveFailpoint(from engine) failpoint {
	there := func(s site) site {
		if from == onSQLite {
			return s.moved(s.env["TARGET"])
		}
		key := s.env["GATEHOUSE_MASTER_KEY"]
		return site{env: settings{"GATEHOUSE_DATA": s.env["TARGET"], "GATEHOUSE_MASTER_KEY": key}}
	}
	refusals := regexp.MustCompile(`was moved to|part of a move|not set up|no database in|no operator yet`)
	works := func(t *testing.T, s site) bool {
		t.Helper()
		code, _, stderr := runCommand(t, s.env, "operator", "list")
		if code != 0 && !refusals.MatchString(stderr) {
			t.Errorf("it is refused for another reason: %s", stderr)
		}
		return code == 0
	}
	return failpoint{
		prepare: func(t *testing.T) site {
			s, to := usedSite(t, from), filepath.Join(t.TempDir(), "moved")
			if from == onSQLite {
				to = pgtest.Database(t)
			}
			return s.with("TARGET", to)
		},
		args: func(s site) []string { return []string{"migrate", "--to", s.env["TARGET"]} },
		killed: func(t *testing.T, s site) {
			if works(t, s) && works(t, there(s)) {
				t.Error("both sides serve")
			}
		},
		ended: func(t *testing.T, s site) {
			if works(t, s) || !works(t, there(s)) {
				t.Error("the source serves, or the target does not")
			}
			wantRun(t, there(s), 0, []string{"audit", "verify"}, "unbroken: 1 events")
		},
	}
}
