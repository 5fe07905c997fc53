// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/openapitest"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// update writes the file with the shapes of the operations: see make contract.
var update = flag.Bool("update", false, "write openapi.contract")

// document is the OpenAPI document with which each exchange of the tests is compared.
var document = sync.OnceValues(func() (*openapitest.Document,
	error) {
	return openapitest.Read("openapi.json")
})

// TestMain also demands that the tests exercised every answer of the document, unless only
// some of them ran.
func TestMain(m *testing.M) {
	code := pgtest.Main(m)
	if d, err := document(); code == 0 && err == nil && openapitest.AllRan() {
		if unseen := d.Unseen(); len(unseen) > 0 {
			fmt.Println("no test got these answers of the document:", unseen)
			code = 1
		}
	}
	os.Exit(code)
}

// door sends requests to the native API over the use cases of a kit.
type door struct {
	*tenancytest.Kit
	handler      http.Handler
	admin        string // the access token of the first operator
	organization tenancy.Organization
}

func newDoor(t *testing.T, change ...func(*tenancytest.Options)) *door {
	t.Helper()
	return doorOf(t, tenancytest.New(t, change...))
}

// onEngines runs a test on SQLite and on PostgreSQL.
func onEngines(t *testing.T, test func(t *testing.T, d *door)) {
	t.Helper()
	storetest.Engines(t, func(t *testing.T, s tenancy.Store) { test(t, doorOf(t, tenancytest.On(t, s))) })
}

func doorOf(t *testing.T, k *tenancytest.Kit) *door {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	d := &door{Kit: k, organization: k.Organization(t, "Cherry")}
	d.handler = httpkit.Observe(httpkit.CleanPaths(doc.Watch(t, api.Door(k.Service, k.Identity))),
		slog.New(slog.DiscardHandler), func(httpkit.Info, string, int, time.Duration) {})
	d.admin = d.login(t, k.Admin, k.AdminPassword.Reveal())
	return d
}

func (d *door) login(t *testing.T, username, password string) string {
	t.Helper()
	return d.want(t, d.post(t, "", "/login", body("username", username, "password", password)),
		200).text("accessToken")
}

// answer is an answer of the door.
type answer struct {
	what   string // the request, for messages of tests
	status int
	header http.Header
	body   string
	json   map[string]any
}

func (a answer) text(name string) string {
	s, _ := a.json[name].(string)
	return s
}

// texts returns the texts of a list.
func (a answer) texts(name string) (found []string) {
	list, _ := a.json[name].([]any)
	for _, one := range list {
		found = append(found, fmt.Sprint(one))
	}
	return found
}

// items returns a member of each item of a list.
func (a answer) items(name string) (found []string) {
	list, _ := a.json["items"].([]any)
	for _, one := range list {
		found = append(found, fmt.Sprint(one.(map[string]any)[name]))
	}
	return found
}

// fields lists "field code" of a problem.
func (a answer) fields() (found []string) {
	list, _ := a.json["errors"].([]any)
	for _, one := range list {
		m := one.(map[string]any)
		found = append(found, fmt.Sprint(m["field"], " ", m["code"]))
	}
	return found
}

// do sends a request. Headers are "Name: value".
func (d *door) do(t *testing.T, method, token, path, body string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8080/v1"+path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.7:1234"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		name, _, _ := strings.Cut(h, ": ")
		r.Header.Del(name)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return read(t, method+" "+path, w.Result())
}

func read(t *testing.T, what string, res *http.Response) answer {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{what: fmt.Sprintf("%.200s", what), status: res.StatusCode, header: res.Header, body: string(b)}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s: Cache-Control %q", a.what, got)
	}
	if a.status == http.StatusNoContent {
		if len(b) > 0 {
			t.Errorf("%s: 204 with a body", a.what)
		}
		return a
	}
	want := "application/json"
	if a.status >= 400 {
		want = "application/problem+json"
	}
	if got := res.Header.Get("Content-Type"); got != want {
		t.Errorf("%s: %d with Content-Type %q", a.what, a.status, got)
	}
	if err := json.Unmarshal(b, &a.json); err != nil && !strings.HasPrefix(what, "HEAD") {
		t.Fatalf("%s: the answer is no JSON object: %q", a.what, b)
	}
	return a
}

func (d *door) get(t *testing.T, token, path string, headers ...string) answer {
	t.Helper()
	return d.do(t, http.MethodGet, token, path, "", headers...)
}

func (d *door) post(t *testing.T, token, path, body string, headers ...string) answer {
	t.Helper()
	return d.do(t, http.MethodPost, token, path, body, headers...)
}

func (d *door) patch(t *testing.T, token, path, body string, headers ...string) answer {
	t.Helper()
	return d.do(t, http.MethodPatch, token, path, body, headers...)
}

// want returns the answer if it has the status, else it ends the test.
func (d *door) want(t *testing.T, a answer, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s: got %d %.500s, want %d", a.what, a.status, a.body, status)
	}
	return a
}

// wantProblem fails unless the answer is a problem with the status and the code.
func wantProblem(t *testing.T, a answer, status int, code string) {
	t.Helper()
	if a.status != status || a.text("code") != code || a.json["status"] != float64(status) ||
		a.text("detail") == "" ||
		a.text("type") != "urn:gatehouse:problem:"+code || a.text("title") != http.StatusText(status) ||
		a.text("requestId") == "" {
		t.Errorf("%s: got %d %.500s, want %d with %s", a.what, a.status, a.body, status, code)
	}
}

// body returns a JSON object of names and values. A value that is a json.RawMessage is
// written as it is.
func body(pairs ...any) string {
	members := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		members[pairs[i].(string)] = pairs[i+1]
	}
	b, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// codes is the path of the codes of the door's organization.
func (d *door) codes() string { return "/organizations/" + d.organization.ID.String() + "/auth-codes" }

// code makes a code without limits, and with other members if there are any.
func (d *door) code(t *testing.T, pairs ...any) answer {
	t.Helper()
	all := append([]any{"name", "spring", "expiresAt", "never", "maxUses", "unlimited"}, pairs...)
	return d.want(t, d.post(t, d.admin, d.codes(), body(all...)), 201)
}

// enrol asks for a client with a code.
func (d *door) enrol(t *testing.T, code, instance string) answer {
	t.Helper()
	return d.post(t, "", "/enrollments", enrolment(code, map[string]any{"name": "till", "instanceId": instance}))
}

func enrolment(code string, client any) string {
	return body("authorizationCode", code, "client", client)
}

// clientToken returns an access token of a client, which has no permission here.
func (d *door) clientToken(t *testing.T, code string) string {
	t.Helper()
	c := d.want(t, d.enrol(t, code, "for a token"), 201)
	return tokenOf(t, d, c.text("clientId"), c.text("clientKey"))
}
