// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// freshCode makes an organization and a code without limits over the native API.
func (c *client) freshCode(password string) (code, admin string) {
	c.t.Helper()
	body := marshal(map[string]string{"username": "admin", "password": password})
	admin = c.want(c.post("/v1/login", body, jsonType), http.StatusOK, "log in").member("accessToken")
	id := c.organization(ccadmin, c.token(ccadmin, "admin", password), "Orchard Ltd")
	a := c.post("/v1/organizations/"+id+"/auth-codes",
		`{"name":"spring","expiresAt":"never","maxUses":"unlimited"}`, jsonType, bearer(admin))
	return c.want(a, http.StatusCreated, "make a code").member("authorizationCode"), admin
}

// TestOpenIDClient runs openid-client from npm: it registers, gets tokens by secrets and by
// signatures, introspects and revokes them, without knowing more than the address.
func TestOpenIDClient(t *testing.T) {
	_, dir := nodePackages(t, "openid")
	onBoth(t, func(t *testing.T, e engine) {
		p := start(t, newSite(t, e))
		code, _ := newClient(t, p.url).freshCode(p.firstPassword())
		node := launch(t, nodeCommand(t, settings{"GATEHOUSE": holding(t, p.url), "CODE": code}, "--no-warnings",
			filepath.Join(dir, "drive.mjs")))
		if exit := node.wait(t, dcuLimit); exit != 0 {
			t.Fatalf("it ends with %d: %s", exit, node.stderr.String())
		}
		var got []map[string]any
		for line := range strings.Lines(node.stdout.String()) {
			var one map[string]any
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			got = append(got, one)
		}
		var want []map[string]any
		for _, name := range []string{"secret in the body", "secret in the header", "signed with P-256",
			"signed with Ed25519"} {
			want = append(want, map[string]any{"name": name, "token_type": "bearer", "expires_in": 900.0,
				"before": true, "client_name": name, "after": false})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		p.stop(t)
	})
}

// TestClientCredentials gets a token with golang.org/x/oauth2, which tries the header first.
func TestClientCredentials(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		p := start(t, newSite(t, e))
		c := newClient(t, p.url)
		code, admin := c.freshCode(p.firstPassword())
		a := c.post("/oauth2/register", `{"client_name":"agent"}`, jsonType, bearer(code))
		registered := c.want(a, http.StatusCreated, "register")
		server := holding(t, p.url)
		for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleAutoDetect, oauth2.AuthStyleInHeader,
			oauth2.AuthStyleInParams} {
			config := clientcredentials.Config{ClientID: registered.member("client_id"),
				ClientSecret: registered.member("client_secret"), TokenURL: server + "/oauth2/token", AuthStyle: style}
			token, err := config.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(token.Expiry); token.Type() != "Bearer" || left < 14*time.Minute ||
				left > 15*time.Minute {
				t.Errorf("style %d: %s for %s", style, token.Type(), left)
			}
			form := url.Values{"token": {token.AccessToken}}.Encode()
			if a := c.want(c.post("/oauth2/introspect", form, formType, bearer(admin)), http.StatusOK,
				"introspect"); a.member("active") != "true" {
				t.Errorf("style %d: %s", style, a.body)
			}
			config.ClientSecret += "x"
			if _, err := config.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "invalid_client") {
				t.Errorf("a wrong secret: %v", err)
			}
		}
		p.stop(t)
	})
}
