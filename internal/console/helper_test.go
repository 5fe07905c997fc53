// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/console"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// desk is a console with a service behind it.
type desk struct {
	*tenancytest.Kit
	server *httptest.Server
}

func newDesk(t *testing.T, change ...func(*tenancytest.Options)) *desk {
	t.Helper()
	k := tenancytest.New(t, change...)
	door := console.Door(k.Service, k.Identity, "v1.2.3-test")
	h := httpkit.Observe(httpkit.CleanPaths(door.Handler()), slog.New(slog.DiscardHandler),
		func(httpkit.Info, string, int, time.Duration) {})
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &desk{k, s}
}

// browser is a browser that keeps cookies and does not follow redirects by itself.
type browser struct {
	t      *testing.T
	d      *desk
	client *http.Client
	header http.Header // of each request
}

func (d *desk) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, d, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}, http.Header{}}
}

// answer is what a browser gets.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (b *browser) send(method, path, body string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.d.server.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for name, values := range b.header {
		r.Header[name] = values
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if strings.Contains(string(content), "⟨") {
		b.t.Errorf("%s %s: a message is missing: %s", method, path, content)
	}
	return answer{b.t, got.StatusCode, got.Header, string(content)}
}

func (b *browser) get(path string) answer { b.t.Helper(); return b.send(http.MethodGet, path, "") }

// post sends a form with the name of the showing that the page of the same address has.
func (b *browser) post(path string, form url.Values) answer {
	b.t.Helper()
	if form.Get("once") == "" {
		form = maps.Clone(form)
		form.Set("once", secret.NewID())
	}
	return b.send(http.MethodPost, path, form.Encode())
}

// signIn signs an operator in, who must be let in.
func (b *browser) signIn(username string, password secret.Secret) *browser {
	b.t.Helper()
	b.post("/console/sign-in", url.Values{"username": {username}, "password": {password.Reveal()}}).
		redirects("/console")
	return b
}

// admin returns a browser in which the first operator is signed in.
func (d *desk) admin(t *testing.T) *browser {
	t.Helper()
	return d.browser(t).signIn(d.Admin, d.AdminPassword)
}

func (a answer) redirects(to string) answer {
	a.t.Helper()
	if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != to {
		a.t.Fatalf("got %d to %q, want the way to %q: %s", a.status, got, to, a.body)
	}
	return a
}

func (a answer) has(status int, texts ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got %d, want %d: %s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("there is no %q in %s", text, a.body)
		}
	}
	return a
}

func (a answer) lacks(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.t.Errorf("there is %q in %s", text, a.body)
		}
	}
	return a
}

// hidden returns the value of a hidden field.
func (a answer) hidden(name string) string {
	a.t.Helper()
	found := regexp.MustCompile(`type="hidden" name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.body)
	if found == nil {
		a.t.Fatalf("there is no hidden field %s in %s", name, a.body)
	}
	return strings.ReplaceAll(found[1], "&#43;", "+")
}

// cookie returns a cookie of the answer.
func (a answer) cookie(name string) *http.Cookie {
	a.t.Helper()
	for _, one := range (&http.Response{Header: a.header}).Cookies() {
		if one.Name == name {
			return one
		}
	}
	a.t.Fatalf("no cookie %s is set: %v", name, a.header["Set-Cookie"])
	return nil
}

func organizationPath(id tenancy.OrganizationID) string {
	return "/console/organizations/" + id.String()
}
