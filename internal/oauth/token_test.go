// SPDX-License-Identifier: Apache-2.0

package oauth_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/tenancytest"
)

func basic(id, key string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+key))
}

func TestToken(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		c := d.client(t)
		encoded := strings.ReplaceAll(url.QueryEscape(c.id), "-", "%2D") // any character may be encoded
		for what, a := range map[string]answer{
			"in the header": d.form(t, "/oauth2/token", tokenForm(), basic(c.id, c.key)),
			"encoded":       d.form(t, "/oauth2/token", tokenForm(), basic(encoded, c.key)),
			"with its id":   d.form(t, "/oauth2/token", tokenForm("client_id", c.id), basic(c.id, c.key)),
			"in the body":   d.form(t, "/oauth2/token", tokenForm("client_id", c.id, "client_secret", c.key)),
			"with a scope":  d.form(t, "/oauth2/token", tokenForm("scope", ""), basic(c.id, c.key)),
		} {
			if a.status != 200 || len(a.json) != 3 || a.text("token_type") != "Bearer" ||
				a.json["expires_in"] != 900.0 || a.header.Get("Pragma") != "no-cache" {
				t.Errorf("%s: %d %s %v", what, a.status, a.body, a.header)
				continue
			}
			if d.introspect(t, a.text("access_token")) != "true" {
				t.Errorf("%s: the token is not active", what)
			}
		}
		token := d.token(t, c)
		d.Clock.Advance(15 * time.Minute)
		if d.introspect(t, token) != "false" {
			t.Error("the token is active after its end")
		}
	})
}

func TestTokenRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	c, other := d.client(t), d.client(t)
	ask := func(values url.Values, headers ...string) answer {
		return d.form(t, "/oauth2/token", values, headers...)
	}
	good := basic(c.id, c.key)
	post, assertion := tokenForm("client_id", c.id, "client_secret", c.key),
		tokenForm("client_assertion", "x", "client_assertion_type", assertionType, "client_id", c.id)
	for what, c := range map[string]struct {
		a      answer
		status int
		code   string
	}{
		"none":                 {ask(tokenForm()), 401, "invalid_client"},
		"two ways":             {ask(post, good), 400, "invalid_request"},
		"header and assertion": {ask(assertion, good), 400, "invalid_request"},
		"bearer and body":      {ask(post, bearer("x")), 400, "invalid_request"},
		"two headers":          {ask(tokenForm(), good, good), 400, "invalid_request"},
		"twice in the body": {d.do(t, http.MethodPost, "/oauth2/token", post.Encode()+"&client_secret=x",
			formType), 400, "invalid_request"},
		"in the query":       {ask(tokenForm(), "X: y"), 401, "invalid_client"},
		"of another":         {ask(tokenForm(), basic(c.id, other.key)), 401, "invalid_client"},
		"another id beside":  {ask(tokenForm("client_id", other.id), good), 401, "invalid_client"},
		"an empty id beside": {ask(tokenForm("client_id", ""), good), 401, "invalid_client"},
		"a key cut":          {ask(tokenForm(), basic(c.id, c.key[:50])), 401, "invalid_client"},
		"in lower case":      {ask(tokenForm(), basic(c.id, strings.ToLower(c.key))), 401, "invalid_client"},
		"unknown client": {ask(tokenForm(), basic("00000000-0000-7000-8000-000000000000", c.key)), 401,
			"invalid_client"},
		"no id":                {ask(tokenForm("client_secret", c.key)), 401, "invalid_client"},
		"the code":             {ask(tokenForm(), basic(c.id, d.code)), 401, "invalid_client"},
		"the management token": {ask(tokenForm(), basic(c.id, c.manage)), 401, "invalid_client"},
		"scheme Bearer":        {ask(tokenForm(), bearer(c.key)), 401, "invalid_client"},
		"scheme Digest":        {ask(tokenForm(), "Authorization: Digest "+c.key), 401, "invalid_client"},
		"no Base64":            {ask(tokenForm(), "Authorization: Basic "+c.key), 401, "invalid_client"},
		"bad percent":          {ask(tokenForm(), basic(c.id, "%zz")), 401, "invalid_client"},
		"no grant":             {ask(url.Values{}, good), 400, "invalid_request"},
		"other grant": {ask(url.Values{"grant_type": {"password"}}, good), 400,
			"unsupported_grant_type"},
		"a scope": {ask(tokenForm("scope", "all"), good), 400, "invalid_scope"},
		"JSON": {d.do(t, http.MethodPost, "/oauth2/token", "{}", good, jsonType), 400,
			"invalid_request"},
		"no type": {d.do(t, http.MethodPost, "/oauth2/token", tokenForm().Encode(), good), 400,
			"invalid_request"},
		"a bad form": {d.do(t, http.MethodPost, "/oauth2/token", "grant_type=%zz", good, formType),
			400, "invalid_request"},
		"parameters in the query": {d.do(t, http.MethodPost, "/oauth2/token?client_secret="+c.key, post.Encode(),
			formType), 400, "invalid_request"},
		"an assertion of no type":   {ask(tokenForm("client_assertion", "x")), 400, "invalid_request"},
		"an assertion that is none": {ask(assertion), 401, "invalid_client"},
	} {
		wantError(t, what, c.a, c.status, c.code)
	}
}

// An application uses its key as the secret.
func TestTokenOfAnApplication(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	one, two := d.Application(t, "one"), d.Application(t, "two")
	a := want(t, d.form(t, "/oauth2/token", tokenForm(), basic(one.ID, one.KeyText.Reveal())), 200)
	wantError(t, "key of another", d.form(t, "/oauth2/token", tokenForm(), basic(two.ID, one.KeyText.Reveal())),
		401, "invalid_client")
	if got := d.introspect(t, a.text("access_token")); got != "true" {
		t.Errorf("active: %s", got)
	}
	token := d.token(t, d.client(t))
	if a := want(t, d.form(t, "/oauth2/introspect", url.Values{"token": {token}},
		basic(one.ID, one.KeyText.Reveal())), 200); a.json["active"] != true {
		t.Errorf("an application is told %s", a.body)
	}
}

func TestTooManyFailures(t *testing.T) {
	t.Parallel()
	d := newDoor(t, tenancytest.Limits)
	c := d.client(t)
	for _, credentials := range []string{basic(c.id, "x"), basic(c.id, "a.b.c")} {
		limited := false
		for range 200 {
			if a := d.form(t, "/oauth2/token", tokenForm(), credentials); a.status == 429 {
				wantError(t, "limit", a, 429, "temporarily_unavailable")
				limited = true
				break
			}
		}
		if !limited {
			t.Error("200 failures within a minute")
		}
	}
	d.token(t, c) // a good key works all the same
}
