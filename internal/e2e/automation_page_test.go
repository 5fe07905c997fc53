// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// automation is docs/automation.md with a server. Its files are where its commands run.
type automation struct {
	*page
	u    *terminalUser
	tofu string // where OpenTofu is
}

func openAutomation(t *testing.T) automation {
	t.Helper()
	lookFor(t, "curl")
	lookFor(t, "jq")
	u := atTerminal(t)
	u.login()
	u.watchProcesses()
	p := openPage(t, "automation.md", u.site)
	p.env = u.env.with("URL", u.url).with("ANSIBLE_NOCOLOR", "1").with("ANSIBLE_NOCOWS", "1").
		with("LC_ALL", "C.UTF-8")
	for _, b := range p.blocks {
		kind, name, named := strings.Cut(b.kind, " ")
		if !named || kind == shell {
			continue
		}
		path := filepath.Join(p.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a := automation{page: p, u: u}
	a.ok("begin", "curl")
	a.secret("robot.key", "")
	a.secret("gatehouse-code", "")
	a.secret("as-robot.curl", `header = "Authorization: Bearer `)
	return a
}

// ok runs blocks. Their output has no secret, and they leave files that only their owner may read.
func (a automation) ok(kinds ...string) string {
	a.u.Helper()
	var script strings.Builder
	for _, kind := range kinds {
		for _, b := range a.blocks {
			if b.kind == "sh "+kind {
				script.WriteString(b.text)
			}
		}
	}
	commands := strings.ReplaceAll(script.String(), "tofu -chdir", a.tofu+" -chdir")
	q := launch(a.u, a.command("set -euo pipefail\nif [ -f variables ]; then . ./variables; fi\n"+commands+
		"umask 077; declare -p URL ORGANIZATION ROBOT > variables\n"))
	code, out := q.wait(a.u, clientLimit), q.stdout.String()+q.stderr.String()
	if code != 0 {
		a.u.Fatalf("the commands of %q end with %d: %s", kinds, code, out)
	}
	a.clean(out)
	return out
}

// clean reports an error if a text has a secret.
func (a automation) clean(text string) {
	a.u.Helper()
	for _, s := range a.u.secrets {
		if strings.Contains(text, s) {
			a.u.Errorf("a secret is in: %.2000s", text)
		}
	}
}

// secret keeps the secret of a file, which others must not read.
func (a automation) secret(name, before string) {
	a.u.Helper()
	text := a.u.secret(filepath.Join(a.dir, name))
	if before != "" {
		a.u.mu.Lock()
		defer a.u.mu.Unlock()
		a.u.secrets[len(a.u.secrets)-1] = strings.Trim(strings.TrimPrefix(text, before), `"`)
	}
}

// codes returns how many codes of a name there are.
func (a automation) codes(name string) int {
	a.u.Helper()
	return len(strings.Fields(a.u.ok("code", "list", "Rowan Ltd", "--filter", `name eq "`+name+`"`, "-q")))
}

func TestAutomationPage(t *testing.T) {
	t.Parallel()
	ansible := lookFor(t, "ansible-playbook")
	systemd := lookFor(t, "systemd-analyze")
	a := openAutomation(t)
	a.ok("curl") // again: the same code, and the same client
	if n := a.codes("tills"); n != 1 {
		t.Errorf("curl makes %d codes", n)
	}
	if n := len(strings.Fields(a.u.ok("client", "list", "--organization", "Rowan Ltd", "-q"))); n != 1 {
		t.Errorf("curl makes %d clients", n)
	}
	if out := a.ok("ansible"); strings.Count(out, "changed=2") != 1 || strings.Count(out, "changed=0") != 2 {
		t.Errorf("Ansible says: %s", out)
	}
	a.secret("gatehouse-code-of-ansible", "")
	// Interrupted after the request, and as noisy as it can be: the same code.
	before := string(must(os.ReadFile(filepath.Join(a.dir, "gatehouse-code-of-ansible")))(t))
	if err := os.Remove(filepath.Join(a.dir, "gatehouse-code-of-ansible")); err != nil {
		t.Fatal(err)
	}
	q := launch(t, a.command(". ./variables; export URL ORGANIZATION ROBOT; "+ansible+
		" -vvvv --diff --inventory localhost, codes.yml"))
	if code := q.wait(t, clientLimit); code != 0 {
		t.Errorf("Ansible ends with %d", code)
	}
	out := q.stdout.String() + q.stderr.String()
	a.clean(out)
	if strings.Contains(out, `"access_token"`) || strings.Contains(out, `"Bearer e`) {
		t.Errorf("Ansible prints an access token: %s", out)
	}
	after := string(must(os.ReadFile(filepath.Join(a.dir, "gatehouse-code-of-ansible")))(t))
	if n := a.codes("kiosks"); n != 1 || after != before {
		t.Errorf("Ansible makes %d codes", n)
	}
	a.unit(systemd)
	a.cron()
}

// unit has systemd read the unit, with this program in the place of the installed one.
func (a automation) unit(systemd string) {
	path := filepath.Join(a.dir, "gatehouse-enrol.service")
	text := string(must(os.ReadFile(path))(a.u))
	text = strings.ReplaceAll(text, "/usr/local/bin/gatehouse", binary)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		a.u.Fatal(err)
	}
	out, err := exec.Command(systemd, "verify", "--recursive-errors=no", path).CombinedOutput()
	if err != nil || len(out) > 0 {
		a.u.Errorf("systemd says: %s %v", out, err)
	}
}

// cron runs the line of cron as cron does, with sh, on an enrolled machine.
func (a automation) cron() {
	state := filepath.Join(a.dir, "state")
	a.u.ok("enroll", "--server", a.u.url, "--code-file", filepath.Join(a.dir, "gatehouse-code"), "--state",
		state, "--quiet")
	line := string(must(os.ReadFile(filepath.Join(a.dir, "gatehouse-token")))(a.u))
	_, command, ok := strings.Cut(line, " root ")
	command = strings.ReplaceAll(command, "/run/", a.dir+"/")
	command = strings.ReplaceAll(command, "gatehouse token", "gatehouse token --state "+state)
	if out := runIn(a.u, a.command("exec sh -c '"+command+"'")); !ok || out != "" {
		a.u.Errorf("cron's line %q says: %s", command, out)
	}
	a.secret("agent-token", "")
}

// runIn runs a command to its good end, and returns what it says.
func runIn(t testing.TB, cmd *exec.Cmd) string {
	t.Helper()
	q := launch(t, cmd)
	if code := q.wait(t, clientLimit); code != 0 {
		t.Errorf("%q ends with %d", cmd.Args, code)
	}
	return q.stdout.String() + q.stderr.String()
}
