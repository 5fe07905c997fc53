// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMovingPage runs the commands of docs/moving.md: from a server that stands in for the old system, with
// codes that another system made, to an empty one.
func TestMovingPage(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, err)
		}
	}
	text := string(must(os.ReadFile(filepath.Join(moduleRoot(t), "docs", "moving.md")))(t))
	onBoth(t, func(t *testing.T, e engine) {
		old := start(t, newSite(t, onSQLite), "--public-requests", "on")
		fillOld(t, old)
		s := newSite(t, e)
		p := start(t, s, "--public-requests", "on")
		var script strings.Builder
		script.WriteString("set -euo pipefail\n")
		for _, b := range fenced(text) {
			if b.kind == shell {
				script.WriteString(b.text)
			}
		}
		cmd := exec.Command("bash", "-c", script.String())
		cmd.Dir = t.TempDir()
		cmd.Env = cleanEnv(settings{"OLD": old.url, "OLD_PASSWORD": old.firstPassword(), "URL": p.url,
			"PASSWORD": p.firstPassword(), "XDG_CONFIG_HOME": cmd.Dir,
			"PATH": filepath.Dir(binary) + string(filepath.ListSeparator) + os.Getenv("PATH")})
		shell := launch(t, cmd)
		if code := shell.wait(t, 2*time.Minute); code != 0 {
			t.Errorf("the commands end with %d", code)
		}
		stdout := shell.stdout.String()
		for _, want := range []string{"2 of 2 lines are done", "Acme Ltd: the same code",
			"Birch Tools: the same code", "1 of 1 lines are done", "2 organizations are in all.jsonl", "4 codes are in"} {
			if !strings.Contains(stdout, want) {
				t.Errorf("%q is not printed", want)
			}
		}
		if stderr := shell.stderr.String(); stderr != "" {
			t.Errorf("the commands complain: %s", stderr)
		}
		if strings.Contains(stdout, "another code") || strings.Contains(stdout, "GHC") ||
			strings.Contains(stdout, "CBABAB761") {
			t.Errorf("a code differs, or is shown: %s", stdout)
		}
		checkMoved(t, cmd.Dir, p)
	})
}

// fillOld makes two organizations with codes of another system, and a request.
func fillOld(t *testing.T, p *process) {
	t.Helper()
	c := newClient(t, p.url)
	admin := bearer(c.nativeLogin(p.firstPassword()))
	for name, code := range map[string]string{"Acme Ltd": "CBABAB761",
		"Birch Tools": "7f3a&<\"9c1e20b4d8a6f5e0"} {
		id := c.want(c.post("/v1/organizations", marshal(map[string]string{"name": name}), jsonType, admin),
			http.StatusCreated, "organization").member("id")
		c.want(c.post("/v1/organizations/"+id+"/auth-codes", marshal(map[string]any{"name": "old", "primary": true,
			"expiresAt": time.Now().Add(24 * time.Hour), "maxUses": "unlimited", "authorizationCode": code}), jsonType,
			admin), http.StatusCreated, "code")
	}
	c.submit("Cherry Ltd")
}

// checkMoved checks what came here, and that installers get in with the code that they have.
func checkMoved(t *testing.T, dir string, p *process) {
	t.Helper()
	c := newClient(t, p.url)
	enrol := func(code string, status int) {
		t.Helper()
		c.want(c.post("/oauth2/register", `{"client_name":"agent"}`, jsonType, bearer(code)), status, "register")
	}
	enrol("CBABAB761", http.StatusCreated)
	enrol("7f3a&<\"9c1e20b4d8a6f5e0", http.StatusCreated)
	enrol("CBABAB762", http.StatusUnauthorized)
	rotated := must(filepath.Glob(filepath.Join(dir, "rotated-*.txt")))(t)
	if len(rotated) == 0 {
		t.Fatal("no weak code was rotated")
	}
	for _, file := range rotated {
		enrol(strings.TrimSpace(string(must(os.ReadFile(file))(t))), http.StatusCreated)
	}
	for _, file := range must(filepath.Glob(filepath.Join(dir, "*")))(t) {
		if info := must(os.Stat(file))(t); !info.IsDir() && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", filepath.Base(file), info.Mode())
		}
	}
}
