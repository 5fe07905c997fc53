// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// An error has the name of the member that the client sent, and not of the domain's field.
func TestErrorsNameTheMembersOfTheCall(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token, o := s.admin(t), s.Organization(t, "Orchard Ltd")
	long := strings.Repeat("x", 300)
	update, v4 := "/Organization?organizationId="+number(o), "/V4/Company/"+number(o)
	tests := []struct{ method, path, body, member string }{
		{"POST", "/Organization",
			`{"organizationInfo":{"organization":{"connectName":"a","emailDomainNames":["a b"]}}}`,
			"emailDomainNames"},
		{"POST", "/Organization", `{"organizationInfo":{"organization":{"connectName":" "}}}`, "connectName"},
		{"POST", "/Organization",
			`{"organizationInfo":{"organization":{"connectName":"a","shortName":{"domainName":"%s"}}}}`,
			"shortName.domainName"},
		{"PUT", update, `{"organizationInfo":{"organization":{"emailDomainNames":["a b"]}}}`, "emailDomainNames"},
		{"PUT", update, `{"organizationInfo":{"organization":{"connectName":"%s"}}}`, "connectName"},
		{"PUT", update, `{"organizationInfo":{"organization":{"shortName":{"domainName":"%s"}}}}`,
			"shortName.domainName"},
		{"PUT", update, `{"newCompanyName":"%s"}`, "newCompanyName"},
		{"PUT", update, `{"newAliasName":"%s"}`, "newAliasName"},
		{"PUT", update, `{"newAliasName":"%[1]s","newCompanyName":"%[1]s"}`, "newCompanyName"},
		{"POST", "/V4/Company", `{"name":"a","alias":"b","emailSuffix":"a b"}`, "emailSuffix"},
		{"POST", "/V4/Company", `{"name":"a","alias":"%s"}`, "alias"},
		{"POST", "/V4/Company", `{"name":"","alias":"b"}`, "name"},
		{"PUT", v4, `{"general":{"emailSuffix":"a b"}}`, "general.emailSuffix"},
		{"PUT", v4, `{"general":{"newAlias":"%s"}}`, "general.newAlias"},
		{"POST", "/V4/AccessToken", `{"tokenName":"%s"}`, "tokenName"},
		{"POST", "/V4/AccessToken", `{"tokenName":"a","tokenExpiryTimestamp":1}`, "tokenExpiryTimestamp"},
		{"POST", "/V4/AccessToken", `{"tokenName":"a","renewableUntilTimestamp":1}`, "renewableUntilTimestamp"},
		{"POST", "/V4/AccessToken", `{"tokenName":"a","tokenType":2,"apiEndpoints":["/plan"]}`, "apiEndpoints"},
		{"PUT", v4, `{"newName":"%s"}`, "newName"}, {"PUT", v4, `{"name":"%s"}`, "name"},
	}
	for _, test := range tests {
		body := test.body
		if strings.Contains(body, "%") {
			body = fmt.Sprintf(body, long)
		}
		w := s.sendJSON(t, test.method, base+test.path, body, token)
		message := text(tree(t, w), "errorMessage")
		if w.Code != http.StatusBadRequest || !strings.HasPrefix(message, test.member+" ") ||
			strings.Contains(message, "emailDomains ") {
			t.Errorf("%s %s: %d %s, want %s", test.method, test.path, w.Code, w.Body, test.member)
		}
	}
}
