// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestTooLarge sends more than the server takes: it says so in the wire's own
// form, and goes on serving.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	p := start(t, usedSite(t, onSQLite), "--public-requests", "on", "--rate-limits", "off")
	c := newClient(t, p.url)
	if a := c.get("/livez", "X-Filler: "+strings.Repeat("x",
		40<<10)); a.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("40 KiB of headers: got %d, want 431", a.status)
	}
	c.want(c.get("/livez", "X-Filler: "+strings.Repeat("x", 16<<10)), http.StatusOK, "16 KiB of headers")

	const limit = 64 << 10
	pad := func(before, behind string, size int) string {
		return before + strings.Repeat("x", size-len(before)-len(behind)) + behind
	}
	for _, wire := range []struct {
		name, path, media, before, behind string
		fits                              int
		form                              []string
	}{
		{"OCC log-in", ccadmin + "/login", "application/x-www-form-urlencoded",
			"grant_type=password&username=admin&password=", "", 401,
			[]string{`"errorCode":"413"`, `"status":"413"`, `"error":"invalid_request"`}},
		{"OCC request", ccstore + "/organizationRequests", "application/json", `{"name":"`, `"}`, 400,
			[]string{`"errorCode":"413"`, `"status":"413"`}},
		{"Commvault JSON", cvRoot + "/Login", "application/json", `{"username":"admin","password":"`, `"}`, 200,
			[]string{`"errorCode":413`, `"errorMessage":"`}},
		{"Commvault XML", cvRoot + "/Login", "application/xml", `<r username="admin" password="`, `"/>`, 200,
			[]string{"<DM2ContentIndexing_CheckCredentialResp ", `errorCode="413"`}},
	} {
		for _, sent := range []struct {
			name  string
			size  int
			large bool
		}{{"at the cap", limit, false}, {"past the cap", limit + 1, true}, {"far past the cap", 4 * limit, true}} {
			for _, how := range []string{"length", "chunked"} {
				var body io.Reader = strings.NewReader(pad(wire.before, wire.behind, sent.size))
				if how == "chunked" {
					body = io.MultiReader(body) // of unknown length to the client
				}
				a, err := c.try(http.MethodPost, wire.path, body, "Content-Type: "+wire.media, "Accept: */*")
				name := wire.name + ", " + sent.name + ", " + how
				switch {
				case err != nil:
					t.Errorf("%s: %v", name, err)
				case !sent.large:
					if a.status != wire.fits {
						t.Errorf("%s: got %d %s, want %d", name, a.status, a.body, wire.fits)
					}
				case a.status != http.StatusRequestEntityTooLarge:
					t.Errorf("%s: got %d %s, want 413", name, a.status, a.body)
				default:
					for _, part := range wire.form {
						if !strings.Contains(a.body, part) {
							t.Errorf("%s: the answer lacks %s: %s", name, part, a.body)
						}
					}
				}
			}
		}
	}
	c.want(c.get("/readyz"), http.StatusOK, "readiness afterwards")
	p.stop(t)
}
