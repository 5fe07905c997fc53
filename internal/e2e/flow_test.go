// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestWholeWay is the way a customer takes, over both wires and a restart: the
// five operations, and what has to be done around them.
func TestWholeWay(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := newSite(t, e).watched()
		p := start(t, s, "--public-requests", "on")
		w := &way{client: newClient(t, p.url), site: s, password: p.firstPassword()}
		w.logIn(t)
		w.codes(t)
		w.requests(t)
		w.keys(t)
		p.stop(t)

		again := start(t, s, "--public-requests", "on")
		if strings.Contains(again.stdout.String(), "password, shown this once") {
			t.Error("a second start shows a password")
		}
		w.client = newClient(t, again.url)
		w.stillThere(t)
		again.stop(t)
	})
}

// way is what the steps hand on to each other.
type way struct {
	*client
	site     site
	password string // of admin
	factor   *factor

	admin, agent, app, session string // tokens
	appID, key                 string
	organization, code         string
	approved                   string // the id of the organization that asked to join
}

func (w *way) logIn(t *testing.T) {
	if w.password == "" {
		t.Fatal("the first start shows no password")
	}
	first := w.token(ccadmin, "admin", w.password)

	w.factor = enrol(t, w.site, "admin") // while the server runs
	w.want(w.login(ccadmin, "admin", w.password), http.StatusUnauthorized,
		"a password alone, with a second factor enrolled")
	w.want(w.get(ccadmin+"/organizations", bearer(first)), http.StatusUnauthorized,
		"a token from before the second factor")
	oneTime := w.factor.next(t)
	a := w.want(w.mfa("admin", w.password, oneTime), http.StatusOK, "mfalogin")
	w.admin = a.member("access_token")
	w.want(w.mfa("admin", w.password, oneTime), http.StatusUnauthorized, "a one-time code used twice")
	w.agent = w.token(ccagent, "agent", addOperator(t, w.site, "agent")) // without a second factor
	w.session = w.client.session("admin", w.password+w.factor.next(t))

	w.appID, w.key = w.application(w.admin, "shop")
	if claims, err := base64.RawURLEncoding.DecodeString(strings.Split(w.key, ".")[1]); err != nil ||
		!strings.Contains(string(claims), `"iss":"applicationAuth"`) {
		t.Errorf("the key's claims are %s, %v", claims, err)
	}
	w.app = w.want(w.keyLogin(ccapp, w.key), http.StatusOK, "log in with a key").member("access_token")
	w.want(w.get(ccadmin+"/organizations", bearer(w.app)), http.StatusUnauthorized, "a token of another tree")
	for tree, token := range map[string]string{ccadmin: w.admin, ccapp: w.app, ccagent: w.agent} {
		if a := w.want(w.post(tree+"/verify", "", bearer(token)), http.StatusOK, "verify"); a.member(
			"success") != "true" {
			t.Errorf("verify on %s: %s", tree, a.body)
		}
	}
}

func (w *way) codes(t *testing.T) {
	w.organization = w.client.organization(ccapp, w.app, "Orchard <&> Ltd")
	first := w.issue(ccapp, w.app, w.organization)
	w.readEverywhere(t, first)

	// A new code is made on the other wire: the old code is gone everywhere.
	a := w.post(codePath(cvRoot, w.organization), "", authtoken(w.session), "Content-Type: application/xml",
		"Accept: application/json")
	second := w.want(a, http.StatusOK, "generate on Commvault").member("organizationProperties", "authCode")
	if second == first || second == "" {
		t.Fatal("generating again gives no new code")
	}
	w.readEverywhere(t, second)

	a = w.do(http.MethodPut, codePath(cvRoot, w.organization)+"/action/disable", "", authtoken(w.session))
	if w.want(a, http.StatusOK, "disable").member("error", "errorCode") != "0" {
		t.Errorf("disable: %s", a.body)
	}
	if w.reveal(w.session, w.organization) != "" {
		t.Error("a code is shown after it was switched off")
	}
	w.code = w.issue(ccadmin, w.admin, w.organization)
	w.readEverywhere(t, w.code)
}

// readEverywhere reads the code on every root, in odd spellings of the path, as JSON and XML.
func (w *way) readEverywhere(t *testing.T, code string) {
	t.Helper()
	number := strings.TrimPrefix(w.organization, "or-")
	for _, path := range []string{
		"/commandcenter/api/Organization/" + number + "/AuthToken",
		"/CommandCenter/API//organization/" + number + "//authtoken/",
		"/webconsole/api/ORGANIZATION/" + number + "/Authtoken",
		"//WebConsole///api/organization/" + number + "/AUTHTOKEN",
		"/SearchSvc/CVWebService.svc/Organization/" + number + "/AuthToken",
		"/searchsvc/cvwebservice.SVC//Organization//" + number + "/authToken//",
	} {
		a := w.want(w.get(path, authtoken(w.session), "Accept: application/json"), http.StatusOK, path)
		if got := a.member("organizationInfo", "organizationProperties", "authCode"); got != code {
			t.Errorf("%s as JSON: another code than the one that was made", path)
		}
		if got := a.member("organizationInfo", "organization", "shortName", "id"); got != number {
			t.Errorf("%s: organization %s", path, got)
		}
		if a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: a code may be kept by caches", path)
		}
		a = w.want(w.get(path, authtoken(w.session), "Accept: application/xml"), http.StatusOK, path)
		var x xmlCode
		if err := xml.Unmarshal([]byte(a.body), &x); err != nil {
			t.Errorf("%s as XML: %v", path, err)
		}
		if i := x.Info; i.Properties.Code != code || i.Properties.Enabled != "1" ||
			i.Organization.Short.ID != number || i.Organization.Name != "Orchard <&> Ltd" {
			t.Errorf("%s as XML: not what was made", path)
		}
	}
}

func (w *way) requests(t *testing.T) {
	ids := map[string]string{}
	for _, name := range []string{"Birch Tools", "Alder Works", "Cedar Tools", "Dogwood Inc", "Elm Tools"} {
		ids[name] = w.submit(name)
	}
	list := func(tree, token string, query url.Values) answer {
		t.Helper()
		return w.want(w.get(tree+"/organizationRequests?"+query.Encode(), bearer(token)), http.StatusOK,
			"list requests")
	}
	tools := url.Values{"q": {`name co "TOOLS" and status eq "new"`}, "sort": {"name:desc"}, "limit": {"2"},
		"offset": {"1"}}
	for tree, token := range map[string]string{ccapp: w.app, ccadmin: w.admin, ccagent: w.agent} {
		a := list(tree, token, tools)
		if got, want := a.list("name"), []string{"Cedar Tools", "Birch Tools"}; !slices.Equal(got, want) ||
			a.member("totalResults") != "3" ||
			a.member("limit") != "2" || a.member("offset") != "1" {
			t.Errorf("list on %s: got %s, want %q of 3", tree, a.body, want)
		}
	}
	if a := list(ccapp, w.app, url.Values{"limit": {"0"}}); len(a.list("name")) != 0 ||
		a.member("total") != "5" {
		t.Errorf("a list with limit 0 should only count: %s", a.body)
	}

	approve := func(tree, token string) answer {
		return w.post(tree+"/organizationRequests/"+ids["Birch Tools"]+"/approve", `{"approverComments":"welcome"}`,
			jsonType, bearer(token))
	}
	w.want(approve(ccagent, w.agent), http.StatusNotFound, "approve on ccagent, which does not have it")
	if a := w.want(approve(ccapp, w.app), http.StatusOK, "approve"); a.member("status") != "approved" {
		t.Errorf("approve: %s", a.body)
	}
	if a := w.want(approve(ccadmin, w.admin), http.StatusBadRequest, "approve twice"); a.member(
		"errorCode") != "101008" {
		t.Errorf("approve twice: %s", a.body)
	}
	a := list(ccagent, w.agent, url.Values{"q": {`status eq "approved"`}})
	if a.member("totalResults") != "1" || a.member("items", "0", "name") != "Birch Tools" {
		t.Fatalf("approved requests: %s", a.body)
	}
	w.approved = a.member("items", "0", "organization", "id")
	if a := w.want(w.get(ccadmin+"/organizations/"+w.approved, bearer(w.admin)), http.StatusOK,
		"the new organization"); a.member("active") != "true" {
		t.Errorf("the approved organization is not active: %s", a.body)
	}
}

func (w *way) keys(t *testing.T) {
	former := w.key
	w.key = w.renewKey(w.admin, w.appID)
	if w.key == former || w.key == "" {
		t.Fatal("genAuthToken gives no new key")
	}
	w.want(w.keyLogin(ccapp, former), http.StatusUnauthorized, "log in with the former key")
	w.want(w.post(ccapp+"/refresh", "", bearer(w.app)), http.StatusUnauthorized,
		"refresh a token got with the former key")
	w.app = w.want(w.keyLogin(ccapp, w.key), http.StatusOK, "log in with the new key").member("access_token")
}

// stillThere looks after a restart for all that was done before.
func (w *way) stillThere(t *testing.T) {
	a := w.want(w.get(ccadmin+"/organizations?sort=name:asc", bearer(w.admin)), http.StatusOK,
		"list organizations with the token from before")
	if got, want := a.list("name"), []string{"Birch Tools", "Orchard <&> Ltd"}; !slices.Equal(got, want) {
		t.Errorf("organizations: got %q, want %q", got, want)
	}
	w.readEverywhere(t, w.code) // with the session from before
	w.want(w.get(ccagent+"/organizationRequests", bearer(w.agent)), http.StatusOK, "the agent's token")
	a = w.want(w.get(ccapp+"/organizationRequests?q="+url.QueryEscape(`status eq "approved"`), bearer(w.app)),
		http.StatusOK, "the application's token")
	if got := a.member("items", "0", "organization", "id"); got != w.approved {
		t.Errorf("the approved request is of %q, want %q", got, w.approved)
	}
	w.want(w.keyLogin(ccapp, w.key), http.StatusOK, "the key")
	w.want(w.login(ccadmin, "admin", w.password), http.StatusUnauthorized, "a password alone")
	w.want(w.mfa("admin", w.password, w.factor.next(t)), http.StatusOK, "mfalogin")
	w.want(w.post(ccadmin+"/logout", "", bearer(w.admin)), http.StatusOK, "logout")
	w.want(w.post(ccadmin+"/verify", "", bearer(w.admin)), http.StatusUnauthorized, "verify after logout")
}
