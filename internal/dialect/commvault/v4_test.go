// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/tenancy"
)

func TestV4CompanyLife(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	w := s.call(t, "POST", base+"//V4/Company",
		`{"name":"Orchard Ltd","alias":"orchard","email":"ann@orchard.example.test","contactName":"Ann Pear",`+
			`"emailSuffix":"orchard.example.test, b.example.test","plans":[{"id":1}],"sendWelcomeEmail":true}`,
		"Authtoken", token, "Content-Type", mediaJSON)
	made := tree(t, w)
	id := fmt.Sprint(at(made, "id"))
	if w.Code != http.StatusOK || text(made, "name") != "Orchard Ltd" || len(made) != 2 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	get := func() map[string]any {
		t.Helper()
		w := s.call(t, "GET", base+"/V4/Company/"+id, "", "Authtoken", token)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "GHC") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return tree(t, w)
	}
	expect := func(want map[string]any) {
		t.Helper()
		d := get()
		for path, v := range want {
			if got := at(d, path); got != v {
				t.Errorf("%s: got %v, want %v", path, got, v)
			}
		}
	}
	expect(map[string]any{"name": "Orchard Ltd", "general.newAlias": "orchard",
		"general.emailSuffix":             "orchard.example.test,b.example.test",
		"general.authcodeForInstallation": false, "contacts.0.fullname": "Ann Pear",
		"contacts.0.email": "ann@orchard.example.test", "status.deactivate": false})
	s.change(t, token, "PUT", "/V4/Company/"+id, `{"general":{"authcodeForInstallation":true}}`, "")
	expect(map[string]any{"general.authcodeForInstallation": true, "general.newAlias": "orchard"})
	code := text(s.details(t, token, id), properties+".authCode")
	s.change(t, token, "PUT", "/v4/company/"+id,
		`{"newName":"Plum Ltd","general":{"newAlias":"plum","emailSuffix":"","authcodeForInstallation":true}}`, "")
	expect(map[string]any{"name": "Plum Ltd", "general.newAlias": "plum", "general.emailSuffix": ""})
	if text(s.details(t, token, id), properties+".authCode") != code || code == "" {
		t.Error("the code was replaced")
	}
	s.change(t, token, "PUT", "/V4/Company/"+id,
		`<R><general authcodeForInstallation="0"/><status deactivate="1"><options disableLogin="1"/></status></R>`,
		"")
	expect(map[string]any{"status.deactivate": true, "status.options.disableLogin": true,
		"status.options.disableBackup": false, "general.authcodeForInstallation": false})
	if d := s.details(t, token, id); at(d,
		"organizationInfo.organization.deactivateOptions.disableLogin") != true ||
		at(d, "organizationInfo.organization.deactivateOptions.disableBackup") != false {
		t.Errorf("options: %v", d)
	}
	list := tree(t, s.call(t, "GET", base+"/V4/Company?includeDeletedCompanies=true", "", "Authtoken", token))
	if at(list, "companyCount") != float64(1) || text(list, "companies.0.name") != "Plum Ltd" ||
		text(list, "companies.0.alias") != "plum" ||
		text(list, "companies.0.status") != "DEACTIVATED" || fmt.Sprint(at(list, "companies.0.id")) != id ||
		text(list, "companies.0.primaryContacts.0.name") != "Ann Pear" {
		t.Errorf("list: %v", list)
	}
	s.change(t, token, "PUT", "/V4/Company/"+id, `{"status":{"deactivate":false}}`, "")
	expect(map[string]any{"status.deactivate": false, "status.options.disableLogin": false})
	s.change(t, token, "PUT", "/V4/Company/"+id, `{"status":{"deactivate":true}}`, "")
	s.change(t, token, "DELETE", "/V4/Company/"+id, "", "")
	list = tree(t, s.call(t, "GET", base+"/V4/Company", "", "Authtoken", token))
	if companies, there := at(list, "companies").([]any); !there || len(companies) != 0 {
		t.Errorf("after the delete: %v", list)
	}
	if n := s.reveals(t, 100001); n != 2 {
		t.Errorf("%d reveals: V4 shows no code", n)
	}
}

func TestV4Refuses(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	o, foreign := s.Organization(t, "mine"), s.Organization(t, "foreign")
	auditor := s.session(t, "auditor", s.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	tenant := s.session(t, "tenant", s.Operator(t, "tenant", tenancy.Administrator, o.ID))
	s.generate(t, token, foreign)
	mine := "/V4/Company/" + number(o)
	for _, c := range []struct {
		name, method, path, body, token string
		status, code                    int
	}{
		{"list, no session", "GET", "/V4/Company", "", "", 401, 5},
		{"list, unknown column", "GET", "/V4/Company?fq=colour:eq:x", "", token, 400, 400},
		{"create, no session", "POST", "/V4/Company", `{"name":"x","alias":"x"}`, "", 401, 5},
		{"create, no right", "POST", "/V4/Company", `{"name":"x","alias":"x"}`, auditor, 403, 403},
		{"create, no alias", "POST", "/V4/Company", `{"name":"x"}`, token, 400, 400},
		{"create, empty alias", "POST", "/V4/Company", `{"name":"x","alias":" "}`, token, 400, 400},
		{"create, no name", "POST", "/V4/Company", `{"alias":"x"}`, token, 400, 400},
		{"create, empty name", "POST", "/V4/Company", `{"name":"","alias":"x"}`, token, 400, 400},
		{"create, wrong type", "POST", "/V4/Company", `{"name":7,"alias":"x"}`, token, 400, 400},
		{"create, taken", "POST", "/V4/Company", `{"name":"MINE","alias":"x"}`, token, 400, 2},
		{"get, no session", "GET", mine, "", "", 401, 5},
		{"get, unknown", "GET", "/V4/Company/7", "", token, 404, 404},
		{"get, no number", "GET", "/V4/Company/x", "", token, 404, 404},
		{"get, foreign", "GET", "/V4/Company/" + number(foreign), "", tenant, 404, 404},
		{"update, no session", "PUT", mine, `{}`, "", 401, 5},
		{"update, no right", "PUT", mine, `{"newName":"x"}`, auditor, 403, 403},
		{"update, code without right", "PUT", "/V4/Company/" + number(foreign),
			`{"general":{"authcodeForInstallation":true}}`, auditor, 403, 403},
		{"update, unknown", "PUT", "/V4/Company/7", `{}`, token, 404, 404},
		{"update, wrong type", "PUT", mine, `{"general":{"authcodeForInstallation":7}}`, token, 400, 400},
		{"update, wrong option", "PUT", mine, `{"status":{"deactivate":true,"options":{"disableLogin":"x"}}}`,
			token, 400, 400},
		{"update, another's id", "PUT", mine, `{"id":` + number(foreign) + `,"newName":"x"}`, token, 400, 400},
		{"update, another's GUID", "PUT", mine, `{"GUID":"` + guidOf(foreign.ID) + `","newName":"x"}`, token, 400,
			400},
		{"update, wrong contacts", "PUT", mine, `{"contacts":[7]}`, token, 400, 400},
		{"update, wrong contact", "PUT", mine, `{"contacts":[{"fullname":7}]}`, token, 400, 400},
		{"update, taken", "PUT", mine, `{"newName":"foreign"}`, token, 400, 2},
		{"update, the server", "PUT", "/V4/Company/0", `{"newName":"x"}`, token, 400, 2},
		{"delete, no session", "DELETE", mine, "", "", 401, 5},
		{"delete, no right", "DELETE", mine, "", auditor, 403, 403},
		{"delete, unknown", "DELETE", "/V4/Company/7", "", token, 404, 404},
		{"delete, active", "DELETE", mine, "", token, 400, 2},
		{"no such method", "PATCH", mine, "", token, 405, 405},
	} {
		for _, media := range []string{mediaJSON, mediaXML} {
			w := s.call(t, c.method, base+c.path, c.body, "Authtoken", c.token, "Content-Type", mediaJSON,
				"Accept", media)
			code, message := failure(t, w, "", media)
			if w.Code != c.status || code != c.code || message == "" {
				t.Errorf("%s: %s: got %d, errorCode %d, %q; want %d and %d", c.name, media, w.Code, code,
					message, c.status, c.code)
			}
		}
	}
	s.Store.Fail("Update", fmt.Errorf("the disk is on fire"))
	w := s.call(t, "DELETE", base+mine, "", "Authtoken", token)
	if code, message := failure(t, w, "", mediaJSON); w.Code != 500 || code != 500 ||
		strings.Contains(message, "fire") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
