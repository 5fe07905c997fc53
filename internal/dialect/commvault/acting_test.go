// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/tenancy"
)

// TestActingForACompany checks the header operatorCompanyId: the number 0 then means the company, and the
// caller sees nothing else.
func TestActingForACompany(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mine, other := s.Organization(t, "Mine"), s.Organization(t, "Other")
	admin := s.admin(t)
	tenant := s.session(t, "tenant", s.Operator(t, "tenant", tenancy.Administrator, mine.ID))
	own, foreign := number(mine), number(other)
	narrow := "Bearer " + s.accessToken(t, "narrow", "/organization/"+own).Access.Reveal()
	ofRoot := "Bearer " + s.accessToken(t, "root", "/organization/0", "/v4/company/0").Access.Reveal()
	all := "Bearer " + s.accessToken(t, "all").Access.Reveal()
	const code = "/Organization/%s/AuthToken"
	of := func(path, id string) string { return fmt.Sprintf(path, id) }
	body := `{"organizationInfo":{"organization":{"shortName":{"id":%s}},"organizationProperties":{"enableAuthCodeGen":false}}}`
	tests := []struct {
		name, method, path, body, token, acting string
		status                                  int
	}{
		{"0 is the company", "GET", of(code, "0"), "", admin, own, 200},
		{"its own number", "GET", of(code, own), "", admin, own, 200},
		{"another company", "GET", of(code, foreign), "", admin, own, 404},
		{"another's code made", "POST", of(code, foreign), "", admin, own, 404},
		{"another's code ended", "PUT", of(code, foreign) + "/Action/disable", "", admin, own, 404},
		{"another's details", "GET", "/Organization/" + foreign, "", admin, own, 404},
		{"another in V4", "GET", "/V4/Company/" + foreign, "", admin, own, 404},
		{"V4 of 0", "GET", "/V4/Company/0", "", admin, own, 200},
		{"another in the body", "PUT", "/Organization", of(body, foreign), admin, own, 404},
		{"another in the query", "PUT", "/Organization?organizationId=" + foreign, `{}`, admin, own, 404},
		{"0 in the query, its number in the body", "PUT", "/Organization?organizationId=0", of(body, own), admin,
			own, 200},
		{"0 in the query, another in the body", "PUT", "/Organization?organizationId=0", of(body, foreign), admin,
			own, 400},
		{"a company is made", "POST", "/Organization",
			`{"organizationInfo":{"organization":{"connectName":"New"}}}`, admin, own, 403},
		{"a company is made by V4", "POST", "/V4/Company", `{"name":"New","alias":"new"}`, admin, own, 403},
		{"0 is deleted", "DELETE", "/Organization/0", "", admin, own, 403},
		{"0 is switched off", "POST", "/Organization/0/action/deactivate",
			`{"deactivateOptions":{"disableBackup":true,"disableRestore":true,"disableLogin":true}}`, admin, own, 403},
		{"0 is activated", "POST", "/Organization/0/action/activate", "", admin, own, 403},
		{"an access token is made", "POST", "/V4/AccessToken", `{"tokenName":"wide"}`, admin, own, 403},
		{"an access token is changed", "PUT", "/V4/AccessToken/100001", `{"tokenType":2}`, admin, own, 403},
		{"an access token is deleted", "DELETE", "/V4/AccessToken/100001", "", admin, own, 403},
		{"groups of 0", "GET", "/UserGroup?parentProvider/providerId=0", "", admin, own, 200},
		{"groups of another", "GET", "/UserGroup?parentProvider/providerId=" + foreign, "", admin, own, 404},
		{"who it is", "POST", "/WhoAmI", "", admin, own, 200},
		{"second factor of 0", "GET", "/Organization/0/TwoFactorAuth", "", admin, own, 200},

		{"a tenant for its own", "GET", of(code, "0"), "", tenant, own, 200},
		{"a tenant for another", "GET", of(code, "0"), "", tenant, foreign, 404},
		{"a tenant for nobody", "GET", of(code, "0"), "", tenant, "0", 404},
		{"no such company", "GET", of(code, "0"), "", admin, "7", 404},
		{"no such company, anywhere", "GET", "/CommServ", "", admin, "7", 404},

		{"scope of the company, by 0", "GET", of(code, "0"), "", narrow, own, 200},
		{"scope of the company, by its number", "GET", of(code, own), "", narrow, own, 200},
		{"scope of the company, without the header", "GET", of(code, "0"), "", narrow, "", 403},
		{"scope of the company, for another", "GET", of(code, "0"), "", narrow, foreign, 403},
		{"scope of the server", "GET", of(code, "0"), "", ofRoot, own, 403},
		{"scope of the server in V4", "GET", "/V4/Company/0", "", ofRoot, own, 403},
		{"an access token for all calls", "GET", of(code, "0"), "", all, own, 200},

		{"no number", "GET", of(code, "0"), "", admin, "mine", 400},
		{"a sign", "GET", of(code, "0"), "", admin, "-" + own, 400},
		{"a leading zero", "GET", of(code, "0"), "", admin, "0" + own, 400},
		{"two zeros", "GET", of(code, "0"), "", admin, "00", 400},
		{"null", "GET", of(code, "0"), "", admin, "null", 400},
		{"a fraction", "GET", of(code, "0"), "", admin, own + ".0", 400},
		{"two", "GET", of(code, "0"), "", admin, own + "," + foreign, 400},
		{"too large", "GET", of(code, "0"), "", admin, strings.Repeat("9", 40), 400},
		{"no number, on a change", "POST", of(code, "0"), "", admin, "x", 400},
		{"no number, on a list", "GET", "/Organization", "", admin, "x", 400},
		{"0", "GET", of(code, "0"), "", admin, "0", 200},
		{"blank", "GET", of(code, foreign), "", admin, " ", 200},
		{"nobody logged in", "GET", of(code, "0"), "", "", own, 401},
	}
	rootCode := s.generate(t, admin, tenancy.Organization{ID: tenancy.RootID})
	s.generate(t, admin, mine)
	others := s.generate(t, admin, other)
	for _, test := range tests {
		w := s.call(t, test.method, base+test.path, test.body, "Authtoken", test.token, actingHeader,
			test.acting, "Content-Type", mediaJSON)
		if w.Code != test.status {
			t.Errorf("%s: got %d %s, want %d", test.name, w.Code, w.Body, test.status)
		}
		if strings.Contains(w.Body.String(), rootCode) && test.acting == own {
			t.Errorf("%s: the server's code is shown", test.name)
		}
	}
	if s.code(t, admin, tenancy.Organization{ID: tenancy.RootID}) != rootCode ||
		s.code(t, admin, other) != others || s.code(t, admin, mine) != "" {
		t.Error("a code that is not the company's was changed, or its own was not")
	}
	w := s.call(t, "GET", base+"/Organization", "", "Authtoken", admin, actingHeader, own, actingHeader,
		foreign)
	if w.Code != http.StatusBadRequest {
		t.Errorf("two headers: %d %s", w.Code, w.Body)
	}
	// A caller can log out whatever has happened to the company.
	if w := s.call(t, "POST", base+"/Logout", "", "Authtoken", admin, actingHeader,
		"7"); w.Code != http.StatusOK || s.alive(t, admin) {
		t.Errorf("logout: %d %s", w.Code, w.Body)
	}
}

// Every operation with a caller reads the header.
func TestEveryOperationActsForTheCompany(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.admin(t)
	for _, op := range operations() {
		path := strings.NewReplacer("{id}", "0", "{token}", "100001").Replace(op.path)
		w := s.call(t, op.method, base+path, "", "Authtoken", admin, actingHeader, "x", "Accept", mediaJSON)
		if looked := strings.Contains(w.Body.String(), actingHeader); looked == (op.open || op.ignoresCompany) {
			t.Errorf("%s: %d %s", op.name, w.Code, w.Body)
		}
	}
	if !s.alive(t, s.admin(t)) {
		t.Error("nothing works")
	}
}
