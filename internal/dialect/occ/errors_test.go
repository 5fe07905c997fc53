// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
)

// A door without its service panics on every request. The answer is a 500 in this wire's form, and the next
// request is answered, too.
func TestPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	c := &client{handler: httpkit.Observe(httpkit.CleanPaths(occ.Door(nil, nil).Handler()),
		slog.New(slog.DiscardHandler), func(httpkit.Info, string, int, time.Duration) {})}
	for range 2 {
		a := c.do(t, "POST", admin+"/login", "x", "grant_type=client_credentials", formType)
		wantError(t, "panic", a, 500, "500")
		if a.text("error") != "server_error" {
			t.Errorf("got %s", a.body)
		}
	}
	wantError(t, "panic while authenticating", c.do(t, "GET", admin+"/organizations", "x", ""), 500, "100019")
}

// limit puts a gate with these shares in front of the door.
func (c *client) limit(shares map[httpkit.Class]httpkit.Share) {
	door := occ.Door(c.Service, c.Identity)
	c.handler = httpkit.Observe(httpkit.CleanPaths(door.Gated(httpkit.NewGate(shares))),
		slog.New(slog.DiscardHandler), func(httpkit.Info, string, int, time.Duration) {})
}

// Every route has a class with a limit, and a refusal is in this wire's form.
func TestEveryRouteIsShed(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.limit(map[httpkit.Class]httpkit.Share{httpkit.Quick: {}, httpkit.List: {}, httpkit.LogIn: {}})
	for _, route := range occ.Door(c.Service, c.Identity).Routes {
		a := c.do(t, route.Method, strings.ReplaceAll(route.Pattern, "{id}", "or-100001"), "x", "{}")
		code := "503"
		if route.Name == "listOrganizations" || route.Name == "listOrganizationRequests" {
			code = "100019"
		}
		wantError(t, route.Name, a, 503, code)
		if a.header.Get("Retry-After") != "1" {
			t.Errorf("%s: Retry-After is %q", route.Name, a.header.Get("Retry-After"))
		}
		if log := route.Name == "login" ||
			route.Name == "mfalogin"; log != (a.text("error") == "temporarily_unavailable") {
			t.Errorf("%s: got %s", route.Name, a.body)
		}
		if list := strings.HasPrefix(route.Name, "listOrg") ||
			route.Name == "getApplicationIDs"; list != (route.Class == httpkit.List) {
			t.Errorf("%s is of the class %s", route.Name, route.Class)
		}
	}
}

// Many log-ins with a password at once do not block log-ins with keys or reads. The class depends on the
// body, not on the route.
func TestPasswordsHaveAShareOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.limit(map[httpkit.Class]httpkit.Share{httpkit.Quick: {Slots: 1}, httpkit.LogIn: {}})
	form := url.Values{"grant_type": {"password"}, "username": {c.Admin},
		"password": {c.AdminPassword.Reveal()}, "totp_code": {"123456"}}
	for _, path := range []string{"/login", "/mfalogin"} {
		wantError(t, path, c.do(t, "POST", admin+path, "", form.Encode(), formType), 503, "503")
	}
	key := c.Application(t, "a").KeyText.Reveal()
	token := c.application(t, admin, key)
	if a := c.do(t, "POST", admin+"/verify", token, ""); a.status != 200 {
		t.Errorf("a read: %d %s", a.status, a.body)
	}
	if a := c.do(t, "POST", admin+"/mfalogin", key, "grant_type=client_credentials", formType); a.status != 200 {
		t.Errorf("a key on mfalogin: %d %s", a.status, a.body)
	}
}

// A refusal says when to try again, as far as that is known.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	for wait, want := range map[time.Duration]string{0: "1", 2500 * time.Millisecond: "3"} {
		c.Store.Fail("Organizations", &problem.Error{Kind: problem.Unavailable, Message: "Later.",
			RetryAfter: wait})
		a := c.do(t, "GET", admin+"/organizations", token, "")
		if got := a.header.Get("Retry-After"); a.status != 503 || got != want {
			t.Errorf("after %v: got %d with Retry-After %q, want %q", wait, a.status, got, want)
		}
	}
}
