// SPDX-License-Identifier: Apache-2.0

package oauth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func TestMetadata(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	a := want(t, d.do(t, http.MethodGet, "/.well-known/oauth-authorization-server", ""), 200)
	if a.text("issuer") != base || a.text("token_endpoint") != base+"/oauth2/token" ||
		a.text("registration_endpoint") != base+"/oauth2/register" ||
		a.text("introspection_endpoint") != base+"/oauth2/introspect" ||
		a.text("revocation_endpoint") != base+"/oauth2/revoke" {
		t.Errorf("endpoints: %s", a.body)
	}
	methods := []any{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	for _, endpoint := range []string{"token", "introspection", "revocation"} {
		if diff := cmp.Diff(methods, a.json[endpoint+"_endpoint_auth_methods_supported"]); diff != "" {
			t.Errorf("%s: %s", endpoint, diff)
		}
	}
	if diff := cmp.Diff([]any{}, a.json["response_types_supported"]); diff != "" {
		t.Error(diff)
	}
}

func TestWrongPathsAndMethods(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	wantError(t, "nothing", d.do(t, http.MethodGet, "/oauth2/authorize", ""), 404, "invalid_request")
	for path, allow := range map[string]string{"/oauth2/token": "POST", "/oauth2/introspect": "POST",
		"/oauth2/revoke": "POST", "/oauth2/register": "POST",
		"/oauth2/register/x": "DELETE, GET, HEAD, PUT", "/.well-known/oauth-authorization-server": "GET, HEAD"} {
		a := d.do(t, http.MethodPatch, path, "")
		if wantError(t, "PATCH", a, 405, "invalid_request"); a.header.Get("Allow") != allow {
			t.Errorf("%s: Allow %q, want %q", path, a.header.Get("Allow"), allow)
		}
	}
}

func TestRegister(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		a := want(t, d.register(t, d.code, map[string]any{"client_name": "agent",
			"grant_types":   []string{"client_credentials"},
			"redirect_uris": []string{"https://example.test"}, "instance_id": "till-1",
			"token_endpoint_auth_method": "client_secret_post"}), 201)
		id := a.text("client_id")
		expected := map[string]any{"client_id": id, "client_secret": a.text("client_secret"),
			"client_secret_expires_at": 0.0,
			"client_id_issued_at":      1775116408.0, "client_name": "agent",
			"grant_types": []any{"client_credentials"}, "token_endpoint_auth_method": "client_secret_post",
			"registration_access_token": a.text("registration_access_token"),
			"registration_client_uri":   base + "/oauth2/register/" + id, "instance_id": "till-1", "state": "active",
			"organization_id": d.organization.ID.String()}
		if diff := cmp.Diff(expected, a.json); diff != "" {
			t.Errorf("registered (-want +got):\n%s", diff)
		}
		if !strings.HasPrefix(a.text("client_secret"), "GHK") ||
			!strings.HasPrefix(a.text("registration_access_token"), "GHM") {
			t.Error("the secrets have other prefixes")
		}
		again := want(t, d.register(t, d.code, map[string]any{"instance_id": "till-1"}), 201)
		if again.text("client_id") != id || again.text("client_secret") == a.text("client_secret") {
			t.Errorf("the same again: %s", again.body)
		}
		d.manage(t, clientOf(a), clientOf(again))
	})
}

// manage reads and ends a registration. The tokens that went before the present one are
// none.
func (d *door) manage(t *testing.T, former, c client) {
	t.Helper()
	path := "/oauth2/register/" + c.id
	other := d.client(t)
	for what, token := range map[string]string{"none": "", "former": former.manage, "cut": c.manage[:20],
		"of another": other.manage, "key": c.key, "code": d.code, "lower case": strings.ToLower(c.manage)} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			wantError(t, what, d.do(t, method, path, "", bearer(token)), 401, "invalid_token")
		}
	}
	for _, id := range []string{"x", "%00", "%ff", other.id} {
		wantError(t, id, d.do(t, http.MethodGet, "/oauth2/register/"+id, "", bearer(c.manage)), 401,
			"invalid_token")
		wantError(t, id, d.do(t, http.MethodDelete, "/oauth2/register/"+id, "", bearer(c.manage)), 401,
			"invalid_token")
	}
	read := want(t, d.do(t, http.MethodGet, path, "", bearer(c.manage)), 200)
	if read.text("client_id") != c.id || strings.Contains(read.body, "GHK") ||
		read.text("registration_access_token") != c.manage ||
		read.text("token_endpoint_auth_method") != "client_secret_post" || read.text("state") != "active" {
		t.Errorf("read: %s", read.body)
	}
	access := d.token(t, c)
	want(t, d.do(t, http.MethodDelete, path, "", bearer(c.manage)), 204)
	wantError(t, "ended", d.form(t, "/oauth2/token", tokenForm("client_id", c.id, "client_secret", c.key)), 401,
		"invalid_client")
	if d.introspect(t, access) != "false" {
		t.Error("a token of an ended registration is active")
	}
	for _, method := range []string{http.MethodGet, http.MethodPut,
		http.MethodDelete} { // RFC 7592 §2: the token went with it
		wantError(t, "ended: "+method, d.do(t, method, path, "", bearer(c.manage)), 401, "invalid_token")
	}
	events := d.Events(t, d.organization.ID)
	if n := strings.Count(strings.Join(events, " "), "client.revoke"); n != 1 {
		t.Errorf("%d events of the end: %q", n, events)
	}
}

func TestRegisterRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for what, code := range map[string]string{"none": "", "mistyped": d.code + "x",
		"unknown": strings.Replace(d.code, d.code[4:6], "00", 1), "a key": d.client(t).key} {
		a := d.register(t, code, map[string]any{})
		if wantError(t, what, a, 401, "invalid_token"); !strings.Contains(a.header.Get("WWW-Authenticate"),
			`error="invalid_token"`) {
			t.Errorf("%s: the challenge is %q", what, a.header.Get("WWW-Authenticate"))
		}
	}
	for what, c := range map[string]struct{ name, value, code string }{
		"software statement":   {"software_statement", `"eyJ"`, "unapproved_software_statement"},
		"address of keys":      {"jwks_uri", `"https://example.test/keys"`, "invalid_client_metadata"},
		"other grant":          {"grant_types", `["authorization_code"]`, "invalid_client_metadata"},
		"grants as a text":     {"grant_types", `"client_credentials"`, "invalid_client_metadata"},
		"name as a number":     {"client_name", `7`, "invalid_client_metadata"},
		"long name":            {"client_name", `"` + strings.Repeat("x", 255) + `"`, "invalid_client_metadata"},
		"long instance":        {"instance_id", `"` + strings.Repeat("x", 129) + `"`, "invalid_client_metadata"},
		"no method":            {"token_endpoint_auth_method", `"none"`, "invalid_client_metadata"},
		"signed without a key": {"token_endpoint_auth_method", `"private_key_jwt"`, "invalid_client_metadata"},
		"no keys":              {"jwks", `{"keys":[]}`, "invalid_client_metadata"},
		"empty keys":           {"jwks", `{}`, "invalid_client_metadata"},
	} {
		a := d.register(t, d.code, map[string]any{c.name: json.RawMessage(c.value)})
		wantError(t, what, a, 400, c.code)
	}
	post := func(body string, headers ...string) answer {
		return d.do(t, http.MethodPost, "/oauth2/register", body, append(headers, bearer(d.code))...)
	}
	wantError(t, "no body", post("", jsonType), 400, "invalid_client_metadata")
	wantError(t, "a list", post("[]", jsonType), 400, "invalid_client_metadata")
	wantError(t, "twice", post(`{"client_name":"a","client_name":"b"}`, jsonType), 400,
		"invalid_client_metadata")
	wantError(t, "a form", post("client_name=a", formType), 400, "invalid_client_metadata")
	wantError(t, "no type", post("{}"), 400, "invalid_client_metadata")
	wantError(t, "1 MB", post(`{"instance_id":"`+strings.Repeat("x", 1<<20)+`"}`, jsonType), 413,
		"invalid_request")
	wantError(t, "two codes", post("{}", jsonType, bearer(d.code)), 400, "invalid_request")
}

// keySet returns keys as a member of the metadata.
func keySet(t *testing.T, keys ...any) map[string]any {
	t.Helper()
	list := []any{}
	for _, key := range keys {
		list = append(list, jose.JSONWebKey{Key: key})
	}
	return map[string]any{"keys": list}
}

func TestRegisterKeys(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	pub, private, _ := ed25519.GenerateKey(rand.Reader)
	p256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	weak, _ := rsa.GenerateKey(rand.Reader, 2048)
	for what, keys := range map[string]map[string]any{"private": keySet(t, private),
		"P-384": keySet(t, &p384.PublicKey), "RSA": keySet(t, &weak.PublicKey),
		"symmetric": keySet(t, []byte("0123456789abcdef")), "twice the same": keySet(t, pub, pub),
		"two": keySet(t, pub, &p256.PublicKey)} {
		wantError(t, what, d.register(t, d.code, map[string]any{"jwks": keys}), 400, "invalid_client_metadata")
	}
	wantError(t, "basic", d.register(t, d.code, map[string]any{"jwks": keySet(t, pub),
		"token_endpoint_auth_method": "client_secret_basic"}), 400, "invalid_client_metadata")
	a := want(t, d.register(t, d.code, map[string]any{"jwks": keySet(t, pub)}), 201)
	if _, has := a.json["client_secret"]; has || a.text("token_endpoint_auth_method") != "private_key_jwt" ||
		a.text("instance_id") == "" {
		t.Errorf("registered: %s", a.body)
	}
	again := want(t, d.register(t, d.code, map[string]any{"jwks": keySet(t, pub)}), 201)
	if again.text("client_id") != a.text("client_id") {
		t.Error("the same key again is another client")
	}
	read := want(t, d.do(t, http.MethodGet, "/oauth2/register/"+again.text("client_id"), "",
		bearer(again.text("registration_access_token"))), 200)
	if diff := cmp.Diff(a.json["jwks"], read.json["jwks"]); diff != "" ||
		read.text("token_endpoint_auth_method") != "private_key_jwt" {
		t.Errorf("read: %s", read.body)
	}
}

// A client that waits reads its state with its own token, and gets no access token.
func TestRegisterPending(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, err := d.UpdateOrganization(t.Context(), d.Root(), d.organization.ID,
		tenancy.UpdateOrganizationParams{Policy: &tenancy.Policy{ApproveEnrolments: true}})
	if err != nil {
		t.Fatal(err)
	}
	a := want(t, d.register(t, d.code, map[string]any{}), 201)
	c := clientOf(a)
	state := func() string {
		return want(t, d.do(t, http.MethodGet, "/oauth2/register/"+c.id, "", bearer(c.manage)), 200).text("state")
	}
	ask := func() answer {
		return d.form(t, "/oauth2/token", tokenForm("client_id", c.id, "client_secret", c.key))
	}
	if a.text("state") != "pending" || state() != "pending" {
		t.Errorf("it does not wait: %s", a.body)
	}
	wantError(t, "pending", ask(), 401, "invalid_client")
	if _, err := d.ApproveClient(t.Context(), d.Root(), c.id); err != nil {
		t.Fatal(err)
	}
	if state() != "active" {
		t.Error("it is not active")
	}
	want(t, ask(), 200)
}

func TestTooManyRegistrations(t *testing.T) {
	t.Parallel()
	d := newDoor(t, tenancytest.Limits)
	for range 61 {
		if a := d.register(t, "x", map[string]any{}); a.status == 429 {
			if wantError(t, "limit", a, 429, "temporarily_unavailable"); a.header.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
			return
		}
	}
	t.Error("61 refusals within a minute")
}

// With a public URL the addresses of the metadata and of registrations are under it, whatever
// a request says, and an assertion names it as its audience.
func TestPublicURL(t *testing.T) {
	t.Parallel()
	const public = "https://gatehouse.example.test"
	k := tenancytest.New(t)
	d := doorBehind(t, k, httpkit.Proxies{PublicScheme: "https", PublicHost: "gatehouse.example.test"})
	for _, headers := range [][]string{nil, {"Host: evil.example.test"},
		{"X-Forwarded-Host: evil.example.test", "X-Forwarded-Proto: http"},
		{"Forwarded: host=evil.example.test;proto=http"}} {
		a := want(t, d.do(t, http.MethodGet, "/.well-known/oauth-authorization-server", "", headers...), 200)
		if a.text("issuer") != public || strings.Contains(a.body, "evil") || strings.Contains(a.body, base) ||
			a.text("token_endpoint") != public+"/oauth2/token" ||
			a.text("registration_endpoint") != public+"/oauth2/register" {
			t.Errorf("%q: %s", headers, a.body)
		}
		r := want(t, d.do(t, http.MethodPost, "/oauth2/register", "{}",
			append(headers, bearer(d.code), jsonType)...), 201)
		if got := r.text("registration_client_uri"); got != public+"/oauth2/register/"+r.text("client_id") {
			t.Errorf("%q: registered at %s", headers, got)
		}
	}
	ed, _ := newSigners(t, d)
	for audience, status := range map[string]int{public: 200, public + "/oauth2/token": 200, base: 401,
		base + "/oauth2/token":      401,
		"https://evil.example.test": 401, public + "/": 401} {
		text := sign(t, ed, d.claims(ed, jwt.MapClaims{"aud": audience}))
		a := d.form(t, "/oauth2/token", tokenForm("client_assertion", text, "client_assertion_type", assertionType),
			"Host: evil.example.test")
		if a.status != status {
			t.Errorf("audience %s: %d %s, want %d", audience, a.status, a.body, status)
		}
	}
}

// Without a public URL the address of the request counts.
func TestNoPublicURL(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	a := want(t, d.do(t, http.MethodGet, "/.well-known/oauth-authorization-server", "",
		"Host: other.example.test"), 200)
	if a.text("issuer") != "http://other.example.test" {
		t.Errorf("the issuer is %s", a.text("issuer"))
	}
}
