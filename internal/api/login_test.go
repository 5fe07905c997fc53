// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"testing"
	"time"

	"gatehouse/internal/tenancytest"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	login := func(password string, more ...any) answer {
		return d.post(t, "", "/login", body(append([]any{"username", d.Admin, "password", password}, more...)...))
	}
	a := d.want(t, login(d.AdminPassword.Reveal()), 200)
	if a.text("tokenType") != "Bearer" || a.json["expiresIn"] != 900.0 || len(a.json) != 3 {
		t.Errorf("the token is %s", a.body)
	}
	token := a.text("accessToken")
	a = login("wrong")
	if wantProblem(t, a, 401, "invalid_credentials"); a.header.Get("WWW-Authenticate") == "" {
		t.Error("401 without a challenge")
	}
	wantProblem(t, login(d.AdminPassword.Reveal(), "colour", 1), 400, "unknown_member")
	wantProblem(t, d.post(t, "", "/login?username=admin", "{}"), 400, "unknown_parameter")

	d.want(t, d.get(t, token, "/clients"), 200)
	d.want(t, d.post(t, token, "/logout", ""), 204)
	wantProblem(t, d.get(t, token, "/clients"), 401, "invalid_token")
	wantProblem(t, d.post(t, token, "/logout", ""), 401, "invalid_token")
	d.want(t, d.get(t, d.admin, "/clients"), 200) // another log-in lives on
	d.Clock.Advance(15 * time.Minute)
	wantProblem(t, d.get(t, d.admin, "/clients"), 401, "invalid_token")
}

// A token of another wire is none here.
func TestTokenOfAnotherWire(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	a := d.Application(t, "shop")
	token, err := d.LoginWithKey(t.Context(), d.Anyone(), a.KeyText.Reveal(), tenancytest.Tree)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, d.get(t, token.Text.Reveal(), "/clients"), 401, "invalid_token")
}

func TestTooManyLogins(t *testing.T) {
	t.Parallel()
	d := newDoor(t, tenancytest.Limits)
	for range 30 {
		a := d.post(t, "", "/login", body("username", d.Admin, "password", "wrong"))
		if a.status == 401 {
			continue
		}
		if wantProblem(t, a, 429, a.text("code")); a.header.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
		return
	}
	t.Error("thirty wrong passwords were checked")
}
