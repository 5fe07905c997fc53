// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"fmt"
	"strings"
	"testing"
)

// Whoever approves a request on this wire is told when its name may be taken for another one.
func TestRequestsTellOfNamesThatLookAlike(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, c *client) {
		token := c.admin(t, admin)
		cherry := c.Organization(t, "Cherry").ID.String()
		honest, imitation := c.file(t, "Birch", "ada@example.test"), c.file(t, "\u0421herry", "eve@example.test")
		second := c.file(t, "Ch\u3164erry", "eve@example.test")
		list := c.do(t, "GET", admin+"/organizationRequests?q=id%20lt%20"+second, token, "").body
		if strings.Count(list, `"nameWarnings":["mixedScripts","looksLatin"]`) != 1 ||
			strings.Count(list, "nameWarnings") != 1 {
			t.Errorf("list: %s", list)
		}
		for _, expand := range []string{"", "?expand=requestAll"} {
			if a := c.do(t, "GET", admin+"/organizationRequests/"+honest+expand, token, ""); strings.Contains(a.body,
				"nameWarnings") || strings.Contains(a.body, "similarNames") {
				t.Errorf("an honest name: %s", a.body)
			}
			a := c.do(t, "GET", admin+"/organizationRequests/"+imitation+expand, token, "")
			similar := fmt.Sprintf(`"similarNames":[{"organization":{"id":%q},"name":"Cherry"},`+
				`{"organizationRequest":{"id":%s,"status":"new"},"name":"Ch`+"\u3164"+`erry"}]`, cherry, second)
			for _, want := range []string{similar, `"nameWarnings":["mixedScripts","looksLatin"]`} {
				if !strings.Contains(a.body, want) {
					t.Errorf("an imitation %s: %s", expand, a.body)
				}
			}
			// What was read may be sent back, with what the vendor does not know.
			if back := c.do(t, "PUT", admin+"/organizationRequests/"+imitation+expand, token,
				strings.Replace(a.body, `"status":"new"`, `"status":"review"`, 1)); back.status != 200 {
				t.Errorf("sent back: %d %s", back.status, back.body)
			}
		}
	})
}
