// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"slices"
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

// A log-in may ask for a token that lives longer or shorter, within the life of a log-in.
func TestLoginLifetime(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		login := func(lifetime string) answer {
			return d.post(t, "", "/login", body("username", d.Admin, "password", d.AdminPassword.Reveal(), "lifetime",
				lifetime))
		}
		token := func(lifetime string, seconds float64) string {
			t.Helper()
			a := d.want(t, login(lifetime), 200)
			if a.json["expiresIn"] != seconds {
				t.Errorf("%s: the token is %s", lifetime, a.body)
			}
			return a.text("accessToken")
		}
		minute, hours, ended := token("1m", 60), token("8h", 28800), token("480m", 28800)
		longest := token("720h", 43200) // a log-in of this server lives 12 hours
		for text, code := range map[string]string{"59s": "bad_token_life", "720h0m1s": "bad_token_life",
			"-8h": "bad_token_life", "0s": "bad_token_life_text", "0": "bad_token_life_text",
			"": "bad_token_life_text", "8": "bad_token_life_text", "8 h": "bad_token_life_text",
			"longest": "bad_token_life_text", "9999999999h": "bad_token_life_text"} {
			if a := login(text); a.status != 400 || !slices.Equal(a.fields(), []string{"lifetime " + code}) {
				t.Errorf("%q: %d %s", text, a.status, a.body)
			}
		}
		d.want(t, d.get(t, minute, "/clients"), 200)
		d.want(t, d.post(t, ended, "/logout", ""), 204)
		wait := func(step time.Duration) {
			d.Clock.Advance(step)
			other := d.login(t, d.Admin, d.AdminPassword.Reveal())
			d.want(t, d.post(t, other, "/logout", ""), 204) // removes log-outs that need not be remembered
		}
		wait(time.Minute)
		wantProblem(t, d.get(t, minute, "/clients"), 401, "invalid_token")
		wait(20 * time.Minute)
		d.want(t, d.get(t, hours, "/clients"), 200)
		wantProblem(t, d.get(t, ended, "/clients"), 401, "invalid_token")
		wait(8*time.Hour - 21*time.Minute - time.Second)
		d.want(t, d.get(t, hours, "/clients"), 200)
		wantProblem(t, d.get(t, ended, "/clients"), 401, "invalid_token")
		wait(2 * time.Second)
		wantProblem(t, d.get(t, hours, "/clients"), 401, "invalid_token")
		d.want(t, d.get(t, longest, "/clients"), 200)
		d.SetLoginLife(8 * time.Hour) // as a SIGHUP does
		d.Clock.Advance(2 * time.Second)
		wantProblem(t, d.get(t, longest, "/clients"), 401, "invalid_token")
		if fresh := d.want(t, login("720h"), 200); fresh.json["expiresIn"] != 28800.0 {
			t.Errorf("with a shorter life of log-ins: %s", fresh.body)
		}
		d.SetLoginLife(5 * time.Minute)
		if a := d.want(t, d.post(t, "", "/login", body("username", d.Admin, "password",
			d.AdminPassword.Reveal())), 200); a.json["expiresIn"] != 300.0 {
			t.Errorf("with the shortest life of log-ins: %s", a.body)
		}
	})
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
