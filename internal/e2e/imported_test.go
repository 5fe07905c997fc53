// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestImportedCode brings a primary code of another system along. The Commvault wire shows it byte for
// byte, in JSON and in XML; it enrols over both doors; what takes its place on a wire ends it.
func TestImportedCode(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		p := start(t, newSite(t, e))
		c := newClient(t, p.url)
		admin, session := c.token(ccadmin, "admin", p.firstPassword()), c.session("admin", p.firstPassword())
		native := bearer(c.nativeLogin(p.firstPassword()))
		for name, text := range map[string]string{"short": "CBABAB761", "odd": `Zq<8"&'>+/=%7E~;,Kx2`,
			"of the other vendor": "b3ItMTAwMDAxLTIwMTgtMDQtMDJUMDc6NTM6MjguMTM0Wg=="} {
			organization := c.organization(ccadmin, admin, name)
			replaced := c.issue(ccadmin, admin, organization)
			codes := "/v1/organizations/" + organization + "/auth-codes"
			body := marshal(map[string]any{"name": "old", "maxUses": "unlimited", "primary": true,
				"expiresAt": time.Now().Add(24 * time.Hour), "authorizationCode": text})
			made := c.want(c.post(codes, body, jsonType, native), http.StatusCreated, "import")
			if made.member("authorizationCode") != text || made.member("imported") != "true" ||
				made.member("weak") != "true" || made.member("primary") != "true" {
				t.Errorf("%s: got %s", name, made.body)
			}
			c.want(c.post(codes, body, jsonType, native), http.StatusConflict, "the same text again")
			wantCodeShown(t, c, session, organization, text)
			enrol := func(code string, status int) {
				t.Helper()
				c.want(c.post("/v1/enrollments", marshal(map[string]any{"authorizationCode": code,
					"client": map[string]string{"name": "till", "instanceId": "till"}}), jsonType), status, "enrol")
				if status != http.StatusCreated {
					status = http.StatusUnauthorized
				}
				c.want(c.post("/oauth2/register", `{"client_name":"agent"}`, jsonType, bearer(code)), status, "register")
			}
			enrol(text, http.StatusCreated)
			enrol(replaced, http.StatusForbidden)
			enrol(strings.ToLower(text), http.StatusForbidden)
			c.issue(ccadmin, admin, organization)
			enrol(text, http.StatusForbidden)
		}
		for text, want := range map[string]string{"12345678": "easily guessed", "GHC1": "begins with GHC",
			"a b": "without blanks"} {
			organization := c.organization(ccadmin, admin, text)
			a := c.post("/v1/organizations/"+organization+"/auth-codes", marshal(map[string]any{"name": "old",
				"maxUses": 1, "expiresAt": time.Now().Add(time.Hour), "authorizationCode": text}), jsonType, native)
			if c.want(a, http.StatusBadRequest, text); !strings.Contains(a.body, want) ||
				!strings.Contains(a.body, `"authorizationCode"`) {
				t.Errorf("%s: got %s", text, a.body)
			}
		}
	})
}

// wantCodeShown fails unless the Commvault wire shows the code as it is, in both formats.
func wantCodeShown(t *testing.T, c *client, session, organization, text string) {
	t.Helper()
	if shown := c.reveal(session, organization); shown != text {
		t.Errorf("in JSON it is %q, want %q", shown, text)
	}
	a := c.want(c.get(codePath(cvRoot, organization), authtoken(session), "Accept: application/xml"),
		http.StatusOK, "AuthToken in XML")
	d := xml.NewDecoder(strings.NewReader(a.body))
	for {
		token, err := d.Token()
		if err != nil {
			t.Errorf("in XML it is not there: %s", a.body)
			return
		}
		if e, is := token.(xml.StartElement); is {
			for _, attribute := range e.Attr {
				if attribute.Name.Local == "authCode" {
					if attribute.Value != text {
						t.Errorf("in XML it is %q, want %q", attribute.Value, text)
					}
					return
				}
			}
		}
	}
}
