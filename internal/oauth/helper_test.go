// SPDX-License-Identifier: Apache-2.0

package oauth_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/oauth"
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

const base = "http://127.0.0.1:8080"

// door sends requests to the door over the use cases of a kit.
type door struct {
	*tenancytest.Kit
	handler      http.Handler
	organization tenancy.Organization
	code         string // an authorization code without limits
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
	return doorBehind(t, k, httpkit.Proxies{})
}

// doorBehind returns a door that proxies reach.
func doorBehind(t *testing.T, k *tenancytest.Kit, proxies httpkit.Proxies) *door {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	d := &door{Kit: k, organization: k.Organization(t, "Cherry")}
	d.handler = proxies.Handler(httpkit.Observe(httpkit.CleanPaths(doc.Watch(t,
		oauth.Door(k.Service, k.Identity))),
		slog.New(slog.DiscardHandler), func(httpkit.Info, string, int, time.Duration) {}))
	d.code = d.newCode(t, d.organization)
	return d
}

// newCode makes a code of an organization.
func (d *door) newCode(t *testing.T, o tenancy.Organization) string {
	t.Helper()
	issued, err := d.CreateAuthCode(t.Context(), d.Root(), o.ID,
		tenancy.AuthCodeParams{Name: "spring", Limits: tenancy.Unlimited()}, false)
	if err != nil {
		t.Fatal(err)
	}
	return issued.Text.Reveal()
}

// operator returns an access token of the first operator.
func (d *door) operator(t *testing.T) string {
	t.Helper()
	token, err := d.LoginWithPassword(t.Context(), d.Anyone(),
		identity.LoginParams{Username: d.Admin, Password: d.AdminPassword, Audience: "/v1"})
	if err != nil {
		t.Fatal(err)
	}
	return token.Text.Reveal()
}

// answer is an answer of the door.
type answer struct {
	what   string
	status int
	header http.Header
	body   string
	json   map[string]any
}

func (a answer) text(name string) string {
	s, _ := a.json[name].(string)
	return s
}

// do sends a request. Headers are "Name: value"; one that is named twice is sent twice.
func (d *door) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequest(method, base+path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.7:1234"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Add(name, value); name == "Host" {
			r.Host = value
		}
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	res := w.Result()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{what: method + " " + path, status: res.StatusCode, header: res.Header, body: string(b)}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s: Cache-Control %q", a.what, got)
	}
	if len(b) == 0 {
		return a
	}
	if got := res.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s: %d with Content-Type %q", a.what, a.status, got)
	}
	if err := json.Unmarshal(b, &a.json); err != nil {
		t.Fatalf("%s: the answer is no JSON object: %q", a.what, b)
	}
	return a
}

const (
	jsonType = "Content-Type: application/json"
	formType = "Content-Type: application/x-www-form-urlencoded"
)

func bearer(token string) string { return "Authorization: Bearer " + token }

// form sends a form.
func (d *door) form(t *testing.T, path string, values url.Values, headers ...string) answer {
	t.Helper()
	return d.do(t, http.MethodPost, path, values.Encode(), append(headers, formType)...)
}

// register sends metadata with a code as initial access token.
func (d *door) register(t *testing.T, code string, metadata map[string]any) answer {
	t.Helper()
	b, err := json.Marshal(metadata)
	if err != nil {
		t.Fatal(err)
	}
	return d.do(t, http.MethodPost, "/oauth2/register", string(b), bearer(code), jsonType)
}

func want(t *testing.T, a answer, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s: got %d %.500s, want %d", a.what, a.status, a.body, status)
	}
	return a
}

// wantError fails unless the answer is an error with the status and the code.
func wantError(t *testing.T, what string, a answer, status int, code string) {
	t.Helper()
	if a.status != status || a.text("error") != code || a.text("error_description") == "" || len(a.json) != 2 {
		t.Errorf("%s: %s: got %d %.500s, want %d with %s", what, a.what, a.status, a.body, status, code)
	}
	if strings.Contains(a.body, "GHK") || strings.Contains(a.body, "GHC") || strings.Contains(a.body, "GHM") {
		t.Errorf("%s: a refusal repeats a secret: %s", what, a.body)
	}
	if challenge := a.header.Get("WWW-Authenticate"); (status == http.StatusUnauthorized) != (challenge != "") {
		t.Errorf("%s: %d with the challenge %q", what, a.status, challenge)
	}
}

// client is a registered client.
type client struct{ id, key, manage string }

func (d *door) client(t *testing.T) client {
	t.Helper()
	return clientOf(want(t, d.register(t, d.code, map[string]any{"client_name": "agent"}), 201))
}

func clientOf(a answer) client {
	return client{a.text("client_id"), a.text("client_secret"), a.text("registration_access_token")}
}

// tokenForm is the request for a token, without credentials.
func tokenForm(pairs ...string) url.Values {
	values := url.Values{"grant_type": {"client_credentials"}}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

// token gets an access token of a client.
func (d *door) token(t *testing.T, c client) string {
	t.Helper()
	return want(t, d.form(t, "/oauth2/token", tokenForm("client_id", c.id, "client_secret", c.key)),
		200).text("access_token")
}

// introspect asks with the token of an operator.
func (d *door) introspect(t *testing.T, token string) string {
	t.Helper()
	a := want(t, d.form(t, "/oauth2/introspect", url.Values{"token": {token}}, bearer(d.operator(t))), 200)
	return fmt.Sprint(a.json["active"])
}
