// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/httpkit"
)

func TestEveryRouteButFourWantsASession(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	forms := map[string]errorForm{}
	for _, op := range operations() {
		forms[op.name] = op.errorForm
	}
	open := []string{"root", "login", "renewLoginToken", "renewAccessToken"}
	routes := Door(s.Service, s.Identity).Routes
	if want := 4 * len(operations()); len(routes) != want {
		t.Errorf("%d routes, want %d: every operation under every root", len(routes), want)
	}
	for _, route := range routes {
		path := strings.NewReplacer("{id}", "0", "{token}", "100001").Replace(route.Pattern)
		for _, token := range []string{"", "QSDK " + strings.Repeat("0", 72)} {
			denied := forms[route.Name].withFlat(codeAccessDenied, accessDenied)
			for media, want := range map[string]string{mediaJSON: string(denied.json()),
				mediaXML: string(denied.xml())} {
				w := s.call(t, route.Method, path, "", "Accept", media, "Authtoken", token)
				if slices.Contains(open, route.Name) {
					if w.Code == http.StatusUnauthorized {
						t.Errorf("%s %s: 401 on an open operation", route.Method, path)
					}
					continue
				}
				if w.Code != http.StatusUnauthorized || w.Body.String() != want {
					t.Errorf("%s %s: got %d %s", route.Method, path, w.Code, w.Body)
				}
			}
		}
	}
}

func TestRoutesAreRegisteredInLowerCase(t *testing.T) {
	t.Parallel()
	d := Door(nil, nil)
	for _, route := range d.Routes {
		if _, owns := d.Owns(route.Pattern); !owns || route.Pattern != strings.ToLower(route.Pattern) {
			t.Errorf("%s cannot be reached", route.Pattern)
		}
	}
}

func TestSpellingsOfPaths(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	tests := []struct {
		method, path string
		status       int
	}{
		{"GET", "/commandcenter/api", 200}, {"GET", "/commandcenter/api/", 200}, {"GET", "/COMMANDCENTER/API//",
			200}, {"HEAD", "/webconsole/api/", 200},
		{"GET", "/SearchSvc/CVWebService.svc/", 200}, {"GET", "/searchsvc/cvwebservice.svc", 200},
		{"GET", "/SEARCHSVC/CVWEBSERVICE.SVC/", 200},
		{"GET", "/commandcenter/api/organization/0/authtoken", 200},
		{"GET", "/webconsole/api/Organization/0/Authtoken", 200},
		{"GET", "/SearchSvc/CVWebService.svc/ORGANIZATION/0/AUTHTOKEN", 200},
		{"HEAD", "/commandcenter/api/Organization/0/AuthToken", 200},
		{"GET", "/commandcenter//api///Organization//0//AuthToken//", 200},
		{"GET", "//commandcenter/api/./Organization/x/../0/AuthToken", 200},
		{"GET", "/commandcenter/api/Organization/0/AuthToken?a=b&c", 200},
		{"GET", "/commandcenter/api/%4Frganization/0/AuthToken", 200},
		{"POST", "//commandcenter//api//Login", 400}, {"POST", "/commandcenter/api/Login/", 400},
		{"POST", "/webconsole/api/lOGIN", 400},
		{"POST", "/commandcenter/api//whoami", 200},
		{"PUT", "/webconsole/api/organization/0/authtoken/ACTION/DISABLE", 200},
		{"GET", "/commandcenter/api/nothing", 404}, {"GET", "/commandcenter/apiorganization/0/authtoken", 404},
		{"GET", "/", 404},
		{"GET", "/commandcenter/api/Organization/0%2FAuthToken", 404}, {"GET", "/commandcenter/api/%4Fx%2F%2Fy",
			404},
		{"GET", "/commandcenter/api/%C3%89%2F%2F", 404}, {"GET", "/commandcenter/api/%4Fx/%2e%2e/y", 404},
		{"GET", "/commandcenter/api/%2e%2e/%2E", 404},
		{"POST", "/commandcenter/api/", 405}, {"GET", "/commandcenter/api/Login", 405},
		{"DELETE", "/webconsole/api/organization/0/authtoken", 405},
	}
	for _, test := range tests {
		w := s.call(t, test.method, test.path, "", "Authtoken", token)
		if w.Code != test.status {
			t.Errorf("%s %s: got %d %s, want %d", test.method, test.path, w.Code, w.Body, test.status)
		}
	}
}

// This test uses a real connection, as a client does. No redirect is sent, HEAD has no body, and the same
// calls work on all roots.
func TestWalkOnEveryRoot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o := s.Organization(t, "Orchard Ltd")
	live := httptest.NewServer(s.handler)
	t.Cleanup(live.Close)
	client := live.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	do := func(method, path, body, token string) *httptest.ResponseRecorder {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, live.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authtoken", token)
		r.Header.Set("Accept", mediaJSON)
		r.Header.Set("Content-Type", mediaJSON)
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		w := httptest.NewRecorder()
		w.Code = answer.StatusCode
		if _, err := w.Body.ReadFrom(answer.Body); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s %s: %d %s %v", method, path, w.Code, w.Body, err)
		}
		return w
	}
	for _, root := range roots() {
		path := strings.Replace(codePath(o), base, root, 1)
		do("GET", root+"/", "", "")
		token := text(tree(t, do("POST", root+"//Login", `{`+credentials("admin", s.AdminPassword)+`}`, "")),
			"token")
		made := text(tree(t, do("POST", path, "", token)), "organizationProperties.authCode")
		if shown := text(tree(t, do("GET", path, "", token)), properties+".authCode"); shown != made ||
			made == "" {
			t.Errorf("%s: made %q, shown %q", root, made, shown)
		}
		if w := do("HEAD", path, "", token); w.Body.Len() != 0 {
			t.Errorf("%s: HEAD has a body", root)
		}
		do("PUT", path+"/Action/disable", "", token)
		do("POST", root+"/Logout", "", token)
	}
}

// A body without a meaning is not parsed, whatever its Content-Type is.
func TestBodylessCallsIgnoreBodies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	for _, body := range []string{"", "<not XML", "{not JSON", "a=b", "\x00"} {
		for _, label := range []string{mediaXML, mediaJSON, "application/x-www-form-urlencoded", "/"} {
			for _, call := range [][2]string{{"POST", "/WhoAmI"}, {"POST", "/Organization/0/Authtoken"},
				{"PUT", "/Organization/0/AuthToken/Action/disable"}, {"GET", "/Organization/0/AuthToken"}} {
				w := s.call(t, call[0], base+call[1], body, "Authtoken", token, "Content-Type", label,
					"Accept", mediaJSON)
				if w.Code != http.StatusOK {
					t.Errorf("%s %s with %q as %s: %d %s", call[0], call[1], body, label, w.Code, w.Body)
				}
			}
		}
	}
	w := s.call(t, "POST", base+"/WhoAmI", "", "Authtoken", token, "Content-Type", mediaXML)
	if got := w.Header().Get("Content-Type"); got != mediaJSON {
		t.Errorf("an empty body labelled XML chose %s", got)
	}
}

func TestHandlerNamesAreOperations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, path := range []string{base + "/organization/0/authtoken",
		"/webconsole/api/Organization/1/AuthToken"} {
		s.call(t, "GET", path, "", "Authtoken", s.admin(t))
	}
	for _, info := range s.infos {
		if (info == httpkit.Info{} || info.Route != "getAuthToken") {
			t.Errorf("got route %q", info.Route)
		}
	}
}
