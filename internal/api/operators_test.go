// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// find returns the operator with a user name.
func (d *door) find(t *testing.T, username string) answer {
	t.Helper()
	id := d.want(t, d.get(t, d.admin, "/operators?filter="+url.QueryEscape(`username eq "`+username+`"`)),
		200).items("id")
	if len(id) != 1 {
		t.Fatalf("%s: found %q", username, id)
	}
	return d.want(t, d.get(t, d.admin, "/operators/"+id[0]), 200)
}

const firstPassword, nextPassword = "correct horse battery", "another correct horse"

// operator makes an operator over the API and returns the answer.
func (d *door) operator(t *testing.T, username string, pairs ...any) answer {
	t.Helper()
	all := append([]any{"username", username, "password", firstPassword, "role", "auditor", "organizationId",
		"or-0"}, pairs...)
	return d.want(t, d.post(t, d.admin, "/operators", body(all...)), 201)
}

func TestOperators(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.operator(t, "ada", "displayName", " Ada ")
		path := "/operators/" + made.text("id")
		if made.text("displayName") != "Ada" || made.text("role") != "auditor" ||
			made.text("organizationId") != "or-0" ||
			made.text("state") != "active" || made.json["secondFactor"] != false ||
			strings.Contains(made.body, "assword") {
			t.Errorf("made: %s", made.body)
		}
		ada := d.login(t, "ada", firstPassword)
		for _, ref := range []string{"/operators/me", path, fmt.Sprint("/operators/", made.json["number"])} {
			if a := d.want(t, d.get(t, ada, ref), 200); a.text("id") != made.text("id") ||
				a.header.Get("ETag") != made.header.Get("ETag") {
				t.Errorf("%s: %s", ref, a.body)
			}
		}
		admin := d.find(t, d.Admin).text("id")
		wantProblem(t, d.get(t, ada, "/operators/"+admin), 404, "operator_not_found")
		wantProblem(t, d.patch(t, ada, path, `{"role":"administrator"}`), 403, "permission_missing")
		if a := d.want(t, d.patch(t, ada, "/operators/me", `{"displayName":"A. B."}`),
			200); a.text("displayName") != "A. B." {
			t.Errorf("its own name: %s", a.body)
		}
		d.want(t, d.get(t, ada, "/clients"), 200)
		a := d.want(t, d.patch(t, d.admin, path, body("role", "account-manager", "organizationId",
			d.organization.ID.String())), 200)
		if a.text("role") != "account-manager" || a.text("organizationId") != d.organization.ID.String() {
			t.Errorf("changed: %s", a.body)
		}
		wantProblem(t, d.get(t, ada, "/operators/me"), 401, "invalid_token") // what the former role logged in with
		ada = d.login(t, "ada", firstPassword)
		wantProblem(t, d.get(t, ada, "/applications"), 403, "permission_missing") // the narrowed role holds
		if a := d.want(t, d.post(t, d.admin, path+"/disable", ""), 200); a.text("state") != "disabled" {
			t.Errorf("disabled: %s", a.body)
		}
		wantProblem(t, d.get(t, ada, path), 401, "invalid_token")
		wantProblem(t, d.post(t, "", "/login", body("username", "ada", "password", firstPassword)), 401,
			"invalid_credentials")
		d.want(t, d.post(t, d.admin, path+"/enable", ""), 200)
		wantProblem(t, d.get(t, ada, path), 401, "invalid_token")
		ada = d.login(t, "ada", firstPassword)
		d.want(t, d.post(t, ada, "/operators/me/endSessions", ""), 200)
		wantProblem(t, d.get(t, ada, path), 401, "invalid_token")
		for _, last := range []answer{d.do(t, "DELETE", d.admin, "/operators/me", ""),
			d.post(t, d.admin, "/operators/me/disable", ""),
			d.patch(t, d.admin, "/operators/me", `{"role":"auditor"}`),
			d.patch(t, d.admin, "/operators/"+admin, body("organizationId", d.organization.ID.String()))} {
			wantProblem(t, last, 409, "last_administrator")
		}
		d.want(t, d.do(t, "DELETE", d.admin, path, ""), 204)
		for _, r := range operatorRoutes(made.text("id")) {
			if strings.HasPrefix(r.path, path) && !strings.HasSuffix(r.path, "/totp") && r.name != "confirmTOTP" &&
				r.name != "removeTOTP" && r.name != "renewRecoveryCodes" {
				wantProblem(t, d.do(t, r.method, d.admin, r.path, r.body), 404, "operator_not_found")
			}
		}
		if again := d.operator(t, "ada"); again.json["number"] == made.json["number"] ||
			again.text("id") == made.text("id") {
			t.Errorf("the next one with this name: %s", again.body)
		}
	})
}

// A changed password holds when the answer arrives, with no token of a former log-in left.
func TestPasswords(t *testing.T) {
	t.Parallel()
	d := newDoor(t, tenancytest.Limits)
	d.operator(t, "ada")
	ada, path := d.login(t, "ada", firstPassword), "/operators/"+d.find(t, "ada").text("id")
	change := func(token, ref, old, next string) answer {
		if old == "" {
			return d.post(t, token, ref+"/password", body("password", next))
		}
		return d.post(t, token, ref+"/password", body("oldPassword", old, "password", next))
	}
	for sent, field := range map[string]string{`{"password":"` + nextPassword + `"}`: "oldPassword required",
		`{"oldPassword":"x","password":"short"}`: "password password_length"} {
		if a := d.post(t, ada, "/operators/me/password", sent); a.status != 400 ||
			!slices.Equal(a.fields(), []string{field}) {
			t.Errorf("%s: %d %s", sent, a.status, a.body)
		}
	}
	if a := change(d.admin, path, firstPassword, nextPassword); !slices.Equal(a.fields(),
		[]string{"oldPassword own_account_field"}) {
		t.Errorf("another's with the old one: %s", a.body)
	}
	wantProblem(t, change(ada, path, "wrong horse battery", nextPassword), 403, "not_confirmed")
	other := d.login(t, "ada", firstPassword)
	d.want(t, change(ada, path, firstPassword, nextPassword), 204)
	for _, token := range []string{ada, other} {
		wantProblem(t, d.get(t, token, path), 401, "invalid_token")
	}
	wantProblem(t, d.post(t, "", "/login", body("username", "ada", "password", firstPassword)), 401,
		"invalid_credentials")
	ada = d.login(t, "ada", nextPassword)
	d.want(t, change(d.admin, path, "", firstPassword), 204) // by the permission
	wantProblem(t, d.get(t, ada, path), 401, "invalid_token")
	ada = d.login(t, "ada", firstPassword)
	for range 5 {
		wantProblem(t, change(ada, "/operators/me", "wrong horse battery", nextPassword), 403, "not_confirmed")
	}
	locked := change(ada, "/operators/me", firstPassword, nextPassword)
	if wantProblem(t, locked, 429, "too_many_attempts"); locked.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		d.operator(t, "ada")
		path := "/operators/" + d.find(t, "ada").text("id")
		ada := d.login(t, "ada", firstPassword)
		wantProblem(t, d.post(t, d.admin, path+"/totp", body("password", d.AdminPassword.Reveal())), 403,
			"own_account_only")
		wantProblem(t, d.post(t, ada, "/operators/me/totp/confirm", `{"totp":"123456"}`), 409, "totp_not_started")
		if a := d.post(t, ada, "/operators/me/totp", "{}"); !slices.Equal(a.fields(),
			[]string{"password required"}) {
			t.Errorf("begun without a password: %s", a.body)
		}
		wantProblem(t, d.post(t, ada, "/operators/me/totp", body("password", firstPassword+"x")), 403,
			"not_confirmed")
		pending := d.want(t, d.post(t, ada, "/operators/me/totp", body("password", firstPassword)), 201)
		text := secret.Of(pending.text("secret"))
		if !strings.HasPrefix(pending.text("uri"), "otpauth://totp/") || len(pending.json) != 2 {
			t.Errorf("pending: %s", pending.body)
		}
		code := func() string {
			d.Clock.Advance(30 * time.Second)
			c, err := secret.TOTPCode(text, d.Clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if d.find(t, "ada").json["secondFactor"] != false {
			t.Error("it counts before it is confirmed")
		}
		if a := d.post(t, ada, "/operators/me/totp/confirm", `{"totp":"12"}`); !slices.Equal(a.fields(),
			[]string{"totp not_one_time_code"}) {
			t.Errorf("no code: %s", a.body)
		}
		wantProblem(t, d.post(t, ada, "/operators/me/totp/confirm", `{"totp":"000000"}`), 403, "not_confirmed")
		used := code()
		codes := d.want(t, d.post(t, ada, "/operators/me/totp/confirm", body("totp", used)),
			200).texts("recoveryCodes")
		if a := d.find(t, "ada"); a.json["secondFactor"] != true || strings.Contains(a.body, text.Reveal()) {
			t.Errorf("confirmed: %s", a.body)
		}
		login := func(members ...any) answer {
			return d.post(t, "", "/login", body(append([]any{"username", "ada", "password", firstPassword},
				members...)...))
		}
		wantProblem(t, login(), 401, "invalid_credentials")
		wantProblem(t, login("totp", used), 401, "invalid_credentials")
		wantProblem(t, d.get(t, ada, "/operators/me"), 401, "invalid_token") // it was got without the factor
		d.want(t, login("totp", code()), 200)
		d.recovery(t, codes, func() string { return code() })
		ada = d.want(t, login("totp", code()), 200).text("accessToken")
		wantProblem(t, d.post(t, ada, "/operators/me/totp", body("password", firstPassword)), 409, "totp_enrolled")
		remove := func(token string, members ...any) answer {
			return d.post(t, token, path+"/totp/remove", body(members...))
		}
		if a := remove(ada); !slices.Equal(a.fields(), []string{"password required"}) {
			t.Errorf("nothing confirmed: %s", a.body)
		}
		if a := remove(d.admin, "password", firstPassword); !slices.Equal(a.fields(),
			[]string{"password own_account_field"}) {
			t.Errorf("another's: %s", a.body)
		}
		wantProblem(t, remove(ada, "password", firstPassword, "totp", used), 403, "not_confirmed")
		d.want(t, remove(ada, "password", firstPassword, "totp", code()), 204)
		wantProblem(t, d.get(t, ada, "/operators/me"), 401, "invalid_token")
		wantProblem(t, remove(d.admin), 409, "no_totp")
		d.want(t, login(), 200)
	})
}

// recovery uses recovery codes of ada.
func (d *door) recovery(t *testing.T, codes []string, next func() string) {
	t.Helper()
	login := func(members ...any) answer {
		return d.post(t, "", "/login", body(append([]any{"username", "ada", "password", firstPassword},
			members...)...))
	}
	if len(codes) != 10 || len(codes[0]) != 23 {
		t.Fatalf("recovery codes: %d", len(codes))
	}
	for _, bad := range []string{"x", "123456", codes[0] + "0", codes[0][1:], strings.Repeat("-", 200)} {
		if a := login("recoveryCode", bad); a.status != 400 ||
			!slices.Equal(a.fields(), []string{"recoveryCode not_recovery_code"}) {
			t.Errorf("%q: %d %s", bad, a.status, a.body)
		}
	}
	if a := login("recoveryCode", codes[0], "totp", next()); a.status != 400 {
		t.Errorf("two codes: %d", a.status)
	}
	wantProblem(t, login("recoveryCode", "00000-00000-00000-00000"), 401, "invalid_credentials")
	wantProblem(t, d.post(t, "", "/login", body("username", d.Admin, "password", d.AdminPassword.Reveal(),
		"recoveryCode", codes[0])), 401, "invalid_credentials")
	wantProblem(t, d.post(t, "", "/login", body("username", "ada", "password", "not the password",
		"recoveryCode", codes[0])), 401, "invalid_credentials")
	ada := d.want(t, login("recoveryCode", strings.ToLower(strings.ReplaceAll(codes[0], "-", " "))),
		200).text("accessToken")
	wantProblem(t, login("recoveryCode", codes[0]), 401, "invalid_credentials") // each works once
	d.want(t, login("recoveryCode", codes[1]), 200)
	if got := d.Events(t, tenancy.RootID); !slices.Contains(got, "operator.use_recovery_code") {
		t.Errorf("no event: %q", got)
	}
	renew := func(token string, members ...any) answer {
		return d.post(t, token, "/operators/me/recoveryCodes", body(members...))
	}
	wantProblem(t, renew(ada, "password", firstPassword, "totp", "000000"), 403, "not_confirmed")
	wantProblem(t, renew(ada, "password", "not the password", "totp", next()), 403, "not_confirmed")
	if a := renew(ada, "totp", next()); !slices.Equal(a.fields(), []string{"password required"}) {
		t.Errorf("no password: %s", a.body)
	}
	wantProblem(t, renew(ada, "password", firstPassword, "recoveryCode", codes[1]), 403, "not_confirmed") // used
	fresh := d.want(t, renew(ada, "password", firstPassword, "totp", next()), 201).texts("recoveryCodes")
	wantProblem(t, login("recoveryCode", codes[2]), 401, "invalid_credentials") // of before
	d.want(t, login("recoveryCode", fresh[9]), 200)
	last := d.want(t, renew(ada, "password", firstPassword, "recoveryCode", fresh[0]),
		201).texts("recoveryCodes")
	if len(fresh) != 10 || len(last) != 10 || slices.Contains(codes, fresh[0]) ||
		slices.Contains(last, fresh[1]) {
		t.Error("new codes are not new")
	}
	if a := d.find(t, "ada"); strings.Contains(a.body, "ecovery") {
		t.Errorf("shown: %s", a.body)
	}
	wantProblem(t, renew(d.admin, "password", d.AdminPassword.Reveal(), "totp", "123456"), 409, "no_totp")
}

func TestOperatorsInvalid(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	whole := map[string]any{"username": "n", "password": firstPassword, "role": "auditor",
		"organizationId": "or-0"}
	for _, c := range []struct {
		member string
		value  any
		field  string
	}{
		{"organizationId", nil, "organizationId required"}, {"organizationId", "",
			"organizationId bad_organization"},
		{"organizationId", "x", "organizationId bad_organization"}, {"username", "", "username required"},
		{"role", nil, "role bad_role"},
		{"role", "Administrator", "role bad_role"}, {"password", "short", "password password_length"},
		{"password", nil, "password password_length"},
		{"displayName", strings.Repeat("x", 255), "displayName too_long"},
	} {
		var pairs []any
		for name, value := range whole {
			if name != c.member {
				pairs = append(pairs, name, value)
			}
		}
		if c.value != nil {
			pairs = append(pairs, c.member, c.value)
		}
		if a := d.post(t, d.admin, "/operators", body(pairs...)); a.status != 400 ||
			!slices.Equal(a.fields(), []string{c.field}) {
			t.Errorf("%s %v: %d %s", c.member, c.value, a.status, a.body)
		}
	}
	d.operator(t, "Ada")
	wantProblem(t, d.post(t, d.admin, "/operators", body("username", "ada", "password", firstPassword, "role",
		"auditor", "organizationId", "or-0")), 409, "username_taken")
	wantProblem(t, d.post(t, d.admin, "/operators", body("username", "b", "password", firstPassword, "role",
		"auditor", "organizationId", "or-999999")), 404, "organization_not_found")
	for _, ref := range []string{"x", "%00", "%ff", "0", "-1", "100999", strings.Repeat("9", 400)} {
		for _, r := range operatorRoutes(ref) {
			if strings.Contains(r.path, ref) && r.name != "startTOTP" && r.name != "confirmTOTP" &&
				r.name != "removeTOTP" && r.name != "renewRecoveryCodes" {
				wantProblem(t, d.do(t, r.method, d.admin, r.path, r.body), 404, "operator_not_found")
			}
		}
	}
}

// An administrator of an organization administers its people and nobody else's.
func TestOperatorsOfOthers(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	tenant := d.login(t, "tenant", d.Operator(t, "tenant", tenancy.Administrator, d.organization.ID).Reveal())
	d.operator(t, "theirs", "organizationId", d.organization.ID.String())
	admin := d.find(t, d.Admin).text("id")
	if names := d.want(t, d.get(t, tenant, "/operators"), 200).items("username"); !slices.Equal(names,
		[]string{"theirs", "tenant"}) {
		t.Errorf("a tenant sees %q", names)
	}
	for _, r := range operatorRoutes(admin) {
		want, code := 404, "operator_not_found"
		switch r.name {
		case "listOperators":
			continue
		case "createOperator":
			code = "organization_not_found"
		case "startTOTP", "confirmTOTP", "renewRecoveryCodes":
			want, code = 403, "own_account_only"
		case "removeTOTP":
			r.body = `{}`
		}
		wantProblem(t, d.do(t, r.method, tenant, r.path, r.body), want, code)
	}
	path := "/operators/" + d.find(t, "theirs").text("id")
	d.want(t, d.patch(t, tenant, path, `{"role":"administrator"}`), 200)
	wantProblem(t, d.patch(t, tenant, path, `{"organizationId":"or-0"}`), 404, "organization_not_found")
	d.want(t, d.do(t, "DELETE", tenant, path, ""), 204)
}

func TestOperatorPages(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		var all []string
		for i := range 6 {
			all = append(all, d.operator(t, fmt.Sprint("op", i)).text("id"))
		}
		gone := []string{all[4], all[1]}
		n := 0
		d.walk(t, "/operators?count=2", []string{all[0], all[2], all[3], all[5]}, func() {
			d.operator(t, fmt.Sprint("new", n))
			if n++; len(gone) > 0 {
				d.want(t, d.do(t, "DELETE", d.admin, "/operators/"+gone[0], ""), 204)
				gone = gone[1:]
			}
		})
		filtered := "/operators?filter=" + url.QueryEscape(`username sw "OP" and not (username eq "op0")`)
		if names := d.want(t, d.get(t, d.admin, filtered), 200).items("username"); !slices.Equal(names,
			[]string{"op5", "op3", "op2"}) {
			t.Errorf("filtered: %q", names)
		}
		next := d.want(t, d.get(t, d.admin, filtered+"&count=1"), 200).text("nextCursor")
		if names := d.want(t, d.get(t, d.admin, filtered+"&count=1&cursor="+next),
			200).items("username"); !slices.Equal(names, []string{"op3"}) {
			t.Errorf("the next page: %q", names)
		}
		wantProblem(t, d.get(t, d.admin, "/operators?cursor="+next), 400, "bad_cursor")
		for _, bad := range []string{"", "username", `role eq "auditor"`, `username eq "a`, `number eq "x"`,
			strings.Repeat("(", 40)} {
			wantProblem(t, d.get(t, d.admin, "/operators?filter="+url.QueryEscape(bad)), 400, "bad_filter")
		}
	})
}
