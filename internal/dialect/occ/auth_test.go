// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func TestLoginForms(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	key := c.Application(t, "app").KeyText.Reveal()
	for name, r := range map[string]struct{ path, body, header string }{
		"form body":         {admin + "/login", "grant_type=client_credentials", formType},
		"trailing slash":    {admin + "/login/", "grant_type=client_credentials", formType},
		"doubled slash":     {"//ccadmin/v1//login", "grant_type=client_credentials", formType},
		"charset":           {admin + "/login", "grant_type=client_credentials", formType + "; charset=UTF-8"},
		"query, empty body": {admin + "/login?grant_type=client_credentials", "", "X-Nothing: x"},
		"query, empty object": {admin + "/login?grant_type=client_credentials", "{}",
			"Content-Type: application/json"},
		"query and body": {admin + "/login?grant_type=client_credentials", "grant_type=client_credentials",
			formType},
		"storefront tree":    {app + "/login", "grant_type=client_credentials", formType},
		"agent tree":         {agent + "/login", "grant_type=client_credentials", formType},
		"type left unsaid":   {admin + "/login", "grant_type=client_credentials", "Content-Type: "},
		"mfalogin":           {admin + "/mfalogin", "grant_type=client_credentials", formType},
		"mfalogin, by query": {admin + "/mfalogin?grant_type=client_credentials", "", "X-Nothing: x"},
		"mfalogin, a code": {"/ccadminui/v1/mfalogin", "grant_type=client_credentials&totp_code=123456",
			formType},
		"vendor's own header": {admin + "/login", "grant_type=client_credentials&totp_code=", formType},
	} {
		a := c.do(t, "POST", r.path, key, r.body, r.header)
		if a.status != 200 || a.text("access_token") == "" || a.text("token_type") != "bearer" ||
			a.json["expires_in"] != 300.0 {
			t.Errorf("%s: got %d %s", name, a.status, a.body)
		}
		if a.header.Get("Set-Cookie") == "" {
			t.Errorf("%s: no cookie is set", name)
		}
	}
	form := url.Values{"grant_type": {"password"}, "username": {c.Admin},
		"password": {c.AdminPassword.Reveal()}}.Encode()
	a := c.do(t, "POST", admin+"/login", "", form, formType)
	if a.status != 200 || a.json["expires_in"] != 900.0 || !strings.Contains(a.body,
		`"href":"http://localhost:9080/ccadmin/v1/login"`) {
		t.Errorf("operator: got %d %s", a.status, a.body)
	}
}

func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	key := c.Application(t, "app").KeyText.Reveal()
	good := url.Values{"username": {c.Admin}, "password": {c.AdminPassword.Reveal()}}.Encode()
	for name, r := range map[string]struct {
		path, token, body, header string
		status                    int
		oauth                     string
	}{
		"no grant type": {admin + "/login", key, "", formType, 400, "invalid_request"},
		"unknown grant type": {admin + "/login", key, "grant_type=implicit", formType, 400,
			"unsupported_grant_type"},
		"two grant types": {admin + "/login?grant_type=password", key, "grant_type=client_credentials",
			formType, 400, "invalid_request"},
		"JSON": {admin + "/login", key, `{"grant_type":"client_credentials"}`,
			"Content-Type: application/json", 415, "invalid_request"},
		"broken form":  {admin + "/login", key, "grant_type=%zz", formType, 400, "invalid_request"},
		"broken query": {admin + "/login?a=%zz", key, "", formType, 400, "invalid_request"},
		"huge": {admin + "/login", key, strings.Repeat("a", 1<<17), formType, 413,
			"invalid_request"},
		"no key": {admin + "/login", "", "grant_type=client_credentials", formType, 401,
			"invalid_grant"},
		"rubbish for a key": {admin + "/login", "a.b.c", "grant_type=client_credentials", formType, 401,
			"invalid_grant"},
		"key cut": {admin + "/login", key[:len(key)-2], "grant_type=client_credentials", formType,
			401, "invalid_grant"},
		"wrong password": {admin + "/login", "", "grant_type=password&username=admin&password=x",
			formType, 401, "invalid_grant"},
		"no password": {admin + "/login", "", "grant_type=password&username=admin", formType, 400,
			"invalid_request"},
		"no user": {admin + "/login", "", "grant_type=password&password=x", formType, 400,
			"invalid_request"},
		"password in the address": {admin + "/login?" + good, "", "grant_type=password", formType, 400,
			"invalid_request"},
		"password on ccapp": {app + "/login", "", "grant_type=password&" + good, formType, 400,
			"unsupported_grant_type"},
		"password on ccappagent": {appagent + "/login", "", "grant_type=password&" + good, formType, 400,
			"unsupported_grant_type"},
		"mfa without a code": {admin + "/mfalogin", "", "grant_type=password&" + good, formType, 400,
			"invalid_request"},
		"mfa with five digits": {admin + "/mfalogin", "", "grant_type=password&totp_code=12345&" + good,
			formType, 400, "invalid_request"},
		"mfa with a wrong password": {admin + "/mfalogin", "",
			"grant_type=password&totp_code=123456&username=admin&password=x", formType, 401, "invalid_grant"},
		"mfa with another grant": {admin + "/mfalogin", key, "grant_type=implicit&totp_code=123456", formType,
			400, "unsupported_grant_type"},
		"mfa without a grant": {admin + "/mfalogin", key, "totp_code=123456&" + good, formType, 400,
			"invalid_request"},
		"mfa without a key": {admin + "/mfalogin", "", "grant_type=client_credentials", formType, 401,
			"invalid_grant"},
		"mfa, a code for a key": {admin + "/mfalogin", "", "grant_type=client_credentials&totp_code=123456&" +
			good, formType, 401, "invalid_grant"},
		"mfa, code in the address": {admin + "/mfalogin?totp_code=123456", key, "grant_type=client_credentials",
			formType, 400, "invalid_request"},
		"an access token for a key": {admin + "/login", c.admin(t, admin), "grant_type=client_credentials",
			formType, 401, "invalid_grant"},
	} {
		a := c.do(t, "POST", r.path, r.token, r.body, r.header)
		wantError(t, name, a, r.status, fmt.Sprint(r.status))
		if a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: a cookie is set", name)
		}
		if a.text("error") != r.oauth {
			t.Errorf("%s: error is %q, want %q", name, a.text("error"), r.oauth)
		}
		if r.status == 401 && a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: no WWW-Authenticate", name)
		}
	}
}

// The tree for programs that do an agent's work is only for them, and has tokens of its own.
func TestCCAppAgent(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.file(t, "Birch", "")
	token := c.application(t, appagent, c.Application(t, "a").KeyText.Reveal())
	for _, path := range []string{"/organizations", "/organizationRequests", "/organizationRequests/100001"} {
		if a := c.do(t, "GET", appagent+path, token, ""); a.status != 200 ||
			!strings.Contains(a.body, appagent+path) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		wantError(t, path+" on ccagent", c.do(t, "GET", agent+path, token, ""), 401, "401")
	}
	wantError(t, "an operator's token", c.do(t, "GET", appagent+"/organizations", c.admin(t, agent), ""), 401,
		"401")
	for _, path := range []string{"/verify", "/refresh", "/logout"} {
		if a := c.do(t, "POST", appagent+path, token, ""); a.status != 200 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	wantError(t, "after log-out", c.do(t, "POST", appagent+"/verify", token, ""), 401, "401")
}

func TestMFALogin(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	factor := c.Factor(t, c.Admin)
	code, err := secret.TOTPCode(factor, c.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"password"}, "username": {c.Admin},
		"password": {c.AdminPassword.Reveal()}}
	wantError(t, "password alone", c.do(t, "POST", admin+"/login", "", form.Encode(), formType), 401, "401")
	form.Set("totp_code", code)
	wantError(t, "code on login", c.do(t, "POST", admin+"/login", "", form.Encode(), formType), 401, "401")
	a := c.do(t, "POST", admin+"/mfalogin", "", form.Encode(), formType)
	if a.status != 200 || a.json["expires_in"] != 900.0 {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	if v := c.do(t, "POST", admin+"/verify", a.text("access_token"), ""); v.json["success"] != true {
		t.Errorf("verify: %d %s", v.status, v.body)
	}
	wantError(t, "the code again", c.do(t, "POST", admin+"/mfalogin", "", form.Encode(), formType), 401,
		"401")
	c.Clock.Advance(time.Minute)
	if code, err = secret.TOTPCode(factor, c.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	form.Set("totp_code", strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code))
	wantError(t, "other digits", c.do(t, "POST", admin+"/mfalogin", "", form.Encode(), formType), 401, "401")
	form.Set("totp_code", code[:3]+" "+code[3:])
	if a := c.do(t, "POST", admin+"/mfalogin", "", form.Encode(), formType); a.status != 200 {
		t.Errorf("with a blank: %d %s", a.status, a.body)
	}
}

// Public programs log in with mfalogin even without a second factor, and send a fixed code.
func TestMFALoginWithoutSecondFactor(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, c *client) {
		for code, status := range map[string]int{"123456": 200, "000000": 200, "123 456": 200,
			" 123456\n": 200, "12345": 400, "abcdef": 400, " ": 400} {
			form := url.Values{"grant_type": {"password"}, "username": {c.Admin},
				"password": {c.AdminPassword.Reveal()}, "totp_code": {code}}
			a := c.do(t, "POST", admin+"/mfalogin", "", form.Encode(), formType)
			if a.status != status || status == 200 && a.json["expires_in"] != 900.0 || status == 400 &&
				a.text("o:errorPath") != "totp_code" {
				t.Errorf("%q: got %d %s, want %d", code, a.status, a.body, status)
			}
		}
	})
}

// A key has the same limits on mfalogin as on login.
func TestKeyFailuresOnMFALogin(t *testing.T) {
	t.Parallel()
	c := newClient(t, tenancytest.Limits)
	key := c.Application(t, "app").KeyText.Reveal()
	var last answer
	for i := range 60 {
		last = c.do(t, "POST", admin+[]string{"/login", "/mfalogin"}[i%2], "x.y.z",
			"grant_type=client_credentials", formType)
	}
	wantError(t, "too many", last, 429, "429")
	if a := c.do(t, "POST", admin+"/mfalogin", key, "grant_type=client_credentials",
		formType); a.status != 200 || a.json["expires_in"] != 300.0 {
		t.Errorf("the right key: %d %s", a.status, a.body)
	}
}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	first := c.application(t, app, c.Application(t, "app").KeyText.Reveal())
	for _, body := range []string{"", "{}", "anything"} { // clients send all of these
		if a := c.do(t, "POST", app+"/verify", first, body); a.status != 200 || a.body != `{"success":true}` {
			t.Errorf("verify: %d %s", a.status, a.body)
		}
	}
	c.Clock.Advance(4 * time.Minute)
	a := c.do(t, "POST", app+"/refresh", first, "{}")
	if a.status != 200 || a.json["expires_in"] != 300.0 || a.text("token_type") != "bearer" {
		t.Fatalf("refresh: %d %s", a.status, a.body)
	}
	second := a.text("access_token")
	c.Clock.Advance(time.Minute)
	wantError(t, "the first, expired", c.do(t, "POST", app+"/verify", first, ""), 401, "401")
	wantError(t, "refresh of an expired one", c.do(t, "POST", app+"/refresh", first, ""), 401, "401")
	if a := c.do(t, "POST", app+"/logout", second, ""); a.status != 200 || a.body != `{"result":true}` {
		t.Errorf("log-out: %d %s", a.status, a.body)
	}
	wantError(t, "after the log-out", c.do(t, "POST", app+"/verify", second, ""), 401, "401")
	wantError(t, "log-out twice", c.do(t, "POST", app+"/logout", second, ""), 401, "401")
}

func TestLockedLoginSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	c := newClient(t, tenancytest.Limits)
	for range 5 {
		wantError(t, "guess", c.do(t, "POST", admin+"/login", "",
			"grant_type=password&username=admin&password=x", formType), 401, "401")
	}
	a := c.do(t, "POST", admin+"/login", "",
		"grant_type=password&username=admin&password="+url.QueryEscape(c.AdminPassword.Reveal()), formType)
	wantError(t, "locked", a, 429, "429")
	if a.header.Get("Retry-After") != "15" || a.text("error") == "" {
		t.Errorf("Retry-After %q, error %q", a.header.Get("Retry-After"), a.text("error"))
	}
}

// An application's token of ccadmin is valid on the trees of agents. No other token is valid on another tree.
func TestTokensOnOtherTrees(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	org := c.Organization(t, "Birch")
	member := c.Operator(t, "member", tenancy.Administrator, org.ID)
	key := c.Application(t, "app").KeyText.Reveal()
	type from struct{ tree, party string }
	tokens := map[from]string{}
	for _, tree := range []string{admin, app, agent, appagent} {
		tokens[from{tree, "application"}] = c.application(t, tree, key)
	}
	for _, tree := range []string{admin, agent, store} {
		tokens[from{tree, "operator"}] = c.operator(t, tree, "member", member)
	}
	for source, token := range tokens {
		for _, root := range []string{admin, app, agent, appagent, store, "/ccadminui/v1", "/ccagentui/v1"} {
			tree := strings.Replace(root, "ui/", "/", 1)
			crosses := source == from{admin, "application"} && (tree == agent || tree == appagent)
			want := 401
			if tree == source.tree || crosses {
				want = 200
			}
			for _, call := range [][2]string{{"GET", "/organizations"}, {"POST", "/verify"},
				{"POST", "/refresh"}} {
				if a := c.do(t, call[0], root+call[1], token, ""); a.status != want {
					t.Errorf("%s %s with an %s's token of %s: got %d %s, want %d", call[0], root+call[1],
						source.party, source.tree, a.status, a.body, want)
				}
			}
		}
	}
}

// A token that is used on another tree is refreshed for its own tree, and its end is its end on all trees.
func TestTokenOnOtherTreeEnds(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	first := c.application(t, admin, c.Application(t, "app").KeyText.Reveal())
	second := c.do(t, "POST", agent+"/refresh", first, "").text("access_token")
	for tree, want := range map[string]int{admin: 200, agent: 200, appagent: 200, app: 401} {
		if a := c.do(t, "POST", tree+"/verify", second, ""); a.status != want {
			t.Errorf("refreshed on ccagent, on %s: got %d %s, want %d", tree, a.status, a.body, want)
		}
	}
	if a := c.do(t, "POST", appagent+"/logout", first, ""); a.status != 200 {
		t.Fatalf("log-out: %d %s", a.status, a.body)
	}
	for _, tree := range []string{admin, agent, appagent} {
		wantError(t, "after the log-out, on "+tree, c.do(t, "POST", tree+"/verify", first, ""), 401, "401")
	}
	c.Clock.Advance(5 * time.Minute)
	for _, tree := range []string{admin, agent, appagent} {
		wantError(t, "after its end, on "+tree, c.do(t, "POST", tree+"/verify", second, ""), 401, "401")
	}
}

// Each of these tokens must be refused everywhere, for one reason.
func TestForeignTokens(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	key := c.Application(t, "app").KeyText.Reveal()
	other := newClient(t) // another server, another master key
	parts := strings.Split(token, ".")
	session, err := c.StartSession(t.Context(), c.Anyone(), identity.StartSessionParams{Username: c.Admin,
		Password: c.AdminPassword})
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"none": "", "rubbish": "x", "of another tree": c.admin(t, agent),
		"an application's of another tree": c.application(t, agent, key), "an application key": key,
		"of another server": other.admin(t, admin), "of another wire": session.Text.Reveal(),
		"cut": token[:len(token)-1], "no signature": parts[0] + "." + parts[1] + ".",
		"alg none": "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + parts[1] + ".",
		"huge":     strings.Repeat("A", 1<<20), "upper case": strings.ToUpper(token),
	} {
		a := c.do(t, "GET", admin+"/organizations", bad, "")
		wantError(t, name, a, 401, "401")
	}
	for _, header := range []string{"Authorization: Basic " + token, "Authorization: " + token,
		"Authorization: Bearer", "Authtoken: " + token} {
		wantError(t, header[:20], c.do(t, "GET", admin+"/organizations", "", "", header), 401, "401")
	}
	if a := c.do(t, "GET", admin+"/organizations", "", "", "Authorization: bearer   "+token); a.status != 200 {
		t.Errorf("the scheme's letter case matters: %d", a.status)
	}
}
