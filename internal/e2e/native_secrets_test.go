// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/secret"
)

func basic(id, key string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+key))
}

// nativeLogin returns an access token of the native API.
func (c *client) nativeLogin(password string) string {
	c.t.Helper()
	body := marshal(map[string]string{"username": "admin", "password": password})
	return c.want(c.post("/v1/login", body, jsonType), http.StatusOK, "log in natively").member("accessToken")
}

// issueNative makes every kind of secret of the native API and of the OAuth endpoints, in
// every state, for an organization.
func issueNative(t *testing.T, c *client, organization, password string, add func(needle, string) string) {
	t.Helper()
	code := func(name, text string) string { t.Helper(); return add(newCodeNeedle(name, text), text) }
	token := func(name, text string) string { t.Helper(); return add(newTokenNeedle(name, text), text) }
	random := func(name, text string) string {
		t.Helper()
		return add(newRandomNeedle(name, text, text[3:]),
			text)
	}
	admin := bearer(token("native token", c.nativeLogin(password)))
	ended := token("ended native token", c.nativeLogin(password))
	c.want(c.post("/v1/logout", "", bearer(ended)), http.StatusNoContent, "log out")

	codes := "/v1/organizations/" + organization + "/auth-codes"
	keyed := func() string { // each answer is stored, sealed
		key := secret.NewPassword().Reveal()
		return "Idempotency-Key: " + add(newNeedle("idempotency key", key), key)
	}
	create := func(name, members string) (id, text string) {
		t.Helper()
		a := c.want(c.post(codes, `{"name":"spring","expiresAt":"never","maxUses":"unlimited"`+members+`}`,
			jsonType, admin, keyed()), http.StatusCreated, name)
		return a.member("id"), code(name, a.member("authorizationCode"))
	}
	id, text := create("native code", "")
	if a := c.want(c.post(codes+"/"+id+"/reveal", "", admin), http.StatusOK,
		"reveal"); a.member("authorizationCode") != text {
		t.Error("another code is revealed")
	}
	rotate := func(name, id, overlap string) {
		t.Helper()
		a := c.post(codes+"/"+id+"/rotate", `{"overlap":"`+overlap+`"}`, jsonType, admin, keyed())
		code(name, c.want(a, http.StatusCreated, name).member("authorizationCode"))
	}
	rotate("code after a rotation", id, "72h")
	gone, _ := create("code without an overlap", "")
	rotate("code that took its place", gone, "0s")
	off, _ := create("code that is off", "")
	c.want(c.post(codes+"/"+off+"/disable", "", admin), http.StatusOK, "disable")
	_, canary := create("canary", `,"canary":true`)
	importCodes(t, c, codes, admin, keyed, add)

	issueKeys(t, c, admin, token, keyed)
	issueOperator(t, c, admin, func(name, text string) string { return add(newNeedle(name, text), text) }, token,
		keyed)

	enrol := func(code, instance string) answer {
		return c.post("/v1/enrollments", marshal(map[string]any{"authorizationCode": code,
			"client": map[string]string{"name": "till", "instanceId": instance}}), jsonType, keyed())
	}
	c.want(enrol(canary, "thief"), http.StatusForbidden, "enrol with a canary")
	first := c.want(enrol(text, "till-1"), http.StatusCreated, "enrol")
	random("former client key", first.member("clientKey"))
	random("native registration token", first.member("registrationToken"))
	random("client key", c.want(enrol(text, "till-1"), http.StatusOK, "enrol again").member("clientKey"))
	registered := c.want(c.post("/oauth2/register", `{"client_name":"agent"}`, jsonType, bearer(text)),
		http.StatusCreated, "register")
	client, key := registered.member("client_id"), random("registered key", registered.member("client_secret"))
	useNative(t, c, client, key, random("registration token", registered.member("registration_access_token")),
		admin, token)
}

// importCodes brings codes of another system along, a weak one and another, and uses and ends one.
func importCodes(t *testing.T, c *client, codes, admin string, keyed func() string,
	add func(needle, string) string) {
	t.Helper()
	for name, text := range map[string]string{"imported code": secret.NewPassword().Reveal(),
		"weak imported code": secret.NewPassword().Reveal()[:12]} {
		add(newNeedle(name, text), text)
		a := c.want(c.post(codes, marshal(map[string]any{"name": "old", "maxUses": 2, "authorizationCode": text,
			"expiresAt": time.Now().Add(time.Hour)}), jsonType, admin, keyed()), http.StatusCreated, name)
		if weak := a.member("weak"); weak != strconv.FormatBool(name == "weak imported code") {
			t.Errorf("%s: weak is %s", name, weak)
		}
		c.want(c.post("/oauth2/register", `{"client_name":"old"}`, jsonType, bearer(text)), http.StatusCreated,
			"register with "+name)
		c.want(c.post("/oauth2/register", `{"client_name":"old"}`, jsonType, bearer(text+"x")),
			http.StatusUnauthorized, "register with another text than "+name)
		c.want(c.post(codes+"/"+a.member("id")+"/rotate", `{"overlap":"0s"}`, jsonType, admin),
			http.StatusCreated, "rotate "+name)
	}
}

// issueKeys makes keys of applications in every state.
func issueKeys(t *testing.T, c *client, admin string, token func(name, text string) string,
	keyed func() string) {
	t.Helper()
	a := c.want(c.post("/v1/applications", `{"name":"shop","expiresAt":"never"}`, jsonType, admin, keyed()),
		http.StatusCreated, "register an application")
	path, former := "/v1/applications/"+a.member("id"), token("former native key", a.member("applicationKey"))
	rotate := func(name, overlap string) string {
		t.Helper()
		a := c.post(path+"/rotateKey", `{"overlap":"`+overlap+`"}`, jsonType, admin, keyed())
		return token(name, c.want(a, http.StatusCreated, name).member("applicationKey"))
	}
	form := url.Values{"grant_type": {"client_credentials"}}.Encode()
	for _, key := range []string{rotate("native key", "72h"), former} { // both are good
		got := c.want(c.post("/oauth2/token", form, formType, basic(a.member("id"), key)), http.StatusOK,
			"log in with a key")
		token("application's token", got.member("access_token"))
	}
	rotate("native key without an overlap", "0s")
	rotate("last native key", "72h")
	c.want(c.post(path+"/endOverlap", "", admin), http.StatusOK, "end an overlap")
}

// issueOperator makes an operator with passwords and second factors in every state.
func issueOperator(t *testing.T, c *client, admin string, plain, token func(name, text string) string,
	keyed func() string) {
	t.Helper()
	first, second, reset := plain("first password", secret.NewPassword().Reveal()),
		plain("own new password", secret.NewPassword().Reveal()),
		plain("reset password", secret.NewPassword().Reveal())
	made := c.want(c.post("/v1/operators", marshal(map[string]string{"username": "native-ada", "password": first,
		"role": "auditor", "organizationId": "or-0"}),
		jsonType, admin, keyed()), http.StatusCreated, "make an operator")
	login := func(password string) string {
		t.Helper()
		body := marshal(map[string]string{"username": "native-ada", "password": password})
		return bearer(token("operator's native token", c.want(c.post("/v1/login", body, jsonType), http.StatusOK,
			"log in").member("accessToken")))
	}
	ada := login(first)
	c.want(c.post("/v1/operators/me/password", marshal(map[string]string{"oldPassword": first,
		"password": second}), jsonType, ada), http.StatusNoContent, "change a password")
	c.want(c.post("/v1/operators/"+made.member("id")+"/password", marshal(map[string]string{"password": reset}),
		jsonType, admin), http.StatusNoContent, "reset a password")
	ada = login(reset)
	for _, name := range []string{"replaced second factor", "second factor", "pending second factor"} {
		text := plain(name, c.want(c.post("/v1/operators/me/totp", marshal(map[string]string{"password": reset}),
			jsonType, ada), http.StatusCreated, name).member("secret"))
		if name != "second factor" {
			continue
		}
		code, err := secret.TOTPCode(secret.Of(text), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		a := c.post("/v1/operators/me/totp/confirm", `{"totp":"`+code+`"}`, jsonType, ada)
		var confirmed struct {
			RecoveryCodes []string `json:"recoveryCodes"`
		}
		body := c.want(a, http.StatusOK, "confirm a second factor").body
		if err := json.Unmarshal([]byte(body), &confirmed); err != nil || len(confirmed.RecoveryCodes) == 0 {
			t.Fatalf("recovery codes: %v", err)
		}
		for _, code := range confirmed.RecoveryCodes {
			plain("native recovery code", strings.ReplaceAll(code, "-", ""))
		}
		c.want(c.post("/v1/operators/"+made.member("id")+"/totp/remove", `{}`, jsonType, admin),
			http.StatusNoContent, "remove a second factor")
		ada = login(reset) // the second factor ended what was got without it
	}
}

// useNative makes the secrets of a registered client, and ends its registration.
func useNative(t *testing.T, c *client, client, key, manage, admin string,
	token func(name, text string) string) {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}}.Encode()
	access := token("client's token", c.want(c.post("/oauth2/token", form, formType, basic(client, key)),
		http.StatusOK, "get a token").member("access_token"))
	revoked := token("revoked client's token", c.want(c.post("/oauth2/token", form, formType,
		basic(client, key)), http.StatusOK, "get a token").member("access_token"))
	c.want(c.post("/oauth2/revoke", url.Values{"token": {revoked}}.Encode(), formType, basic(client, key)),
		http.StatusOK, "revoke")
	a := c.post("/oauth2/introspect", url.Values{"token": {access}}.Encode(), formType, admin)
	if c.want(a, http.StatusOK, "introspect").member("active") != "true" {
		t.Error("the client's token is not active")
	}
	c.want(c.get("/oauth2/register/"+client, bearer(manage)), http.StatusOK, "read a registration")
	c.want(c.do(http.MethodDelete, "/oauth2/register/"+client, "", bearer(manage)), http.StatusNoContent,
		"end a registration")
}

// native sends secrets to the native API and the OAuth endpoints where they do not belong.
func (c *canary) native() []provocation {
	k := c.mint
	admin := bearer(c.nativeLogin(c.password))
	var list []provocation
	add := func(name, method, path, body string, want int, headers ...string) {
		list = append(list, provocation{name: name, method: method, path: path, body: body, headers: headers,
			want: want})
	}
	echo := func(name, method, path, body string, want int, headers ...string) {
		add(name, method, path, body, want, headers...)
		list[len(list)-1].echoes = true
	}
	get := func(path string, want int) {
		add("GET on /v1", http.MethodGet, "/v1"+path, "", want, admin)
	}
	get("/"+k("native path"), 404)
	get("/clients/"+k("client id"), 404)
	get("/organizations/"+k("native organization")+"/auth-codes", 404)
	get("/organizations/or-100001/auth-codes/"+k("code id"), 404)
	get("/clients?cursor="+k("cursor"), 400)
	get("/clients?count="+k("count"), 400)
	get("/clients?state="+k("state"), 400)
	get("/clients?organization="+k("organization in the query"), 404)
	echo("an unknown parameter", http.MethodGet, "/v1/clients?"+k("parameter name")+"=1", "", 400, admin)
	add("a made-up native token", http.MethodGet, "/v1/clients", "", 401, bearer(k("native bearer")))
	add("a native ETag", http.MethodPatch, "/v1/clients/x", `{"name":"`+k("native name")+`"}`, 400, jsonType,
		admin, "If-Match: "+k("native etag"))
	add("a native ETag in quotes", http.MethodPatch, "/v1/clients/x", `{"name":"n"}`, 404, jsonType, admin,
		`If-Match: "`+k("quoted etag")+`"`)
	add("a wrong native password", http.MethodPost, "/v1/login",
		`{"username":"`+k("native user")+`","password":"`+k("native password")+`"}`, 401, jsonType)
	add("a native one-time code", http.MethodPost, "/v1/login",
		`{"username":"admin","password":"`+k("native password with code")+`","totp":"`+k("native code")+`"}`, 400,
		jsonType)
	echo("an unknown member", http.MethodPost, "/v1/login", `{"`+k("member name")+`":1}`, 400, jsonType)
	name := k("doubled member")
	echo("a doubled member", http.MethodPost, "/v1/login", `{"`+name+`":1,"`+name+`":2}`, 400, jsonType)
	add("a made-up code", http.MethodPost, "/v1/enrollments",
		`{"authorizationCode":"GHC`+k("made-up code")+`","client":{"name":"`+k("client name")+`","instanceId":"`+
			k("instance")+`"}}`, 403, jsonType)
	add("a key that is private", http.MethodPost, "/v1/enrollments",
		`{"authorizationCode":"x","client":{"name":"n","instanceId":"i","publicKey":{"kty":"OKP","crv":"Ed25519","x":"`+k("x")+`","d":"`+k("d")+`"}}}`, 400, jsonType)
	add("a made-up code to verify", http.MethodPost, "/v1/auth-codes/verify",
		`{"authorizationCode":"GHC`+k("code to verify")+`"}`, 200, jsonType, admin)
	add("an address to verify from", http.MethodPost, "/v1/auth-codes/verify",
		`{"authorizationCode":"x","address":"`+k("address")+`"}`, 400, jsonType, admin)
	add("an expiry", http.MethodPost, "/v1/organizations/or-100001/auth-codes",
		`{"name":"n","maxUses":1,"expiresAt":"`+k("expiry")+`"}`, 400, jsonType, admin)
	add("a network", http.MethodPost, "/v1/organizations/or-100001/auth-codes",
		`{"name":"n","maxUses":1,"expiresAt":"never","cidrs":["`+k("network")+`"]}`, 400, jsonType, admin)
	made := `{"name":"n","maxUses":1,"expiresAt":"never"}`
	add("a bad idempotency key", http.MethodPost, "/v1/organizations/or-100001/auth-codes", made, 400, jsonType,
		admin, "Idempotency-Key: "+k("bad key")+" x")
	add("an idempotency key", http.MethodPost, "/v1/organizations/or-999999/auth-codes", made, 404, jsonType,
		admin, "Idempotency-Key: "+k("key"))
	get("/operators/"+k("operator id"), 404)
	get("/operators?cursor="+k("cursor of operators"), 400)
	echo("a filter of operators", http.MethodGet, "/v1/operators?filter="+k("filter"), "", 400, admin)
	add("an old password", http.MethodPost, "/v1/operators/me/password",
		`{"oldPassword":"`+k("old password")+`","password":"`+k("new password")+`"}`, 403, jsonType, admin)
	add("a code to confirm", http.MethodPost, "/v1/operators/me/totp/confirm",
		`{"totp":"`+k("code to confirm")+`"}`, 400, jsonType, admin)
	add("a password to remove a factor", http.MethodPost, "/v1/operators/me/totp/remove",
		`{"password":"`+k("password of a removal")+`","totp":"123456"}`, 409, jsonType, admin)
	add("the password of a new operator", http.MethodPost, "/v1/operators",
		`{"username":"`+k("user name")+`","password":"`+k("its password")+`","role":"`+k("role")+
			`","organizationId":"or-0"}`, 400, jsonType, admin)
	get("/applications/"+k("application id"), 404)
	get("/applications?type="+k("type"), 400)
	get("/applications?cursor="+k("cursor of applications"), 400)
	add("the expiry of a key", http.MethodPost, "/v1/applications",
		`{"name":"n","expiresAt":"`+k("key expiry")+`"}`, 400, jsonType, admin)
	add("the type of an application", http.MethodPost, "/v1/applications",
		`{"name":"n","expiresAt":"never","type":"`+k("application type")+`"}`, 400, jsonType, admin)
	add("the overlap of a key", http.MethodPost, "/v1/applications/x/rotateKey",
		`{"overlap":"`+k("key overlap")+`"}`, 400, jsonType, admin)
	add("an overlap", http.MethodPost, "/v1/organizations/or-100001/auth-codes/x/rotate",
		`{"overlap":"`+k("overlap")+`"}`, 400, jsonType, admin)
	return append(list, c.oauth(admin)...)
}

func (c *canary) oauth(admin string) []provocation {
	k := c.mint
	id := "00000000-0000-7000-8000-000000000000"
	var list []provocation
	form := func(name, path string, want int, pairs ...string) {
		values := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		list = append(list, provocation{name: name, method: http.MethodPost, path: path, body: values.Encode(),
			headers: []string{formType}, want: want})
		if len(pairs)%2 == 1 {
			list[len(list)-1].headers = append(list[len(list)-1].headers, pairs[len(pairs)-1])
		}
	}
	const grant, credentials = "grant_type", "client_credentials"
	form("a wrong secret", "/oauth2/token", 401, grant, credentials, "client_id", id, "client_secret",
		"GHK"+k("client secret"))
	form("a secret with dots", "/oauth2/token", 401, grant, credentials, "client_id", id, "client_secret",
		"a."+k("dotted secret")+".b")
	form("a client id", "/oauth2/token", 401, grant, credentials, "client_id", k("client id of a form"),
		"client_secret", "x")
	form("a secret in the header", "/oauth2/token", 401, grant, credentials,
		basic(id, k("secret in the header")))
	form("a grant", "/oauth2/token", 400, grant, k("grant"))
	form("a scope", "/oauth2/token", 400, grant, credentials, "scope", k("scope"))
	form("an assertion", "/oauth2/token", 401, grant, credentials, "client_assertion", "a."+k("assertion")+".b",
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form("a type of assertion", "/oauth2/token", 400, grant, credentials, "client_assertion",
		k("assertion of no type"), "client_assertion_type", k("assertion type"))
	form("a query", "/oauth2/token?client_secret="+k("secret in the query"), 400, grant, credentials)
	form("a token to introspect", "/oauth2/introspect", 200, "token", k("token to introspect"),
		"token_type_hint", k("hint"), admin)
	form("a token to revoke", "/oauth2/revoke", 200, "token", k("token to revoke"), admin)
	form("a bearer", "/oauth2/introspect", 401, "token", k("token of nobody"), bearer(k("bearer of nobody")))
	register := func(name, body string, want int, headers ...string) {
		list = append(list, provocation{name: name, method: http.MethodPost, path: "/oauth2/register", body: body,
			headers: append(headers, jsonType), want: want})
	}
	register("a made-up initial token", `{"client_name":"`+k("name to register")+`"}`, 401,
		bearer(k("initial token")))
	register("a software statement", `{"software_statement":"`+k("statement")+`"}`, 400,
		bearer(secret.NewAuthCode().Reveal()))
	register("an address of keys", `{"jwks_uri":"https://`+k("jwks_uri")+`"}`, 400)
	register("a method", `{"token_endpoint_auth_method":"`+k("method of a client")+`"}`, 400)
	register("a key set", `{"jwks":{"keys":[{"kty":"oct","k":"`+k("symmetric key")+`"}]}}`, 400)
	list = append(list, provocation{name: "a registration", method: http.MethodGet,
		path: "/oauth2/register/" + k("registration"), want: 401,
		headers: []string{bearer("GHM" + k("management token"))}})
	return list
}
