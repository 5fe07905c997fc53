// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/console"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancytest"
)

// Every answer has the headers that keep it to itself, errors and redirects, too.
func TestHeaders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	for _, a := range []answer{b.get("/console"), b.get("/console/organizations/new"), b.get("/console/nothing"),
		d.browser(t).get("/console"), d.browser(t).get("/console/sign-in"),
		b.post("/console/organizations/new", url.Values{}),
		b.send(http.MethodDelete, "/console/organizations", "")} {
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
				"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8"} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%d: %s is %q, want %q", a.status, name, got, want)
			}
		}
		for _, inline := range []string{" style=", "<style", " onclick", " onload", "<script>", "javascript:"} {
			a.lacks(inline)
		}
	}
	b.send(http.MethodDelete, "/console/organizations", "").has(http.StatusMethodNotAllowed)
	b.header.Set("X-Request-Id", "abcdef0123456789")
	d.Store.Fail("Organizations", errors.New("secret cause"))
	b.get("/console").has(http.StatusInternalServerError, "Something went wrong", "abcdef0123456789", "admin").
		lacks("secret cause")
	d.Store.Fail("Organizations", problem.New(problem.Unavailable, problem.CodeDatabaseUnavailable))
	b.get("/console").has(http.StatusServiceUnavailable, "Please wait", "The database is not available")
}

// Over HTTPS cookies have the prefix that neither a subdomain nor plain HTTP can set, and one without
// the prefix counts for nothing.
func TestCookiesOverHTTPS(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	door := console.Door(k.Service, k.Identity, "v1.2.3-test")
	s := httptest.NewTLSServer(httpkit.Observe(httpkit.CleanPaths(door.Handler()), slog.New(slog.DiscardHandler),
		func(httpkit.Info, string, int, time.Duration) {}))
	t.Cleanup(s.Close)
	d := &desk{k, s}
	b := d.browser(t)
	b.client.Transport = s.Client().Transport
	in := b.post("/console/sign-in", login(k.Admin, k.AdminPassword.Reveal())).redirects("/console")
	c := in.cookie("__Host-gatehouse-session")
	if !c.Secure || c.Path != "/" || c.Domain != "" || !c.HttpOnly {
		t.Errorf("the cookie is %v", c)
	}
	b.get("/console").has(http.StatusOK)
	for _, cookies := range []string{"gatehouse-session=" + c.Value, "__Host-gatehouse-session=" + c.Value +
		"; __Host-gatehouse-session=x", "__Host-gatehouse-session=" + c.Value + "x", "__Host-gatehouse-session="} {
		other := d.browser(t)
		other.client.Transport = s.Client().Transport
		other.header.Set("Cookie", cookies)
		other.get("/console").redirects("/console/sign-in")
	}
	b.get("/console/sign-in").redirects("/console")
	d.browser(t).client.CloseIdleConnections()
}

// A browser that did not use HTTPS and is elsewhere is told that others can read along.
func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for host, want := range map[string]bool{"127.0.0.1:8080": false, "localhost": false, "[::1]:80": false,
		"gatehouse.example.test": true, "10.0.0.7:8080": true, "localhost.example.test": true} {
		r := httptest.NewRequest(http.MethodGet, "http://"+host+"/console/sign-in", nil)
		w := httptest.NewRecorder()
		httpkit.Observe(console.Door(d.Service, d.Identity, "v1.2.3-test").Handler(), slog.New(slog.DiscardHandler),
			func(httpkit.Info, string, int, time.Duration) {}).ServeHTTP(w, r)
		if got := strings.Contains(w.Body.String(), "did not come over HTTPS"); got != want {
			t.Errorf("%s: told: %v, want %v", host, got, want)
		}
	}
}

// Files have addresses of their content, which browsers keep, and are sent compressed.
func TestStatic(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser(t)
	paths := regexp.MustCompile(`/console/static/[a-z]+\.[0-9a-f]{12}\.(css|js|svg)`).FindAllString(
		b.get("/console/sign-in").body, -1)
	total := 0
	for _, path := range paths {
		plain := b.get(path).has(http.StatusOK) // the client of Go decodes gzip by itself
		if got := plain.header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %s", path, got)
		}
		b.header.Set("Accept-Encoding", "br, gzip;q=0.5")
		coded := b.get(path).has(http.StatusOK)
		total += len(coded.body)
		if coded.header.Get("Content-Encoding") != "gzip" || coded.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", path, coded.header)
		}
		z, err := gzip.NewReader(strings.NewReader(coded.body))
		if err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(z); err != nil || string(content) != plain.body {
			t.Errorf("%s: %v", path, err)
		}
		for _, encoding := range []string{"identity", "gzip;q=0", "br"} {
			b.header.Set("Accept-Encoding", encoding)
			if a := b.get(path); a.body != plain.body || a.header.Get("Content-Encoding") != "" {
				t.Errorf("%s with %s: %v", path, encoding, a.header)
			}
		}
		b.header.Del("Accept-Encoding")
	}
	if len(paths) != 4 || total > 20_000 {
		t.Errorf("%d files with %d bytes", len(paths), total)
	}
	b.get("/console/static/console.css").has(http.StatusNotFound)
}

// The language is that of the cookie, or else the best one that the browser asks for.
func TestLanguage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for accept, want := range map[string]string{"": "en", "de": "de", "de-AT,en;q=0.5": "de", "fr": "en",
		"fr,de;q=0.4,en;q=0.3": "de", "en-GB,de": "en", "*": "en", "nonsense;;;": "en"} {
		b := d.browser(t)
		b.header.Set("Accept-Language", accept)
		b.get("/console/sign-in").has(http.StatusOK, `<html lang="`+want+`"`)
	}
	b := d.browser(t)
	b.post("/console/preferences", url.Values{"language": {"de"}, "next": {"/console/sign-in"}}).
		redirects("/console/sign-in")
	b.get("/console/sign-in").has(http.StatusOK, `<html lang="de">`, "Passwort", "Einmalcode")
	b.post("/console/sign-in", url.Values{}).has(http.StatusForbidden,
		"Benutzername, Passwort oder Einmalcode stimmt nicht.")
	b.post("/console/preferences", url.Values{"language": {"xx"}, "theme": {"dark"},
		"next": {"https://evil.example.test"}}).redirects("/console")
	b.get("/console/sign-in").has(http.StatusOK, `<html lang="de" data-theme="dark">`)
	b.post("/console/preferences", url.Values{"theme": {"auto"}}).redirects("/console")
	b.get("/console/sign-in").has(http.StatusOK, `<html lang="de">`)
	b.header.Set("Cookie", "gatehouse-language=en; gatehouse-theme=<script>; gatehouse-notice=brand")
	b.get("/console/sign-in").lacks("<script>", "data-theme", "role=\"status\"")
}

// A form that is none of these pages', or too large, is refused.
func TestOtherBodies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.server.URL+"/console/sign-in",
		strings.NewReader(`{"username":"admin"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	got, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if got.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("JSON: %d", got.StatusCode)
	}
	b.send(http.MethodPost, "/console/organizations/new", "name=%zz").has(http.StatusBadRequest)
	b.send(http.MethodPost, "/console/organizations/new", "name=%ff").has(http.StatusBadRequest)
	b.send(http.MethodPost, "/console/organizations/new", "name="+strings.Repeat("a", 70_000)).
		has(http.StatusRequestEntityTooLarge)
}

// The version helps people who look after the server, and nobody else is told.
func TestVersionForTheSignedIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.browser(t).get("/console/sign-in").has(http.StatusOK, `href="/docs"`, `href="/readyz"`).
		lacks("v1.2.3-test")
	d.admin(t).get("/console/account").has(http.StatusOK, "Gatehouse v1.2.3-test", `href="/docs"`)
}
