// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/api"
	"gatehouse/internal/console"
	"gatehouse/internal/dialect/commvault"
	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/docs"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/oauth"
	"gatehouse/internal/tenancytest"
)

var update = flag.Bool("update", false, "rewrite testdata/matrix.golden")

// doors returns all doors. A door with the same routes under several roots has only one.
func doors(s tenancytest.Services) []*httpkit.Door {
	oracle, company := occ.Door(s.Service, s.Identity), commvault.Door(s.Service, s.Identity)
	oracle.Routes = slices.DeleteFunc(oracle.Routes, func(r httpkit.Route) bool {
		return strings.Contains(r.Pattern, "ui/v1/")
	})
	company.Routes = slices.DeleteFunc(company.Routes, func(r httpkit.Route) bool {
		return !strings.HasPrefix(r.Pattern, strings.ToLower(company.Roots[0]))
	})
	pages := docs.Door(docs.Source{Root: "/v1", Document: api.Document()},
		docs.Source{Root: "/oauth2", Document: oauth.Document()})
	desk := console.Door(s.Service, s.Identity, "v1.2.3-test")
	desk.Routes = slices.DeleteFunc(desk.Routes, func(r httpkit.Route) bool { return r.Name == "readStatic" })
	return []*httpkit.Door{oracle, company, api.Door(s.Service, s.Identity), oauth.Door(s.Service, s.Identity),
		pages, desk}
}

// TestMatrix calls every route as every kind of caller, for its own organization and for
// a foreign one, and compares the answers with a reviewed file. An unknown wildcard
// fails the test, and so does a route whose sample succeeds for no caller.
func TestMatrix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var out strings.Builder
	out.WriteString(header())
	for _, door := range doors(w.newCopy(t).Services) {
		for _, route := range door.Routes {
			for _, target := range targets(door.Name, route) {
				fmt.Fprintf(&out, "\n%s %s %s", door.Name, route.Method, route.Pattern)
				if target != anything {
					fmt.Fprintf(&out, ", %s", target)
				}
				answers := map[string][]string{}
				for _, p := range parties() {
					got := w.ask(t, door.Name, route, target, p)
					answers[got] = append(answers[got], p)
				}
				for _, got := range slices.Sorted(maps.Keys(answers)) {
					fmt.Fprintf(&out, "\n  %-10s %s", got, strings.Join(answers[got], ", "))
				}
				out.WriteString("\n")
				_, excused := unasked()[route.Method+" "+route.Pattern+", "+target]
				if !slices.ContainsFunc(slices.Collect(maps.Keys(answers)), ok) && !excused {
					t.Errorf("%s %s: nobody gets through with the sample for %s; correct it in samples", route.Method,
						route.Pattern, route.Name)
				}
			}
		}
	}
	compare(t, "testdata/matrix.golden", out.String())
}

// TestMatrixOfAccessTokens checks that an access token gets the same answers as its
// operator on its own wire, except from routes that would widen it or end it for
// others. On the other wires it gets the answers of an unknown caller.
func TestMatrixOfAccessTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	never := []string{"logout", "updateAccessToken", "deleteAccessToken"}
	for _, door := range doors(w.newCopy(t).Services) {
		for _, route := range door.Routes {
			for _, target := range targets(door.Name, route) {
				same := "administrator"
				if door.Name != "commvault" {
					same = "none"
				}
				got, want := w.ask(t, door.Name, route, target, "access token"), w.ask(t, door.Name, route, target, same)
				if slices.Contains(never, route.Name) && door.Name == "commvault" {
					want = "403"
				}
				if got != want {
					t.Errorf("%s %s %s, %s: got %s, want %s", door.Name, route.Method, route.Pattern, target, got, want)
				}
			}
		}
	}
}

// TestMatrixOfOtherTrees checks that an application's token of ccadmin gets the same
// answers on the agents' trees as a token of these trees. Everywhere else a token of
// another tree gets the answers of an unknown caller; so does an operator's token.
func TestMatrixOfOtherTrees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	door := doors(w.newCopy(t).Services)[0]
	for _, route := range door.Routes {
		at := tree(route.Pattern)
		for _, from := range []string{"/ccadmin/v1", "/ccapp/v1", "/ccagent/v1", "/ccappagent/v1"} {
			for _, party := range []string{"administrator", "application"} {
				token := w.tokens["occ "+from+" "+party]
				if token == "" || from == at {
					continue
				}
				w.tokens["occ "+at+" visitor"] = token
				same := "none"
				if party == "application" && from == "/ccadmin/v1" && (at == "/ccagent/v1" || at == "/ccappagent/v1") {
					same = party
				}
				target := targets(door.Name, route)[0]
				if got, want := w.ask(t, door.Name, route, target, "visitor"), w.ask(t, door.Name, route, target,
					same); got != want {
					t.Errorf("%s %s with an %s's token of %s: got %s, want %s", route.Method, route.Pattern, party, from,
						got, want)
				}
			}
		}
	}
}

func ok(answer string) bool {
	return strings.HasPrefix(answer, "303") && answer != "303 to sign in" ||
		strings.HasPrefix(answer, "20") && !strings.Contains(answer, " ") ||
		strings.HasPrefix(answer, "200 of ") || strings.HasSuffix(answer, "=true")
}

func header() string {
	return "# Every route, asked by every kind of caller: HTTP status, and the number in the body where it is another.\n" +
		"# Own and foreign are the organizations as the tenant's people see them. Written by go test ./internal/server -run Matrix -update.\n"
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); look at each line before you rewrite it with -update:\n%s", file, diff)
	}
}

const anything = "any" // the target of a route that names nothing

// targets are the organizations for which a route is called. A route that names none is
// called once.
func targets(door string, route httpkit.Route) []string {
	body := samples()[door+" "+route.Name]
	if strings.Contains(route.Pattern, "{") || strings.Contains(body, "{number}") ||
		strings.Contains(body, "{codeText}") || strings.Contains(body, "{request}") ||
		strings.Contains(body, "{clientToken}") {
		return []string{"own", "foreign"}
	}
	return []string{anything}
}

// parties are the kinds of callers. The foreign application is one of another server.
func parties() []string {
	return []string{"none", "administrator", "account-manager", "auditor", "tenant administrator",
		"tenant auditor",
		"application", "tenant application", "foreign application", "client", "access token", "limited token",
		"expired", "revoked", "switched off"}
}

// ask sends the sample of a route to a new copy of the world, unless the last request
// changed nothing.
func (w *world) ask(t *testing.T, door string, route httpkit.Route, target, party string) string {
	t.Helper()
	if w.current == nil {
		w.current = w.newCopy(t)
	}
	body := w.sample(t, door+" "+route.Name, target)
	r := httptest.NewRequest(route.Method, "http://127.0.0.1:9080"+w.path(t, route, target),
		strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1234"
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	if isForm(body) || door == "console" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	switch token := w.token(door, tree(route.Pattern), party); {
	case token == "":
	case door == "console":
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: token})
	default:
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a := httptest.NewRecorder()
	w.current.handler(door).ServeHTTP(a, r)
	if route.Method != http.MethodGet && a.Code < 400 {
		w.current = nil
	}
	return summary(a)
}

// isForm reports whether a sample is a form.
func isForm(body string) bool {
	return strings.HasPrefix(body, "grant_type") || strings.HasPrefix(body, "token=")
}

// tree is the root of an Oracle route.
func tree(pattern string) string {
	return "/" + strings.Join(strings.SplitN(pattern, "/", 4)[1:3], "/")
}

// The cookies of the console.
const (
	sessionCookie = "gatehouse-session"
	noticeCookie  = "gatehouse-notice"
)

// summary returns the status, the number of an error, and the total of a list.
func summary(a *httptest.ResponseRecorder) string {
	text := fmt.Sprint(a.Code)
	if strings.HasPrefix(a.Header().Get("Location"), "/console/sign-in") {
		text += " to sign in"
	}
	for _, cookie := range a.Result().Cookies() {
		if cookie.Name == noticeCookie && cookie.Value != "" { // what the console says that it did
			text += " " + strings.TrimPrefix(cookie.Value, "notice.")
		}
	}
	if rows := strings.Count(a.Body.String(), `<th scope="row">`); rows > 0 &&
		strings.Contains(a.Header().Get("Content-Security-Policy"), "form-action 'self'") {
		text += fmt.Sprint(" of ", rows)
	}
	if m := regexp.MustCompile(`"errorCode":"?(\d+)`).FindStringSubmatch(a.Body.String()); m != nil &&
		m[1] != text && m[1] != "0" {
		text += " " + m[1]
	}
	if m := regexp.MustCompile(`"(?:totalResults|filterQueryCount|companyCount|numberOfUsers)":(\d+)`).FindStringSubmatch(a.Body.String()); m != nil {
		text += " of " + m[1]
	}
	if strings.Contains(a.Body.String(), `"items":[`) && !strings.Contains(text, " of ") {
		text += fmt.Sprint(" of ", strings.Count(a.Body.String(), `"createdAt":`))
	}
	if m := regexp.MustCompile(`"((?:valid|active)":(?:true|false))`).FindStringSubmatch(a.Body.String()); m != nil {
		text += " " + strings.ReplaceAll(m[1], `":`, "=")
	}
	if strings.Contains(a.Body.String(), `"problem":{`) {
		text += " with a problem"
	}
	return text
}

// observed wraps a door as the server does. Each exchange is checked against the door's
// OpenAPI document.
func observed(t testing.TB, door *httpkit.Door) http.Handler {
	t.Helper()
	handler := door.Handler()
	if d := document(t, door.Name); d != nil { // pages have none
		handler = d.Watch(t, door)
	}
	return httpkit.Observe(httpkit.CleanPaths(handler), slog.New(slog.DiscardHandler),
		func(httpkit.Info, string, int, time.Duration) {})
}
