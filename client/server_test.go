// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/client"
	"gatehouse/internal/api"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/oauth"
	"gatehouse/internal/openapitest"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancytest"
)

// document describes the operations with which each exchange of the tests is compared.
var document = sync.OnceValues(func() (*openapitest.Document, error) {
	return openapitest.Read("../internal/api/openapi.json")
})

// TestMain demands that every operation of the document was used with success, unless only some of
// the tests ran.
func TestMain(m *testing.M) {
	code := m.Run()
	if d, err := document(); code == 0 && err == nil && openapitest.AllRan() {
		for _, answer := range d.Unseen() {
			if name, status, _ := strings.Cut(answer, " "); status[0] == '2' {
				fmt.Println("no test has called the method of", name, "and got", status)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// server is the real native API and the real OAuth endpoints, over the use cases of a kit.
type server struct {
	*tenancytest.Kit
	url string
	// before looks at a request first; it reports whether it has answered. Nil: none.
	before func(w http.ResponseWriter, r *http.Request) bool
}

func newServer(t *testing.T, change ...func(*tenancytest.Options)) *server {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Kit: tenancytest.New(t, change...)}
	native := doc.Watch(t, api.Door(s.Service, s.Identity))
	tokens := oauth.Door(s.Service, s.Identity).Handler()
	handler := httpkit.Observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.before != nil && s.before(w, r):
		case strings.HasPrefix(r.URL.Path, "/v1/"):
			native.ServeHTTP(w, r)
		default:
			tokens.ServeHTTP(w, r)
		}
	}), slog.New(slog.DiscardHandler), func(httpkit.Info, string, int, time.Duration) {})
	listening := httptest.NewServer(handler)
	t.Cleanup(listening.Close)
	s.url = listening.URL
	return s
}

// admin returns a client of the first operator.
func (s *server) admin(t *testing.T) *client.Client {
	t.Helper()
	return s.client(t, client.WithPassword(s.Admin, s.AdminPassword.Reveal()))
}

func (s *server) client(t *testing.T, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(s.url, options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// totp returns the present code of a second factor.
func (s *server) totp(t *testing.T, text string) string {
	t.Helper()
	code, err := secret.TOTPCode(secret.Of(text), s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}
