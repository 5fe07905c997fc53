// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/openapitest"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

const base = "/commandcenter/api"

// server is the whole chain of handlers in front of a real Service.
type server struct {
	*tenancytest.Kit
	handler http.Handler
	logs    *strings.Builder
	infos   []httpkit.Info
}

// document is the OpenAPI document with which each exchange of the tests is compared.
var document = sync.OnceValues(func() (*openapitest.Document,
	error) {
	return openapitest.Read("openapi.yaml")
})

func newServer(t testing.TB, change ...func(*tenancytest.Options)) *server {
	t.Helper()
	return serverOver(t, tenancytest.New(t, change...))
}

// serverOver returns the server over a kit.
func serverOver(t testing.TB, k *tenancytest.Kit) *server {
	t.Helper()
	d, err := document()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Kit: k, logs: &strings.Builder{}}
	log := slog.New(slog.NewTextHandler(s.logs, nil))
	var mu sync.Mutex
	s.handler = httpkit.Observe(httpkit.CleanPaths(d.Watch(t, Door(s.Service, s.Identity))), log,
		func(info httpkit.Info, _ string, _ int, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			s.infos = append(s.infos, info)
		})
	return s
}

// call sends a request. Headers come in pairs. Without an Accept among them it asks for JSON; an empty Accept
// means none.
func (s *server) call(t testing.TB, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, in)
	r.Header.Set("Accept", mediaJSON)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Accept" {
			r.Header.Del("Accept")
		}
		if headers[i] != "Accept" || headers[i+1] != "" {
			r.Header.Add(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code >= 300 && w.Code < 400 {
		t.Errorf("%s %s: redirected with %d to %s", method, path, w.Code, w.Header().Get("Location"))
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s %s: Cache-Control is %q", method, path, got)
	}
	return w
}

// session logs the operator in without the wire and returns the value of the header.
func (s *server) session(t testing.TB, username string, password secret.Secret) string {
	t.Helper()
	issued, err := s.StartSession(context.Background(), s.Anyone(),
		identity.StartSessionParams{Username: username, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return sessionText(issued.Text)
}

func (s *server) admin(t testing.TB) string { return s.session(t, s.Admin, s.AdminPassword) }

// alive reports whether the token is still accepted.
func (s *server) alive(t testing.TB, token string) bool {
	t.Helper()
	w := s.call(t, "POST", base+"/WhoAmI", "", "Authtoken", token)
	if w.Code != http.StatusOK && w.Code != http.StatusUnauthorized {
		t.Fatalf("WhoAmI: %d %s", w.Code, w.Body)
	}
	return w.Code == http.StatusOK
}

func codePath(o tenancy.Organization) string {
	return base + "/Organization/" + strconv.FormatInt(int64(o.ID), 10) + "/AuthToken"
}

func encoded(p secret.Secret) string { return base64.StdEncoding.EncodeToString([]byte(p.Reveal())) }

// tree decodes an answer in JSON.
func tree(t testing.TB, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("status %d, not JSON: %v: %q", w.Code, err, w.Body)
	}
	return v
}

// at returns a value within a decoded answer. The path consists of names and list positions separated by
// dots.
func at(v any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(node) {
				return nil
			}
			v = node[i]
		default:
			return nil
		}
	}
	return v
}

// text is at for strings. It returns "" if there is none.
func text(v any, path string) string {
	s, _ := at(v, path).(string)
	return s
}
