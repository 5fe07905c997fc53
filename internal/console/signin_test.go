// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func login(username, password string) url.Values {
	return url.Values{"username": {username}, "password": {password}}
}

// A session begins with a new id, works until it is signed out, and its token is good for nothing
// else.
func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser(t)
	b.get("/console").redirects("/console/sign-in")
	b.get("/console/sign-in").has(http.StatusOK, "Sign in", "This server controls how organizations get access")
	in := b.post("/console/sign-in", login(d.Admin, d.AdminPassword.Reveal())).redirects("/console")
	c := in.cookie("gatehouse-session")
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 {
		t.Errorf("the cookie is %v", c)
	}
	b.get("/console").has(http.StatusOK, "Overview", "admin", "Sign out")
	b.get("/console/sign-in").redirects("/console")
	ctx := context.Background()
	_, err := d.AuthenticateSession(ctx, d.Anyone().Origin, c.Value)
	tenancytest.WantKind(t, "as a session of another door", err, problem.Unauthenticated, problem.CodeInvalidToken)
	_, err = d.RenewSession(ctx, d.Anyone(), c.Value, "")
	tenancytest.WantKind(t, "renewed", err, problem.Unauthenticated, problem.CodeInvalidToken)
	other, err := d.StartSession(ctx, d.Anyone(), identity.StartSessionParams{Username: d.Admin,
		Password: d.AdminPassword})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.AuthenticateBrowser(ctx, d.Anyone().Origin, other.Text.Reveal())
	tenancytest.WantKind(t, "a session of another door", err, problem.Unauthenticated, problem.CodeInvalidToken)

	again := b.post("/console/sign-in", login(d.Admin, d.AdminPassword.Reveal())).redirects("/console")
	if again.cookie("gatehouse-session").Value == c.Value {
		t.Error("the id is not renewed")
	}
	_, err = d.AuthenticateBrowser(ctx, d.Anyone().Origin, c.Value)
	tenancytest.WantKind(t, "the session before", err, problem.Unauthenticated, problem.CodeInvalidToken)

	out := b.post("/console/sign-out", url.Values{}).redirects("/console/sign-in")
	if out.cookie("gatehouse-session").MaxAge >= 0 {
		t.Error("the cookie stays")
	}
	_, err = d.AuthenticateBrowser(ctx, d.Anyone().Origin, again.cookie("gatehouse-session").Value)
	tenancytest.WantKind(t, "after signing out", err, problem.Unauthenticated, problem.CodeInvalidToken)
	b.get("/console/sign-in").has(http.StatusOK, "You are signed out.")
	b.get("/console/sign-in").lacks("You are signed out.")
	b.post("/console/sign-out", url.Values{}).redirects("/console/sign-in")
}

// Everybody is refused alike, and what was typed stays, except secrets.
func TestSignInRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	password := d.Operator(t, "factored", tenancy.Auditor, tenancy.RootID)
	factor := d.Factor(t, "factored")
	code := func() string {
		text, err := secret.TOTPCode(factor, d.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	b := d.browser(t)
	for name, form := range map[string]url.Values{
		"nobody":         login("nobody", "wrong-password"),
		"wrong password": login(d.Admin, "wrong-password"),
		"without a code": login("factored", password.Reveal()),
		"wrong code":     {"username": {"factored"}, "password": {password.Reveal()}, "code": {"000000"}},
		"empty":          {},
	} {
		a := b.post("/console/sign-in", form).has(http.StatusForbidden,
			"User name, password or one-time code is not right.", `aria-invalid="true"`)
		a.lacks("wrong-password", password.Reveal())
		if user := form.Get("username"); user != "" && !strings.Contains(a.body, `value="`+user+`"`) {
			t.Errorf("%s: the name is not kept: %s", name, a.body)
		}
		if len(a.header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %v", name, a.header["Set-Cookie"])
		}
	}
	b.post("/console/sign-in", url.Values{"username": {"factored"}, "password": {password.Reveal()},
		"code": {"nonsense"}}).has(http.StatusUnprocessableEntity, `id="e-code"`)
	b.post("/console/sign-in", url.Values{"username": {"factored"}, "password": {password.Reveal()},
		"code": {code()}}).redirects("/console")
}

// Guessing is limited as on the other doors.
func TestSignInLimited(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tenancytest.Limits)
	b := d.browser(t)
	for range 20 {
		if a := b.post("/console/sign-in", login(d.Admin, "wrong-password")); a.status != http.StatusForbidden {
			a.has(http.StatusTooManyRequests, "Too many")
			if a.header.Get("Retry-After") == "" {
				t.Error("it does not say when to try again")
			}
			_, err := d.LoginWithPassword(context.Background(), d.Anyone(), identity.LoginParams{Username: d.Admin,
				Password: d.AdminPassword, Audience: tenancytest.Tree})
			tenancytest.WantKind(t, "on another door", err, problem.Exhausted, "")
			return
		}
	}
	t.Error("it is not limited")
}

// A session ends when it is idle, when its log-in has lived its life, and when the operator is stopped.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, end := range map[string]func(*testing.T, *desk, *browser){
		"idle": func(_ *testing.T, d *desk, _ *browser) { d.Clock.Advance(identity.DefaultIdle) },
		"old": func(t *testing.T, d *desk, b *browser) {
			for range 23 {
				d.Clock.Advance(20 * time.Minute)
				b.get("/console").has(http.StatusOK)
			}
			d.Clock.Advance(20 * time.Minute)
		},
		"stopped": func(t *testing.T, d *desk, _ *browser) {
			list, _, err := d.ListOperators(ctx, d.Root(), tenancy.ListParams{Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range list {
				if one.Username == "worker" {
					_, err = d.DisableOperator(ctx, d.Root(), one.ID)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, func(o *tenancytest.Options) { o.LoginLife = 8 * time.Hour })
			b := d.browser(t).signIn("worker", d.Operator(t, "worker", tenancy.Administrator, tenancy.RootID))
			b.get("/console").has(http.StatusOK)
			end(t, d, b)
			b.get("/console/organizations?q=birch").
				redirects("/console/sign-in?next=%2Fconsole%2Forganizations%3Fq%3Dbirch")
			b.post("/console/organizations/new", url.Values{"name": {"late"}}).redirects("/console/sign-in")
		})
	}
}

// The sign-in page leads back to pages of the console only.
func TestNext(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const home = "/console"
	for next, want := range map[string]string{
		"/console/organizations":               "/console/organizations",
		"/console/organizations?q=a%20b":       "/console/organizations?q=a%20b",
		"/console/organizations/or-100001":     "/console/organizations/or-100001",
		"":                                     home,
		"https://evil.example.test/":           home,
		"https://evil.example.test/console":    home,
		"//evil.example.test/console":          home,
		`/\evil.example.test/console`:          home,
		`/console/\evil.example.test`:          home,
		"/console/../v1/organizations":         home,
		"/console/organizations/../../docs":    home,
		"/console//organizations":              home,
		"/console/nothing":                     home,
		"/v1/organizations":                    home,
		"javascript:alert(1)":                  home,
		"/console/organizations\r\nX: y":       home,
		"/console/sign-out":                    home,
		"/console/preferences":                 home,
		"console/organizations":                home,
		"/console/organizations#//evil":        "/console/organizations",
		"/console/" + strings.Repeat("a", 1e4): home,
	} {
		form := login(d.Admin, d.AdminPassword.Reveal())
		form.Set("next", next)
		d.browser(t).post("/console/sign-in", form).redirects(want)
		a := d.browser(t).get("/console/sign-in?next=" + url.QueryEscape(next)).has(http.StatusOK)
		if got := a.hidden("next"); got != strings.ReplaceAll(want, "&", "&amp;") {
			t.Errorf("%q: the form has %q", next, got)
		}
	}
}

// A page of another site can send no form.
func TestForeignForms(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, header := range map[string]http.Header{
		"site":        {"Sec-Fetch-Site": {"cross-site"}},
		"neighbour":   {"Sec-Fetch-Site": {"same-site"}},
		"old browser": {"Origin": {"https://evil.example.test"}},
		"null":        {"Origin": {"null"}},
	} {
		b := d.admin(t)
		b.header = header
		for _, path := range []string{"/console/organizations/new", "/console/sign-in", "/console/sign-out",
			"/console/preferences"} {
			b.post(path, url.Values{"name": {"forged"}, "language": {"de"}}).has(http.StatusForbidden,
				"This form was sent from another site")
		}
		b.header = http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {d.server.URL}}
		b.get("/console/organizations").has(http.StatusOK).lacks("forged")
		if t.Failed() {
			t.Log(name)
		}
	}
}
