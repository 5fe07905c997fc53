// SPDX-License-Identifier: Apache-2.0

package oauth_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

func TestIntrospect(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	c, other := d.client(t), d.client(t)
	token := d.token(t, c)
	ask := func(token string, headers ...string) answer {
		return d.form(t, "/oauth2/introspect", url.Values{"token": {token}, "token_type_hint": {"refresh_token"}},
			headers...)
	}
	a := want(t, ask(token, bearer(d.operator(t))), 200)
	expected := map[string]any{"active": true, "token_type": "Bearer", "client_id": c.id, "sub": c.id,
		"aud": "/v1", "jti": a.text("jti"),
		"iat": 1775116408.0, "exp": 1775117308.0, "client_name": "agent",
		"organization_id": d.organization.ID.String(), "kind": "client"}
	if diff := cmp.Diff(expected, a.json); diff != "" {
		t.Errorf("introspected (-want +got):\n%s", diff)
	}
	if a := want(t, ask(token, basic(c.id, c.key)), 200); a.json["active"] != true {
		t.Errorf("a client about its own token: %s", a.body)
	}
	if a := want(t, ask(d.operator(t), bearer(d.operator(t))), 200); a.text("kind") != "operator" ||
		a.text("client_id") != "" {
		t.Errorf("an operator's token: %s", a.body)
	}
	plum := d.Organization(t, "Plum")
	tenant, err := d.LoginWithPassword(t.Context(), d.Anyone(), identity.LoginParams{Username: "plum",
		Password: d.Operator(t, "plum", tenancy.Administrator, plum.ID), Audience: "/v1"})
	if err != nil {
		t.Fatal(err)
	}
	for what, a := range map[string]answer{
		"of another client":       ask(token, basic(other.id, other.key)),
		"of another organization": ask(token, bearer(tenant.Text.Reveal())),
		"no token":                ask("x", bearer(d.operator(t))),
		"a code":                  ask(d.code, bearer(d.operator(t))),
		"a key":                   ask(c.key, bearer(d.operator(t))),
		"cut":                     ask(token[:len(token)-2], bearer(d.operator(t))),
		"long":                    ask(strings.Repeat("x", 20_000), bearer(d.operator(t))),
	} {
		if a.status != 200 || a.body != `{"active":false}` {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	if _, err := d.RevokeClient(t.Context(), d.Root(), c.id); err != nil {
		t.Fatal(err)
	}
	if a := ask(token, bearer(d.operator(t))); a.body != `{"active":false}` {
		t.Errorf("of a revoked client: %s", a.body)
	}
}

func TestIntrospectRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	c := d.client(t)
	auditor, err := d.LoginWithPassword(t.Context(), d.Anyone(), identity.LoginParams{Username: "aud",
		Password: d.Operator(t, "aud", tenancy.Auditor, tenancy.RootID), Audience: "/v1"})
	if err != nil {
		t.Fatal(err)
	}
	token := url.Values{"token": {"x"}}
	for _, path := range []string{"/oauth2/introspect", "/oauth2/revoke"} {
		wantError(t, "nobody", d.form(t, path, token), 401, "invalid_client")
		wantError(t, "a bad token", d.form(t, path, token, bearer("x")), 401, "invalid_token")
		wantError(t, "a bad key", d.form(t, path, token, basic(c.id, "x")), 401, "invalid_client")
		wantError(t, "no token", d.form(t, path, url.Values{}, basic(c.id, c.key)), 400, "invalid_request")
		wantError(t, "in the query", d.form(t, path+"?token=x", token, basic(c.id, c.key)), 400, "invalid_request")
		wantError(t, "two ways", d.form(t, path, url.Values{"token": {"x"}, "client_id": {c.id},
			"client_secret": {c.key}}, bearer(d.operator(t))), 400, "invalid_request")
		wantError(t, "JSON", d.do(t, "POST", path, "{}", basic(c.id, c.key), jsonType), 400, "invalid_request")
	}
	wantError(t, "an auditor", d.form(t, "/oauth2/introspect", token, bearer(auditor.Text.Reveal())), 403,
		"access_denied")
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		c, other := d.client(t), d.client(t)
		token, spare := d.token(t, c), d.token(t, c)
		revoke := func(token string, c client) {
			t.Helper()
			a := want(t, d.form(t, "/oauth2/revoke", url.Values{"token": {token}}, basic(c.id, c.key)), 200)
			if a.body != "" {
				t.Errorf("revoked: %s", a.body)
			}
		}
		revoke(token, other) // of another: nothing happens, and nothing is told
		revoke("x", c)
		if d.introspect(t, token) != "true" {
			t.Error("another client has ended the token")
		}
		revoke(token, c)
		revoke(token, c)
		if d.introspect(t, token) != "false" || d.introspect(t, spare) != "true" {
			t.Error("the token is not ended, or another is")
		}
		if a := want(t, d.form(t, "/oauth2/revoke", url.Values{"token": {spare}}, bearer(spare)),
			200); a.body != "" || d.introspect(t, spare) != "false" {
			t.Error("a token has not ended itself")
		}
	})
}

// A fault of the store is 500 without its cause.
func TestFaults(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	c := d.client(t)
	for _, method := range []string{"View", "Read", "Update"} {
		d.Store.Fail(method, errors.New("disk on fire"))
	}
	for what, a := range map[string]answer{"token": d.form(t, "/oauth2/token", tokenForm(), basic(c.id, c.key)),
		"register": d.register(t, d.code, map[string]any{}),
		"read":     d.do(t, "GET", "/oauth2/register/"+c.id, "", bearer(c.manage)),
		"end":      d.do(t, "DELETE", "/oauth2/register/"+c.id, "", bearer(c.manage))} {
		if wantError(t, what, a, 500, "server_error"); strings.Contains(a.body, "fire") {
			t.Errorf("%s shows the cause: %s", what, a.body)
		}
	}
}
