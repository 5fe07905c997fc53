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

// consoleLimit is for one whole run of a browser on a loaded machine.
const consoleLimit = 8 * time.Minute

// browse runs a file of the folder console, which drives a headless Chromium. Its environment has the
// address of the server, the password of admin, and more.
func browse(t *testing.T, p *process, file string, more settings) string {
	t.Helper()
	_, dir := nodePackages(t, "console")
	env := settings{"GATEHOUSE": p.url, "PASSWORD": p.firstPassword(), "CHROMIUM": chromium(t),
		"XDG_CONFIG_HOME": t.TempDir(), "XDG_CACHE_HOME": t.TempDir()}
	for name, value := range more {
		env[name] = value
	}
	node := launch(t, nodeCommand(t, env, filepath.Join(dir, file)))
	if exit := node.wait(t, consoleLimit); exit != 0 {
		t.Fatalf("%s ends with %d: %s", file, exit, tail(node.stderr.String()))
	}
	return node.stdout.String()
}

// chromium returns the path of the browser.
func chromium(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "Chromium is not found:", err)
	}
	return path
}

// consoleSite starts a server with an organization that has a code and a client, and returns the
// organization's id.
func consoleSite(t *testing.T, e engine, args ...string) (*process, string) {
	t.Helper()
	chromium(t)
	nodePackages(t, "console")
	p := start(t, newSite(t, e), append([]string{"--rate-limits", "off"}, args...)...)
	c := newClient(t, p.url)
	code, admin := c.freshCode(p.firstPassword())
	c.want(c.post("/oauth2/register", `{"client_name":"till 7"}`, jsonType, bearer(code)), http.StatusCreated,
		"register")
	a := c.want(c.get("/v1/organizations?count=1", bearer(admin)), http.StatusOK, "list")
	id := a.member("items", "0", "id")
	// One more client, which waits for approval.
	decides := func(approve string) {
		c.want(c.do(http.MethodPut, "/v1/organizations/"+id+"/policy", `{"showCodesOnce":false,"maxCodeLife":"unlimited",
			"approveEnrolments":`+approve+`}`, jsonType, bearer(admin)), http.StatusOK, "set the policy")
	}
	decides("true")
	c.want(c.post("/v1/enrollments", `{"authorizationCode":"`+code+`","client":{"name":"till 8","instanceId":"8"}}`,
		jsonType), http.StatusAccepted, "enrol")
	decides("false")
	return p, id
}

// TestConsole signs in, and makes and changes organizations by clicks, with a script and without.
func TestConsole(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		p, _ := consoleSite(t, e)
		browse(t, p, "organizations.mjs", nil)
		p.stop(t)
	})
}

// TestConsoleAccount ends a session, sets a second factor up, signs in with it and changes the password.
func TestConsoleAccount(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		p, _ := consoleSite(t, e)
		browse(t, p, "account.mjs", nil)
		p.stop(t)
	})
}

// TestConsoleRest uses the pages of operators, clients and the audit by clicks, with a script and without.
func TestConsoleRest(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		p, _ := consoleSite(t, e)
		browse(t, p, "rest.mjs", nil)
		p.stop(t)
	})
}

// TestConsoleCodes makes, uses, switches and rotates an authorization code by clicks, with a script and
// without.
func TestConsoleCodes(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		p, organization := consoleSite(t, e)
		browse(t, p, "codes.mjs", settings{"ORGANIZATION": organization})
		p.stop(t)
	})
}

// TestConsolePages opens every page in every look. With GATEHOUSE_SCREENSHOTS it writes pictures to
// that folder.
func TestConsolePages(t *testing.T) {
	t.Parallel()
	p, organization := consoleSite(t, onSQLite, "--public-requests", "on")
	t.Log(browse(t, p, "pages.mjs", settings{"ORGANIZATION": organization, "REQUESTS": someRequests(t, p),
		"SCREENSHOTS": os.Getenv("GATEHOUSE_SCREENSHOTS")}))
	p.stop(t)
}

// someRequests sends requests, and returns the ids of one to be decided, which nobody can approve, and
// of one that is rejected.
func someRequests(t *testing.T, p *process) string {
	t.Helper()
	c := newClient(t, p.url)
	admin := c.want(c.post("/v1/login", marshal(map[string]string{"username": "admin",
		"password": p.firstPassword()}), jsonType), http.StatusOK, "log in").member("accessToken")
	var ids []string
	for _, name := range []string{"Orchard Ltd", "Birch Tools"} { // there is a member with the first name

		a := c.want(c.post("/v1/organization-requests", marshal(map[string]any{"name": name,
			"requesterComments": "We would like to join.", "contact": map[string]string{"firstName": "Ada",
				"lastName": "Birch", "email": "ada@example.test"}}), jsonType), http.StatusCreated, "submit")
		ids = append(ids, a.member("id"))
	}
	c.want(c.post("/v1/organization-requests/"+ids[1]+"/reject", `{"approverComments":"no"}`, jsonType,
		bearer(admin)), http.StatusOK, "reject")
	return strings.Join(ids, " ")
}

// TestConsoleRequests decides requests by clicks and by keys, and asks to be let in at /join. No log has
// a link.
func TestConsoleRequests(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		p, _ := consoleSite(t, e, "--public-requests", "on")
		browse(t, p, "requests.mjs", nil)
		browse(t, p, "join.mjs", nil)
		p.stop(t)
		if log := p.stdout.String() + p.stderr.String(); strings.Contains(log, "GHJ") {
			t.Errorf("a link is in the log: %s", log)
		}
	})
}
