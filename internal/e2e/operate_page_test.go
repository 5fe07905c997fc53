// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/pgtest"
)

// openRunbook is docs/operate.md on a site that has what the page speaks of.
func openRunbook(t *testing.T) (*page, site, *process) {
	t.Helper()
	lookFor(t, "curl")
	lookFor(t, "jq")
	s := usedSite(t, onSQLite)
	server := start(t, s)
	c := newClient(t, server.url)
	organization := c.organization(ccadmin, c.token(ccadmin, "admin", s.password), "Larch Ltd")
	if organization != "or-100001" {
		t.Fatalf("the organization is %s", organization)
	}
	s = s.with("URL", server.url).with("XDG_CONFIG_HOME", t.TempDir())
	p := openPage(t, "operate.md", s)
	if err := os.WriteFile(filepath.Join(p.dir, "password"), []byte(s.password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addOperator(t, s, "ada")
	p.run(t, "begin")
	args := []string{"code", "create", "Larch Ltd", "--name", "tills", "--expires", "7d", "--max-uses", "20",
		"--secret-file", filepath.Join(p.dir, "code.txt")}
	wantRun(t, s, 0, args)
	code := strings.TrimSpace(string(must(os.ReadFile(filepath.Join(p.dir, "code.txt")))(t)))
	c.want(c.post("/v1/enrollments", `{"authorizationCode":"`+code+`","client":{"name":"till-9","instanceId":"9"}}`,
		"Content-Type: application/json"), http.StatusCreated, "enrol")
	return p, s, server
}

// says runs blocks, whose output must have the texts.
func (p *page) says(t *testing.T, kind string, texts ...string) {
	t.Helper()
	out := p.run(t, kind)
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("%s does not say %q but: %s", kind, text, out)
		}
	}
}

func TestOperatePage(t *testing.T) {
	t.Parallel()
	p, s, server := openRunbook(t)
	p.says(t, "leaked-curl", `"disabled"`)
	wantRun(t, s, 0, []string{"code", "enable", "Larch Ltd", "tills"})
	p.says(t, "leaked", "tills", "accepted", "till-9", "Revoked the client")
	wantRun(t, s, 0, []string{"client", "list", "--state", "revoked"}, "till-9")
	c := newClient(t, server.url)
	code := strings.TrimSpace(string(must(os.ReadFile(filepath.Join(p.dir, "code.txt")))(t)))
	c.want(c.post("/v1/enrollments", `{"authorizationCode":"`+code+`","client":{"name":"x","instanceId":"x"}}`,
		"Content-Type: application/json"), http.StatusForbidden, "a disabled code")
	p.says(t, "refused", "valid", "refused", "disabled")
	p.says(t, "left", "ada       auditor        or-0          disabled")
	p.says(t, "down", "alive: 200", "ready: 200", "unbroken")
	p.says(t, "key", "active", "retired", "recognises no secret", "unbroken")
	p.run(t, "begin") // a backup that needs the new key
}

func TestOperatePageWithoutAServer(t *testing.T) {
	t.Parallel()
	p, s, server := openRunbook(t)
	server.stop(t)
	runTool(t, "/bin/cp", filepath.Join(s.data, "master.key"), filepath.Join(p.dir, "master.key.copy"))
	p.says(t, "disk", "Restored", "unbroken: ")

	tamperWithAudit(t, s, 2)
	p.says(t, "broken", "is broken at event 2", "ended with 1", "FAULT")
	p.says(t, "broken-stopped", "The backup is good", "Restored", "The audit is unbroken")

	s = s.with("TARGET", pgtest.Database(t))
	p.env = s.env
	p.says(t, "move", "rows are the same on both sides", "It is moved to postgres://")
	p.says(t, "moved", "unbroken")
	there := s.with("GATEHOUSE_DATABASE", s.env["TARGET"]).
		with("GATEHOUSE_MASTER_KEY_FILE", filepath.Join(s.data, "master.key"))
	start(t, there).stop(t)
	p.env = there.env
	p.says(t, "back", "It is moved to", "unbroken")
	p.env = s.env
	p.says(t, "forget", "Servers may use this database again")
	start(t, s).stop(t)
}

// tamperWithAudit changes an event of the root's chain in the database on SQLite.
func tamperWithAudit(t *testing.T, s site, seq int) {
	t.Helper()
	db := must(sql.Open("sqlite", filepath.Join(s.data, "gatehouse.db")))(t)
	closing(t, db)
	const change = "UPDATE audit_events SET target = 'another' WHERE organization_id = 0 AND seq = ?"
	if n := must(must(db.Exec(change, seq))(t).RowsAffected())(t); n != 1 {
		t.Fatalf("%d events are changed", n)
	}
}
