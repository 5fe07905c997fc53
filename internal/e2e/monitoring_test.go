// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/certtest"
)

// The alert rules and the dashboard of docs/monitoring are right by Prometheus's own tool, and
// ask for metrics and operations that a server has.
func TestMonitoring(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		missing(t, "no promtool: ", err)
	}
	dir := filepath.Join(moduleRoot(t), "docs", "monitoring")
	dashboard := dashboardRules(t, filepath.Join(dir, "grafana.json"))
	for _, args := range [][]string{{"check", "rules", "--lint-fatal", "gatehouse.rules.yml"},
		{"test", "rules", "gatehouse.rules.test.yml"}, {"check", "rules", "--lint-fatal", dashboard}} {
		cmd := exec.Command(tool, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %q: %v\n%s", args, err, out)
		}
	}
	metrics := scraped(t)
	for _, file := range []string{filepath.Join(dir, "gatehouse.rules.yml"), dashboard,
		filepath.Join(dir, "README.md")} {
		text := string(must(os.ReadFile(file))(t))
		names := regexp.MustCompile(`\b(gatehouse|process|go)_[a-z_]+`).FindAllString(text, -1)
		if len(names) < 7 {
			t.Errorf("%s names only %q", file, names)
		}
		for _, name := range names {
			if !regexp.MustCompile(`(?m)^` + name + `(_bucket)?[ {]`).MatchString(metrics) {
				t.Errorf("%s asks for %s, which is no metric", filepath.Base(file), name)
			}
		}
		for _, list := range regexp.MustCompile(`route[!=]~?"([^"]*)"`).FindAllStringSubmatch(text, -1) {
			for route := range strings.SplitSeq(list[1], "|") {
				if !strings.Contains(metrics, `route="`+route+`"`) {
					t.Errorf("%s asks for %s, which is no operation", filepath.Base(file), route)
				}
			}
		}
	}
}

// dashboardRules writes a file of rules with the queries of a dashboard, for promtool, which knows
// no dashboards.
func dashboardRules(t *testing.T, file string) string {
	t.Helper()
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(must(os.ReadFile(file))(t), &d); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	n := 0
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			expr := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(target.Expr)
			fmt.Fprintf(&b, "      - record: dashboard:query_%d\n        expr: %q\n", n, expr)
			n++
		}
	}
	if n < 8 {
		t.Fatalf("the dashboard has only %d queries", n)
	}
	path := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// scraped returns the metrics of a server with HTTPS and traces that has answered some calls.
func scraped(t *testing.T) string {
	t.Helper()
	ca := certtest.New(t)
	s, _ := tlsSite(t, ca, ca.Issue())
	p := start(t, s, "--trace-endpoint", newCollector(t).URL)
	c := newClient(t, p.url).trusting(ca.Client())
	for _, path := range []string{"/v1/login", "/v1/enrollments", "/oauth2/register", "/ccadmin/v1/mfalogin"} {
		body := `{"username":"nobody","password":"x","client_name":"x","authorizationCode":"x",` +
			`"client":{"name":"x","instanceId":"x"}}`
		if a := c.post(path, body, jsonType); a.status < 400 || a.status >= 500 {
			t.Errorf("%s: %d: %s", path, a.status, a.body)
		}
	}
	c.get("/readyz")
	c.get("/metrics")
	return c.want(c.get("/metrics"), 200, "metrics").body
}
