// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestEnrolmentPage runs the commands of docs/enrolment.md against an empty server: the
// whole way from an organization to a client that is revoked.
func TestEnrolmentPage(t *testing.T) { runPage(t, "enrolment.md", checkEnrolment) }

// TestOperatorsPage runs those of docs/operators.md.
func TestOperatorsPage(t *testing.T) { runPage(t, "operators.md", checkOperators) }

// TestPagesShareNoOrganization checks that a reader who has done the README's walk can do that of
// docs/enrolment.md on the same server: the name of an organization can be used once.
func TestPagesShareNoOrganization(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`'\{"name":"([^"]+)"(?:\}|,"(?:profile|contact)")`)
	first := map[string]string{}
	for _, page := range []string{"README.md", "docs/enrolment.md", "docs/operators.md"} {
		for _, b := range fenced(string(must(os.ReadFile(filepath.Join(moduleRoot(t), page)))(t))) {
			for _, match := range named.FindAllStringSubmatch(b.text, -1) {
				if other := first[match[1]]; other != "" {
					t.Errorf("%s and %s both make the organization %q", other, page, match[1])
				}
				first[match[1]] = page
			}
		}
	}
	if len(first) < 4 {
		t.Errorf("only %d names are found: %v", len(first), first)
	}
}

// runPage runs the commands of a page of docs on both engines, and checks what they print.
func runPage(t *testing.T, page string, check func(t *testing.T, stdout, stderr string)) {
	t.Helper()
	onBoth(t, func(t *testing.T, e engine) { runPageOn(t, newSite(t, e), page, check) })
}

// runPageOn runs the commands of a page of docs against a server on an empty site, and checks what
// they print.
func runPageOn(t *testing.T, s site, page string, check func(t *testing.T, stdout, stderr string)) {
	t.Helper()
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, err)
		}
	}
	p := start(t, s, "--public-requests", "on")
	var script strings.Builder
	script.WriteString("set -euo pipefail\n")
	for _, b := range fenced(string(must(os.ReadFile(filepath.Join(moduleRoot(t), "docs", page)))(t))) {
		if b.kind == shell {
			script.WriteString(b.text)
		}
	}
	cmd := exec.Command("bash", "-c", script.String())
	cmd.Dir = t.TempDir()
	cmd.Env = cleanEnv(s.env.with("URL", holding(t, p.url)).with("PASSWORD", p.firstPassword()).
		with("XDG_CONFIG_HOME", t.TempDir()).
		with("PATH", filepath.Dir(binary)+string(filepath.ListSeparator)+os.Getenv("PATH")))
	shell := launch(t, cmd)
	if code := shell.wait(t, 2*time.Minute); code != 0 {
		t.Errorf("the commands end with %d", code)
	}
	check(t, shell.stdout.String(), shell.stderr.String())
	p.stop(t)
}

// checkEnrolment checks what the commands print.
func checkEnrolment(t *testing.T, stdout, stderr string) {
	t.Helper()
	if stderr != "" {
		t.Errorf("the commands complain: %s", stderr)
	}
	for _, want := range []string{
		`"name":"spring","note":"","state":"active"`, `{"valid":false,"reason":"source"`,
		`{"active":true,"token_type":"Bearer"`,
		`{"active":false}`, `"refusedUses":2,"sources":[{"instanceId":"`, `{"instanceId":"till-7"`,
		"This machine is enrolled as the client", "This machine was enrolled before", "the former code: 201",
		"the new code: 201", `"outcome":"accepted"`, `"state":"superseded"`, "after the overlap: 403",
		`"code":"enrolment_refused"`, `"token_endpoint":`, "a token by OAuth: 200",
		"a change of the registration: 200", "the registration: 200", "the end of the registration: 204",
		`"instanceId":"till-9"`, `"tags":["north","tills"]`, `"state":"revoked"`, "a revoked client: 401",
		"one code, one answer",
		`"status":"review"`, `"status":"approved"},{"id":"`, `"status":"rejected"}]}`,
		`"properties":{"region":"north"}`, `"name":"Rowan Works","alias":"rowan-works"`,
		`"state":"inactive"`, "the end of the organization: 204",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%s is not printed", want)
		}
	}
	if found := regexp.MustCompile(`GH[CKM][0-9A-Z]{20}`).FindString(stdout); found != "" {
		t.Error("a secret is in an answer that should not have one")
	}
	if t.Failed() {
		t.Log(stdout)
	}
}

// checkOperators checks what the commands print.
func checkOperators(t *testing.T, stdout, stderr string) {
	t.Helper()
	if stderr != "" {
		t.Errorf("the commands complain: %s", stderr)
	}
	for _, want := range []string{
		"the key: 200", `"type":"application","key":{"id":`, `"lastUsedAt":`, "the former key: 200",
		"the new key: 200", "after the overlap: 401",
		"the end of the application: 204", `"username":"ada","displayName":"Ada Birch","role":"auditor"`,
		`"role":"account-manager"`,
		"a new password: 204", `"code":"invalid_token"`, "\n1\n", `"code":"not_confirmed"`, `"state":"disabled"`,
		"the end of the operator: 204", `"code":"last_administrator"`,
		"Added grace as auditor of or-0", "grace is account-manager now", "The password of grace is changed",
		"Disabled grace", "Removed grace",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%s is not printed", want)
		}
	}
	if strings.Contains(stdout, `"applicationKey"`) || strings.Contains(stdout, `"secret"`) {
		t.Error("a secret is in an answer that should not have one")
	}
	if t.Failed() {
		t.Log(stdout)
	}
}
