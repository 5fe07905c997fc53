// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pgtest"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	p := start(t, newSite(t, onSQLite).watched())
	c := newClient(t, p.url)
	for _, path := range []string{"/livez", "/readyz", "/", "/metrics", "/commandcenter/api",
		"/WebConsole/api/"} {
		c.want(c.get(path), http.StatusOK, path)
	}
	if a := c.get("/metrics"); !strings.Contains(a.body,
		`gatehouse_http_requests_total{door="server",method="GET",route="readyz",status="200"}`) {
		t.Error("the metrics do not count")
	}
	if a := c.want(c.post("/readyz", ""), http.StatusMethodNotAllowed, "POST /readyz"); a.header.Get(
		"Allow") != "GET, HEAD" {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
	p.stop(t)
}

// TestWelcomePage starts a server without a console, which has a page at the root.
func TestWelcomePage(t *testing.T) {
	t.Parallel()
	p := start(t, newSite(t, onSQLite), "--console", "off")
	c := newClient(t, p.url)
	checkWelcome(t, c)
	c.want(c.get("/console", "Accept: text/html"), http.StatusNotFound, "the console")
	p.stop(t)
}

// checkWelcome checks that every link of the page at the root works without a log-in.
func checkWelcome(t *testing.T, c *client) {
	t.Helper()
	page := c.want(c.get("/", "Accept: text/html"), http.StatusOK, "the page")
	links := regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(page.body, -1)
	if len(links) < 8 {
		t.Errorf("only %d links were found in %s", len(links), page.body)
	}
	for _, link := range links {
		c.want(c.get(link[1]), http.StatusOK, link[1])
	}
}

// TestOutage stops the database and starts it again: the server says so in
// each wire's form, lives on, and works again without help.
func TestOutage(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	s := postgresSite(t, server.URL("postgres")).watched()
	p := start(t, s)
	c := newClient(t, p.url)
	admin, session := c.token(ccadmin, "admin", p.firstPassword()), c.session("admin", p.firstPassword())
	organization := c.organization(ccadmin, admin, "Orchard Ltd")
	code := c.issue(ccadmin, admin, organization)

	server.Stop()
	a := c.want(c.get("/readyz"), http.StatusServiceUnavailable, "readiness")
	if strings.Contains(a.body, "postgres") || strings.Contains(a.body, "127.0.0.1") {
		t.Errorf("readiness tells too much: %s", a.body)
	}
	c.want(c.get("/livez"), http.StatusOK, "liveness")
	a = c.want(c.get(ccadmin+"/organizations", bearer(admin)), http.StatusServiceUnavailable, "a list")
	if a.member("status") != "503" || a.member("errorCode") == "" || a.member("message") == "" ||
		a.header.Get("Retry-After") == "" ||
		a.header.Get("Content-Type") != "application/json" {
		t.Errorf("an outage on OCC: %s", a.body)
	}
	a = c.want(c.login(ccadmin, "admin", p.firstPassword()), http.StatusServiceUnavailable, "a log-in")
	if a.member("error") != "temporarily_unavailable" {
		t.Errorf("a log-in in an outage: %s", a.body)
	}
	a = c.want(c.get(codePath(cvRoot, organization), authtoken(session)), http.StatusServiceUnavailable,
		"a code")
	if a.member("errorCode") != "503" || a.member("errorMessage") == "" {
		t.Errorf("an outage on Commvault: %s", a.body)
	}
	a = c.want(c.get(codePath(cvRoot, organization), authtoken(session), "Accept: application/xml"),
		http.StatusServiceUnavailable, "a code as XML")
	if !strings.Contains(a.body, "<CVGui_GenericResp ") || !strings.Contains(a.body, `errorCode="503"`) {
		t.Errorf("an outage on Commvault, XML: %s", a.body)
	}
	if p.ended() {
		t.Fatal("the server went away with its database")
	}

	server.Start()
	within(t, 30*time.Second, "the server is ready again",
		func() bool { return c.get("/readyz").status == http.StatusOK })
	c.want(c.get(ccadmin+"/organizations", bearer(admin)), http.StatusOK, "a list afterwards")
	if c.reveal(session, organization) != code {
		t.Error("the code is another after the outage")
	}
	p.stop(t)
}
