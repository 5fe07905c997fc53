// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The tests here replay, request by request, what public clients of the two
// vendors send, and look at an answer as those clients look at it. The
// vendor's own command line is run as it is: see dcu_test.go.

// TestNodeSDKHabits: the vendor's library for server-side extensions asks
// verify before every call, names a language everywhere, sends JSON with every
// POST, PUT and DELETE, and parses an answer only when its Content-Type is one
// of five.
func TestNodeSDKHabits(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		p, admin, key := habitsServer(t, e)
		for _, tree := range []string{ccadmin, ccapp} {
			s := &nodeSDK{client: newClient(t, p.url), key: key, tree: tree}
			a := s.call(http.MethodPost, tree+"/organizations", map[string]string{"name": "Orchard " + tree})
			path := tree + "/organizations/" + a.member("id")
			if a = s.call(http.MethodPut, path,
				map[string]string{"description": "fruit"}); a.member("description") != "fruit" {
				t.Errorf("PUT: %s", a.body)
			}
			if a = s.call(http.MethodPost, path+"/authorizationCode",
				map[string]string{}); a.member("authorizationCode") == "" {
				t.Error("authorizationCode gives no code")
			}
			if a = s.call(http.MethodGet, tree+"/organizations?limit=1&sort=name:asc", nil); len(a.list("id")) != 1 {
				t.Errorf("GET: %s", a.body)
			}
			if s.logins == 0 || tree == ccadmin && s.logins != 1 {
				t.Errorf("%s: logged in %d times", tree, s.logins)
			}
			// Nothing that answers DELETE is an application's to delete, so an operator's token.
			id, _ := s.application(admin, "widgets "+tree)
			deleted := s.do(http.MethodDelete, ccadmin+"/applicationIds/"+id+"?type=application", "{}", jsonType,
				bearer(admin), language)
			s.read(s.want(deleted, http.StatusOK, "DELETE with a body"))
		}
		s := &nodeSDK{client: newClient(t, p.url), key: key, tree: ccadmin}
		if a := s.call(http.MethodPost, ccadmin+"/logout", map[string]string{}); a.member("result") != "true" {
			t.Errorf("logout: %s", a.body)
		}
		s.call(http.MethodGet, ccadmin+"/organizations", nil) // verify fails, so it logs in again
		if s.logins != 2 {
			t.Errorf("logged in %d times after a log-out", s.logins)
		}
		p.stop(t)
	})
}

// habitsServer starts a server and returns an operator's token and an application's key.
func habitsServer(t *testing.T, e engine) (p *process, admin, key string) {
	t.Helper()
	p = start(t, usedSite(t, e), "--public-requests", "on")
	c := newClient(t, p.url)
	admin = c.token(ccadmin, "admin", p.firstPassword())
	_, key = c.application(admin, "shop")
	return p, admin, key
}

const language = "x-ccasset-language: en_US"

// nodeSDK does as the library does.
type nodeSDK struct {
	*client
	key, tree string
	token     string
	logins    int
}

// read is how the library reads an answer: anything else it takes for bytes.
func (s *nodeSDK) read(a answer) (failed bool) {
	s.t.Helper()
	if got := a.header.Get("Content-Type"); !slices.Contains([]string{"application/json",
		"application/json;charset=utf-8", "application/json;charset=UTF-8", "application/json; charset=utf-8",
		"application/json; charset=UTF-8"}, got) {
		s.t.Errorf("the library does not parse Content-Type %q", got)
	}
	if !json.Valid([]byte(a.body)) {
		s.t.Errorf("the library ends its program on an answer that is no JSON: %q", a.body)
	}
	return a.member("errorCode") != "" || a.member("error") != ""
}

func (s *nodeSDK) login() {
	s.t.Helper()
	a := s.post(s.tree+"/login", "grant_type=client_credentials", formType, bearer(s.key), language)
	if s.read(a) || a.member("access_token") == "" {
		s.t.Fatal("the library cannot log in")
	}
	s.token, s.logins = a.member("access_token"), s.logins+1
}

// call makes sure of its token first. It asks on ccadmin whatever tree the
// token is of, and logs in again when it is told an error.
func (s *nodeSDK) call(method, path string, body any) answer {
	s.t.Helper()
	if s.token != "" {
		if a := s.post(ccadmin+"/verify", "{}", jsonType, bearer(s.token), language); s.read(a) ||
			a.member("success") != "true" {
			s.token = ""
		}
	}
	if s.token == "" {
		s.login()
	}
	text := ""
	if body != nil {
		text = marshal(body)
	}
	a := s.do(method, path, text, jsonType, bearer(s.token), language)
	if s.read(a) {
		s.t.Errorf("%s %s: %s", method, path, a.body)
	}
	return a
}

// TestScriptHabits: small programs send the grant in the query, with no body or
// with an empty object, page until they have as many as totalResults says, and
// spell filters in many ways.
func TestScriptHabits(t *testing.T) {
	t.Parallel()
	p, admin, key := habitsServer(t, onSQLite)
	c := newClient(t, p.url)
	const axios = "Accept: application/json, text/plain, */*"
	token := ""
	for body, header := range map[string]string{"": formType, "{}": jsonType} {
		a := c.post(ccadmin+"/login?grant_type=client_credentials", body, header, bearer(key), axios)
		token = c.want(a, http.StatusOK, "log in with the grant in the query").member("access_token")
	}
	for _, name := range []string{"Quince", "Medlar", "Sloe"} {
		c.organization(ccadmin, admin, name)
	}
	var names []string
	for offset := 0; ; offset++ {
		a := c.get(ccadmin+"/organizations/?q=name%20pr&limit=1&sort=name:asc&offset="+strconv.Itoa(offset),
			bearer(token), axios)
		c.want(a, http.StatusOK, "a page")
		names = append(names, a.list("name")...)
		if len(names) >= 3 || a.member("totalResults") != "3" {
			break
		}
	}
	if !slices.Equal(names, []string{"Medlar", "Quince", "Sloe"}) {
		t.Errorf("paging gives %q", names)
	}

	// Bare names in fields, and upper-case operators with plus signs for blanks.
	a := c.want(c.get(ccadmin+"/organizations?fields=id,name,active&sort=name:asc&offset=1", bearer(token),
		axios), http.StatusOK, "fields")
	if a.member("items", "0", "name") != "Quince" || a.member("items", "0", "active") != "true" ||
		a.member("items", "0", "repositoryId") != "" {
		t.Errorf("fields: %s", a.body)
	}
	agent := c.want(c.keyLogin(ccagent, key), http.StatusOK, "log in on ccagent").member("access_token")
	a = c.want(c.get(ccagent+"/organizations/?q=name+CO+%22lo%22+OR+name+EQ+%22quince%22&limit=10&offset=0",
		bearer(agent), axios), http.StatusOK, "an agent's search")
	if len(a.list("id")) != 2 || a.member("totalResults") != "2" || a.member("limit") != "10" ||
		!strings.Contains(a.body, `"description":`) {
		t.Errorf("an agent's search: %s", a.body)
	}
	p.stop(t)
}

// TestOCCToolsHabits: a public tool with two generations. The older keeps the
// cookies of a log-in in a file and ends when there are none; the newer asks
// for the registry before it logs in, and reads the end of a token off it.
func TestOCCToolsHabits(t *testing.T) {
	t.Parallel()
	p, admin, key := habitsServer(t, onSQLite)
	c := newClient(t, p.url)
	for _, tree := range []string{ccadmin, ccadminui} {
		a := c.want(c.keyLogin(tree, key), http.StatusOK, "log in")
		if a.header.Get("Set-Cookie") == "" || a.member("error") != "" {
			t.Errorf("%s: the log-in sets no cookie", tree)
		}
		token := a.member("access_token")
		parts := strings.Split(token, ".")
		claims, err := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)])
		var end struct {
			Exp int64 `json:"exp"`
		}
		if err != nil || json.Unmarshal(claims, &end) != nil || end.Exp <= time.Now().Unix() {
			t.Errorf("%s: the end of a token cannot be read off it", tree)
		}
		a = c.want(c.post(tree+"/verify", "", bearer(token)), http.StatusOK, "verify")
		if a.member("success") != "true" || a.member("status") == "401" {
			t.Errorf("verify: %s", a.body)
		}
		a = c.want(c.post(tree+"/refresh", "", formType, bearer(token)), http.StatusOK, "refresh")
		renewed := a.member("access_token")
		if renewed == "" || a.member("error") != "" {
			t.Error("refresh gives no token")
		}
		if a = c.post(tree+"/verify", "", bearer(renewed+"x")); a.member("status") != "401" {
			t.Errorf("verify of a bad token: %s", a.body)
		}
		// The tool puts a slash at the end of the root and another before the name.
		body := marshal(map[string]string{"type": "extension", "name": "widgets of " + tree})
		a = c.want(c.post(tree+"//applicationIds", body, jsonType, "Accept: application/json", bearer(admin)),
			http.StatusOK, "a doubled slash")
		if a.member("repositoryId") == "" {
			t.Errorf("applicationIds: %s", a.body)
		}

		// The newer one, without a token: whatever the status, it reads a header.
		if a = c.get(tree + "/verify"); a.header.Get("OracleCommerceCloud-Version") == "" {
			t.Errorf("GET verify (%d) tells no version", a.status)
		}
		a = c.want(c.get(tree+"/registry"), http.StatusOK, "registry")
		if a.member("endpointMap", "login", "method") != http.MethodPost ||
			a.member("endpointMap", "mfalogin", "requestType") != "application/x-www-form-urlencoded" {
			t.Errorf("the registry tells no log-in")
		}
	}
	p.stop(t)
}

// TestPythonAuthenticatorHabits: one session that keeps the header of its last
// token, and renews it with a POST of nothing.
func TestPythonAuthenticatorHabits(t *testing.T) {
	t.Parallel()
	p, _, key := habitsServer(t, onSQLite)
	c := newClient(t, p.url)
	session := []string{"User-Agent: python-requests/2.32", "Accept-Encoding: identity", "Accept: */*",
		"Connection: keep-alive"}
	a := c.post(ccadmin+"/login", "grant_type=client_credentials",
		append(slices.Clone(session), formType, bearer(key))...)
	for range 3 {
		c.want(a, http.StatusOK, "a token")
		var access struct {
			Token string  `json:"access_token"`
			For   float64 `json:"expires_in"` // a number: it is added to the time
		}
		if err := json.Unmarshal([]byte(a.body), &access); err != nil || access.Token == "" || access.For <= 10 {
			t.Fatal("the session gets no token with its time in seconds")
		}
		cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
		headers := append(slices.Clone(session), bearer(access.Token))
		if cookie != "" {
			headers = append(headers, "Cookie: "+cookie)
		}
		c.want(c.get(ccadmin+"/organizations", headers...), http.StatusOK, "list")
		a = c.post(ccadmin+"/refresh", "", headers...)
	}
	p.stop(t)
}

// TestEmptyBodyHabits: the other vendor's library labels every POST and PUT
// without a body as XML, and reads JSON.
func TestEmptyBodyHabits(t *testing.T) {
	t.Parallel()
	p, admin, _ := habitsServer(t, onSQLite)
	c := newClient(t, p.url)
	organization := c.organization(ccadmin, admin, "Orchard")
	for _, root := range []string{cvRoot, "/webconsole/api", "/SearchSvc/CVWebService.svc"} {
		session := c.session("admin", p.firstPassword())
		call := func(method, path string) answer {
			a := c.do(method, root+path, "", "Content-type: application/xml", "Accept: application/json",
				authtoken(session))
			if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") && path != "/Logout" {
				t.Errorf("%s %s: Content-Type %q", method, path, got)
			}
			return c.want(a, http.StatusOK, method+" "+path)
		}
		path := codePath("", organization)
		if a := call(http.MethodPost, "/WhoAmI"); a.member("user", "userName") != "admin" {
			t.Errorf("WhoAmI: %s", a.body)
		}
		a := call(http.MethodPost, path)
		if a.member("error", "errorCode") != "0" || a.member("organizationProperties", "authCode") == "" {
			t.Error("generate gives no code")
		}
		if a = call(http.MethodPut, path+"/action/disable"); a.member("error", "errorCode") != "0" {
			t.Errorf("disable: %s", a.body)
		}
		call(http.MethodPost, "/Logout")
	}
	p.stop(t)
}
