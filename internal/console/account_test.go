// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// People see their sessions, end one of them, or all with their tokens.
func TestOwnSessions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	password := d.Operator(t, "ann", tenancy.Auditor, tenancy.RootID)
	here, there := d.browser(t), d.browser(t)
	here.header.Set("User-Agent", "Here/1.0 <script>")
	there.header.Set("User-Agent", "There/2.0 "+strings.Repeat("x", 300))
	phone := d.browser(t)
	phone.header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/150.0.0.0 Mobile Safari/537.36")
	phone.signIn(d.Admin, d.AdminPassword).get("/console/account").has(http.StatusOK, "Chrome, Android")
	here.signIn("ann", password)
	there.signIn("ann", password)
	a := here.get("/console/account").has(http.StatusOK, "ann", "Auditor", "Here/1.0 &lt;script&gt;",
		"There/2.0", "This one", "your password alone signs you in")
	ids := regexp.MustCompile(`name="session" value="([^"]+)"`).FindAllStringSubmatch(a.body, -1)
	if len(ids) != 2 {
		t.Fatalf("there are %d sessions in %s", len(ids), a.body)
	}
	own := regexp.MustCompile(`This one[\s\S]*?name="session" value="([^"]+)"`).FindStringSubmatch(a.body)[1]
	for _, id := range ids {
		if id[1] != own {
			d.admin(t).post("/console/account/sessions/end", url.Values{"session": {id[1]}}).
				redirects("/console/account")
			there.get("/console").has(http.StatusOK) // it is not the administrator's
			here.post("/console/account/sessions/end", url.Values{"session": {id[1]}}).redirects("/console/account")
		}
	}
	there.get("/console").redirects("/console/sign-in")
	here.get("/console/account").has(http.StatusOK, "The session has ended.").lacks("There/2.0")
	here.post("/console/account/sessions/end", url.Values{"session": {own}}).redirects("/console/sign-in")
	here.get("/console").redirects("/console/sign-in")

	here.signIn("ann", password)
	caller := d.OperatorCaller(t, "ann", password)
	here.post("/console/account/sessions/end-all", url.Values{}).redirects("/console/sign-in")
	here.get("/console").redirects("/console/sign-in")
	tenancytest.WantKind(t, "a token", d.Logout(context.Background(), caller), problem.Unauthenticated, "")
}

// The password is changed with the old one, and all sessions end.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	password, next := d.Operator(t, "ann", tenancy.Auditor, tenancy.RootID), "correct horse battery"
	b := d.browser(t).signIn("ann", password)
	form := func(old, next, again string) url.Values {
		return url.Values{"oldPassword": {old}, "password": {next}, "repeated": {again}}
	}
	const path = "/console/account/password"
	b.get(path).has(http.StatusOK, "Present password", `autocomplete="new-password"`)
	for _, one := range []struct {
		form url.Values
		want string
	}{
		{form(password.Reveal(), next, next+"!"), `id="e-repeated">This is not the same as the new password.`},
		{form(password.Reveal(), "short", "short"), `id="e-password">The password must be 12 characters`},
		{form("", next, next), `id="e-oldPassword">Present password is required.`},
		{form("wrong-password", next, next), `id="e-oldPassword">The password or the one-time code is not right.`},
	} {
		a := b.post(path, one.form).lacks(next, password.Reveal(), "wrong-password")
		if a.status < 400 || !strings.Contains(a.body, one.want) {
			t.Errorf("%v: %d, want %s in %s", one.form, a.status, one.want, a.body)
		}
	}
	b.get("/console").has(http.StatusOK)
	b.post(path, form(password.Reveal(), next, next)).redirects("/console/sign-in")
	b.get("/console/sign-in").has(http.StatusOK, "The password is changed.")
	b.get("/console").redirects("/console/sign-in")
	b.signIn("ann", secret.Of(next))
}

// A second factor is set up, used, gets new recovery codes and is removed.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	password := d.Operator(t, "ann", tenancy.Auditor, tenancy.RootID)
	b := d.browser(t).signIn("ann", password)
	const path = "/console/account/second-factor"
	b.get(path).has(http.StatusOK, "An app on your phone")
	b.post(path, url.Values{"password": {"wrong"}}).has(http.StatusForbidden, `id="e-password"`).
		lacks("data:image")
	started := b.post(path, url.Values{"password": {password.Reveal()}}).has(http.StatusOK, "Scan this picture",
		"data:image/svg")
	text := regexp.MustCompile(`<code class="code">([A-Z2-7]+)</code>`).FindStringSubmatch(started.body)[1]
	picture := regexp.MustCompile(`base64,([^"]+)"`).FindStringSubmatch(started.body)[1]
	if svg, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(picture, "&#43;", "+")); err != nil ||
		!strings.HasPrefix(string(svg), "<svg ") {
		t.Errorf("the picture is %q (%v)", svg, err)
	}
	code := func() string {
		d.Clock.Advance(30 * time.Second)
		one, err := secret.TOTPCode(secret.Of(text), d.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return one
	}
	b.post(path+"/confirm", url.Values{"code": {"000000"}}).has(http.StatusForbidden, `id="e-code"`).lacks(text)
	b.post(path+"/confirm", url.Values{"code": {"x"}}).has(http.StatusUnprocessableEntity, `id="e-code"`)
	codes := b.post(path+"/confirm", url.Values{"code": {code()}}).has(http.StatusOK, "All your sessions have ended",
		"They are not shown again")
	b.get("/console").redirects("/console/sign-in")
	recovery := regexp.MustCompile(`<li>([^<]+)</li>`).FindAllStringSubmatch(codes.body, -1)
	if len(recovery) != 10 {
		t.Fatalf("there are %d recovery codes in %s", len(recovery), codes.body)
	}
	in := login("ann", password.Reveal())
	b.post("/console/sign-in", in).has(http.StatusForbidden)
	in.Set("code", recovery[0][1])
	b.post("/console/sign-in", in).redirects("/console")
	b.get(path).redirects("/console/account")
	d.browser(t).post("/console/sign-in", in).has(http.StatusForbidden) // once

	own := func(code string) url.Values { return url.Values{"password": {password.Reveal()}, "code": {code}} }
	b.post("/console/account/recovery-codes", own("000000")).has(http.StatusForbidden, "is not right")
	renewed := b.post("/console/account/recovery-codes", own(code())).has(http.StatusOK, "Recovery codes")
	if strings.Contains(renewed.body, recovery[1][1]) {
		t.Error("a former code is shown")
	}
	b.get(path+"/remove").has(http.StatusOK, "the password alone signs you in")
	b.post(path+"/remove", own("")).has(http.StatusUnprocessableEntity, `id="e-code"`)
	b.post(path+"/remove", own(code())).redirects("/console/sign-in")
	b.signIn("ann", password)
	b.get("/console/account").has(http.StatusOK, "Not set up")
	b.post(path+"/remove", own(code())).has(http.StatusConflict, "There is no second factor.")
}
