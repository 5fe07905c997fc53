// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"encoding/json"
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

	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/openapitest"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// client sends requests to the door as a vendor's client does.
type client struct {
	*tenancytest.Kit
	handler http.Handler
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func newClient(t *testing.T, change ...func(*tenancytest.Options)) *client {
	t.Helper()
	return clientOf(t, tenancytest.New(t, append(change, keyIssuer)...))
}

// keyIssuer sets the issuer of application keys, as cmd does.
func keyIssuer(o *tenancytest.Options) { o.KeyIssuer = occ.KeyIssuer }

// onEngines runs a test on SQLite and on PostgreSQL, because both must treat a client's input in the same
// way.
func onEngines(t *testing.T, test func(t *testing.T, c *client)) {
	t.Helper()
	storetest.Engines(t, func(t *testing.T, s tenancy.Store) {
		test(t, clientOf(t, tenancytest.On(t, s, keyIssuer)))
	})
}

// document is the OpenAPI document with which each exchange of the tests is compared.
var document = sync.OnceValues(func() (*openapitest.Document,
	error) {
	return openapitest.Read("openapi.yaml")
})

func clientOf(t *testing.T, k *tenancytest.Kit) *client {
	t.Helper()
	d, err := document()
	if err != nil {
		t.Fatal(err)
	}
	door := occ.Door(k.Service, k.Identity)
	return &client{k, httpkit.Observe(httpkit.CleanPaths(d.Watch(t, door)), slog.New(slog.DiscardHandler),
		func(httpkit.Info, string, int, time.Duration) {})}
}

// answer is an HTTP answer. Every body of this wire is JSON.
type answer struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

func (a answer) text(name string) string {
	s, _ := a.json[name].(string)
	return s
}

// do sends a request. Headers are "Name: value". A body without a Content-Type among them is JSON.
func (c *client) do(t *testing.T, method, path, token, body string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequest(method, "http://localhost:9080"+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1234"
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	res := w.Result()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(b)}
	if method == http.MethodDelete && a.status == 200 && len(b) == 0 { // the vendor's empty answer
		if _, typed := res.Header["Content-Type"]; typed {
			t.Errorf("%s %s: nothing has a type: %v", method, path, res.Header)
		}
		return a
	}
	if method != http.MethodHead {
		if err := json.Unmarshal(b, &a.json); err != nil {
			t.Fatalf("%s %s: the answer is no JSON object: %q", method, path, b)
		}
	}
	if got := res.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s %s: Content-Type %q", method, path, got)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" && a.status == 200 {
		t.Errorf("%s %s: Cache-Control %q", method, path, got)
	}
	return a
}

const formType = "Content-Type: application/x-www-form-urlencoded"

// operator logs in with a password on a tree.
func (c *client) operator(t *testing.T, tree, username string, password secret.Secret) string {
	t.Helper()
	form := url.Values{"grant_type": {"password"}, "username": {username}, "password": {password.Reveal()}}
	a := c.do(t, "POST", tree+"/login", "", form.Encode(), formType)
	if a.status != 200 {
		t.Fatalf("log-in: %d %s", a.status, a.body)
	}
	return a.text("access_token")
}

func (c *client) admin(t *testing.T, tree string) string {
	t.Helper()
	return c.operator(t, tree, c.Admin, c.AdminPassword)
}

// application logs in with a key on a tree.
func (c *client) application(t *testing.T, tree, key string) string {
	t.Helper()
	a := c.do(t, "POST", tree+"/login", key, "grant_type=client_credentials", formType)
	if a.status != 200 {
		t.Fatalf("log-in: %d %s", a.status, a.body)
	}
	return a.text("access_token")
}

// wantError fails unless the answer is the vendor's error with this status and number.
func wantError(t *testing.T, what string, a answer, status int, code string) {
	t.Helper()
	if a.status != status || a.text("errorCode") != code || a.text("status") != itoa(status) ||
		a.text("message") == "" {
		t.Errorf("%s: got %d %s, want %d with errorCode %s", what, a.status, a.body, status, code)
	}
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

const (
	admin = "/ccadmin/v1"
	app   = "/ccapp/v1"
	agent = "/ccagent/v1"
	store = "/ccstore/v1"

	appagent = "/ccappagent/v1"
)
