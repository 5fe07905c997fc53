// SPDX-License-Identifier: Apache-2.0

package oauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/tenancy"
)

// put changes a registration. A nil value takes a member out.
func (d *door) put(t *testing.T, c client, change map[string]any) answer {
	t.Helper()
	body := map[string]any{"client_id": c.id}
	maps.Copy(body, change)
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return d.do(t, http.MethodPut, "/oauth2/register/"+c.id, string(b), bearer(c.manage), jsonType)
}

func (d *door) last(t *testing.T) string {
	t.Helper()
	events := d.Events(t, d.organization.ID)
	return events[len(events)-1]
}

// A client with a secret changes its name and its method, and nothing else.
func TestUpdateRegistration(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		a := want(t, d.register(t, d.code, map[string]any{"client_name": "agent", "instance_id": "till-1"}), 201)
		c := clientOf(a)
		access := d.token(t, c)
		shown := maps.Clone(a.json)
		delete(shown, "client_secret")
		delete(shown, "client_secret_expires_at")
		for _, step := range []struct {
			change, after map[string]any
		}{
			{map[string]any{"client_name": "agent 7", "token_endpoint_auth_method": "client_secret_post"},
				map[string]any{"client_name": "agent 7", "token_endpoint_auth_method": "client_secret_post"}},
			{map[string]any{"client_name": "agent 7", "token_endpoint_auth_method": "client_secret_post",
				"client_secret": c.key, "instance_id": "till-1",
				"grant_types": []string{"client_credentials"}, "organization_id": "or-7", "state": "revoked",
				"client_uri": "https://example.test"},
				map[string]any{"client_name": "agent 7", "token_endpoint_auth_method": "client_secret_post"}},
			{map[string]any{}, map[string]any{"client_name": "till-1",
				"token_endpoint_auth_method": "client_secret_basic"}},
		} {
			expected := maps.Clone(shown)
			maps.Copy(expected, step.after)
			updated := want(t, d.put(t, c, step.change), 200)
			read := want(t, d.do(t, http.MethodGet, "/oauth2/register/"+c.id, "", bearer(c.manage)), 200)
			if diff := cmp.Diff(expected, updated.json) + cmp.Diff(expected, read.json); diff != "" {
				t.Errorf("after %v (-want +got):\n%s", step.change, diff)
			}
		}
		if d.introspect(t, access) != "true" || d.token(t, c) == "" {
			t.Error("the token or the secret has ended")
		}
		events := strings.Join(d.Events(t, d.organization.ID), " ")
		if n := strings.Count(events, "client.update"); n != 2 { // the second request changed nothing
			t.Errorf("%d events of changes: %s", n, events)
		}
	})
}

// A client that has named a method may use no other.
func TestMethodIsKept(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		named := func(method any) client {
			m := map[string]any{"token_endpoint_auth_method": method}
			if method == nil {
				m = map[string]any{}
			}
			return clientOf(want(t, d.register(t, d.code, m), 201))
		}
		header := func(c client) int { return d.form(t, "/oauth2/token", tokenForm(), basic(c.id, c.key)).status }
		body := func(c client) int {
			return d.form(t, "/oauth2/token", tokenForm("client_id", c.id, "client_secret", c.key)).status
		}
		for _, test := range []struct {
			method       any
			header, body int
		}{{nil, 200, 200}, {"client_secret_basic", 200, 401}, {"client_secret_post", 401, 200}} {
			c := named(test.method)
			for range 2 { // the second time from memory
				if h, b := header(c), body(c); h != test.header || b != test.body {
					t.Errorf("%v: %d by the header and %d by the body, want %d and %d", test.method, h, b, test.header,
						test.body)
				}
			}
			want(t, d.put(t, c, map[string]any{"token_endpoint_auth_method": "client_secret_basic"}), 200)
			if h, b := header(c), body(c); h != 200 || b != 401 {
				t.Errorf("%v, changed: %d by the header and %d by the body", test.method, h, b)
			}
		}
	})
}

// Another key takes the place of the present one at once.
func TestUpdateKey(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		ed, ec := newSigners(t, d)
		logIn := func(s signer) answer {
			return d.form(t, "/oauth2/token", tokenForm("client_assertion", sign(t, s, d.claims(s, nil)),
				"client_assertion_type", assertionType))
		}
		access := want(t, logIn(ed), 200).text("access_token")
		fresh, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		next := signer{ed.client, jwt.SigningMethodES256, fresh, fresh.Public()}
		set := keySet(t, fresh.Public())
		a := want(t, d.put(t, ed.client, map[string]any{"jwks": set,
			"token_endpoint_auth_method": "private_key_jwt"}), 200)
		got, _ := json.Marshal(a.json["jwks"])
		expected, _ := json.Marshal(set)
		if string(got) == "" || a.text("token_endpoint_auth_method") != "private_key_jwt" ||
			len(got) != len(expected) || d.last(t) != "client.update" {
			t.Errorf("changed: %s, %s", a.body, d.last(t))
		}
		wantError(t, "the former key", logIn(ed), 401, "invalid_client")
		want(t, logIn(next), 200)
		want(t, logIn(ec), 200)
		if d.introspect(t, access) != "true" {
			t.Error("an access token ended with the key")
		}
		for what, change := range map[string]map[string]any{
			"no key":         {},
			"two keys":       {"jwks": keySet(t, fresh.Public(), ed.public)},
			"a private key":  {"jwks": keySet(t, fresh)},
			"another method": {"jwks": set, "token_endpoint_auth_method": "client_secret_basic"},
		} {
			wantError(t, what, d.put(t, ed.client, change), 400, "invalid_client_metadata")
		}
		want(t, logIn(next), 200)
	})
}

func TestUpdateRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	c, other := d.client(t), d.client(t)
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	before := want(t, d.do(t, http.MethodGet, "/oauth2/register/"+c.id, "", bearer(c.manage)), 200).body
	for what, change := range map[string]map[string]any{
		"no id":                {"client_id": nil},
		"another's id":         {"client_id": other.id},
		"another's secret":     {"client_secret": other.key},
		"a chosen secret":      {"client_secret": "hunter2"},
		"an empty secret":      {"client_secret": ""},
		"another instance":     {"instance_id": "x"},
		"an empty instance":    {"instance_id": ""},
		"a key":                {"jwks": keySet(t, p256.Public())},
		"signed without a key": {"token_endpoint_auth_method": "private_key_jwt"},
		"no method":            {"token_endpoint_auth_method": "none"},
		"other grant":          {"grant_types": []string{"authorization_code"}},
		"long name":            {"client_name": strings.Repeat("x", 255)},
		"name as a number":     {"client_name": 7},
		"address of keys":      {"jwks_uri": "https://example.test/keys"},
		"its own token":        {"registration_access_token": c.manage},
		"its own address":      {"registration_client_uri": base + "/oauth2/register/" + c.id},
		"the secret's end":     {"client_secret_expires_at": 0},
		"the time":             {"client_id_issued_at": 1775116408},
	} {
		wantError(t, what, d.put(t, c, change), 400, "invalid_client_metadata")
	}
	wantError(t, "software statement", d.put(t, c, map[string]any{"software_statement": "eyJ"}), 400,
		"unapproved_software_statement")
	put := func(body string, headers ...string) answer {
		return d.do(t, http.MethodPut, "/oauth2/register/"+c.id, body, append(headers, bearer(c.manage))...)
	}
	wantError(t, "no body", put("", jsonType), 400, "invalid_client_metadata")
	wantError(t, "a form", put("client_id="+c.id, formType), 400, "invalid_client_metadata")
	if after := want(t, d.do(t, http.MethodGet, "/oauth2/register/"+c.id, "", bearer(c.manage)),
		200).body; after != before {
		t.Errorf("something changed: %s", after)
	}
	d.Store.Fail("Update", errors.New("disk on fire"))
	wantError(t, "a fault", d.put(t, c, map[string]any{"client_name": "x"}), 500, "server_error")
	d.Store.Heal()
	if _, err := d.RevokeClient(t.Context(), d.Root(), c.id); err != nil {
		t.Fatal(err)
	}
	wantError(t, "revoked", d.put(t, c, map[string]any{"client_name": "x"}), 401, "invalid_token")
	_, err = d.UpdateOrganization(t.Context(), d.Root(), d.organization.ID,
		tenancy.UpdateOrganizationParams{Policy: &tenancy.Policy{ApproveEnrolments: true}})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, "pending", d.put(t, d.client(t), map[string]any{"client_name": "x"}), 403, "access_denied")
}

// While its organization is switched off, a client may read and end its registration, and not change it.
func TestUpdateWhileTheOrganizationIsOff(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	c, off := d.client(t), false
	_, err := d.UpdateOrganization(t.Context(), d.Root(), d.organization.ID,
		tenancy.UpdateOrganizationParams{Active: &off})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, "change", d.put(t, c, map[string]any{"client_name": "x"}), 403, "access_denied")
	path := "/oauth2/register/" + c.id
	want(t, d.do(t, http.MethodGet, path, "", bearer(c.manage)), 200)
	want(t, d.do(t, http.MethodDelete, path, "", bearer(c.manage)), 204)
}
