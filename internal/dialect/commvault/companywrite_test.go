// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/internal/tenancy"
)

// creation is the body that Terraform and cvpysdk send, in either format.
func creation(media, name, alias string) string {
	if media == mediaXML {
		return fmt.Sprintf(`<Api_CreateOrganizationReq sendEmail="0"><organizationInfo><organization connectName="%s"><emailDomainNames val="orchard.example.test"/>`+
			`<shortName domainName="%s"/></organization><organizationProperties primaryDomain="" enableAutoDiscovery="0"><primaryContacts fullName="Ann Pear" email="ann@orchard.example.test"/>`+
			`</organizationProperties><planDetails><plan planName="p"/></planDetails></organizationInfo></Api_CreateOrganizationReq>`, name, alias)
	}
	return fmt.Sprintf(`{"organizationInfo":{"organization":{"connectName":%q,"emailDomainNames":["orchard.example.test"],"shortName":{"domainName":%q}},`+
		`"organizationProperties":{"primaryDomain":"","enableAutoDiscovery":false,"primaryContacts":[{"fullName":"Ann Pear","email":"ann@orchard.example.test"}]},`+
		`"planDetails":[{"plan":{"planName":"p"}}],"tenantInfo":{"address":{"city":"x"}}},"sendEmail":false}`, name,
		alias)
}

// change sends a body and checks that the answer reports success in the operation's own form.
func (s *server) change(t testing.TB, token, method, path, body,
	errorPath string) *httptest.ResponseRecorder {
	t.Helper()
	label := mediaJSON
	if strings.HasPrefix(body, "<") {
		label = mediaXML
	}
	w := s.call(t, method, base+path, body, "Authtoken", token, "Content-Type", label, "Accept", mediaJSON,
		"operatorCompanyId", "0")
	if code := at(tree(t, w), errorPath+"errorCode"); w.Code != http.StatusOK || code != float64(0) {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w
}

func TestCompanyLife(t *testing.T) {
	t.Parallel()
	for _, media := range []string{mediaJSON, mediaXML} {
		t.Run(media, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			token := s.admin(t)
			made := tree(t, s.change(t, token, "POST", "/Organization",
				creation(media, "Orchard Ltd", "orchard"), "response."))
			id := fmt.Sprint(int64(at(made, "response.entity.providerId").(float64)))
			if at(made, "response.entity._type_") != float64(61) ||
				text(made, "response.entity.providerDomainName") != "orchard" ||
				text(made, "response.entity.GUID") == "" ||
				text(made, "processinginstructioninfo.attributes.0.value") != "0" {
				t.Errorf("made: %v", made)
			}
			d := s.details(t, token, id)
			for path, want := range map[string]any{"organizationInfo.organization.connectName": "Orchard Ltd",
				"organizationInfo.organization.shortName.domainName": "orchard",
				"organizationInfo.organization.emailDomainNames.0":   "orchard.example.test", properties +
					".primaryContacts.0.fullName": "Ann Pear",
				properties + ".primaryContacts.0.user.userName": "ann@orchard.example.test"} {
				if got := at(d, path); got != want {
					t.Errorf("%s: got %v, want %v", path, got, want)
				}
			}
			body := `{"deactivateOptions":{"disableBackup":true,"disableRestore":false,"disableLogin":true}}`
			if media == mediaXML {
				body = `<R><deactivateOptions disableBackup="1" disableRestore="0" disableLogin="true"/></R>`
			}
			w := s.call(t, "DELETE", base+"/Organization/"+id, "", "Authtoken", token)
			if code, message := failure(t, w, "", mediaJSON); w.Code != 200 || code != 2 || message == "" {
				t.Errorf("an active company is deleted: %d %s", w.Code, w.Body)
			}
			if w := s.call(t, "POST", base+"/Organization/"+id+"/AuthToken", "", "Authtoken", token); w.Code != 200 {
				t.Errorf("a code: %d %s", w.Code, w.Body)
			}
			given := at(s.details(t, token, id), properties+".authCode")
			s.change(t, token, "POST", "/Organization/"+id+"/action/deactivate", body, "response.")
			d = s.details(t, token, id)
			if at(d, "organizationInfo.organization.deactivateOptions.disableBackup") != true ||
				at(d, "organizationInfo.organization.deactivateOptions.disableRestore") != false ||
				at(d, "organizationInfo.organization.deactivateOptions.disableLogin") != true ||
				at(d, "organizationInfo.organization.status") != float64(2) {
				t.Errorf("deactivated: %v", d)
			}
			s.change(t, token, "POST", "/organization/"+id+"/Action/Activate", "", "response.")
			d = s.details(t, token, id)
			if at(d, "organizationInfo.organization.deactivateOptions.disableBackup") != false ||
				at(d, "organizationInfo.organization.status") != float64(1) {
				t.Errorf("activated: %v", d)
			}
			if text, is := given.(string); !is || text == "" || at(d, properties+".authCode") != given {
				t.Error("the code of a company that is active again is not the one of before")
			}
			s.change(t, token, "POST", "/Organization/"+id+"/action/deactivate", body, "response.")
			if w := s.change(t, token, "DELETE", "/Organization/"+id, "",
				""); w.Body.String() != `{"errorMessage":"","errorCode":0}` {
				t.Errorf("deleted: %s", w.Body)
			}
			if w := s.call(t, "GET", base+"/Organization/"+id, "", "Authtoken", token); w.Code != http.StatusNotFound {
				t.Errorf("after the delete: %d %s", w.Code, w.Body)
			}
			if names, _ := s.companies(t, token, ""); len(names) != 0 {
				t.Errorf("after the delete the list has %v", names)
			}
		})
	}
}

// Terraform sends a list with an empty domain. The smallest valid body has only a name.
func TestCreateCompanyWithLittle(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	made := tree(t, s.change(t, token, "POST", "/Organization",
		`{"organizationInfo":{"organization":{"connectName":"Plum & Co","emailDomainNames":[""]},"organizationProperties":{"primaryContacts":[{}]}}}`, "response."))
	if got := text(made, "response.entity.providerDomainName"); got != "plum-co" {
		t.Errorf("alias: got %q", got)
	}
	d := s.details(t, token, fmt.Sprint(at(made, "response.entity.providerId")))
	if list, _ := at(d, "organizationInfo.organization.emailDomainNames").([]any); len(list) != 0 {
		t.Errorf("domains: %v", list)
	}
	if list, _ := at(d, properties+".primaryContacts").([]any); len(list) != 0 {
		t.Errorf("contacts: %v", list)
	}
}

// echo is the body that cvpysdk sends to change one member: everything that it read in the details.
func (s *server) echo(t testing.TB, token, id, properties string) string {
	t.Helper()
	w := s.call(t, "GET", base+"/Organization/"+id, "", "Authtoken", token)
	organization := w.Body.String()
	organization = organization[len(`{"organizationInfo":{"organization":`):strings.Index(organization,
		`,"organizationProperties"`)]
	return `{"organizationInfo":{"organization":` + organization + `,"organizationProperties":` + properties +
		`}}`
}

func TestUpdateCompanyMerges(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	made := tree(t, s.change(t, token, "POST", "/Organization", creation(mediaJSON, "Orchard Ltd", "orchard"),
		"response."))
	id := fmt.Sprint(at(made, "response.entity.providerId"))
	byQuery := "/Organization?organizationId=" + id
	get := func(path string) any { t.Helper(); return at(s.details(t, token, id), path) }
	s.change(t, token, "PUT", byQuery, `{"organizationInfo":{"organization":{"description":"trees"}}}`, "error.")
	if get("organizationInfo.organization.description") != "trees" ||
		get("organizationInfo.organization.connectName") != "Orchard Ltd" ||
		get("organizationInfo.organization.emailDomainNames.0") != "orchard.example.test" ||
		get(properties+".primaryContacts.0.fullName") != "Ann Pear" {
		t.Errorf("not merged: %v", s.details(t, token, id))
	}
	// the documented form in XML, with the number in the body
	s.change(t, token, "PUT", "/Organization",
		`<Api_UpdateOrganizationPropertiesRequest><organizationInfo><organization connectName="Orchard Inc"><emailDomainNames val="a.example.test"/>`+
			`<emailDomainNames val="b.example.test"/><shortName id="`+id+
			`"/></organization></organizationInfo></Api_UpdateOrganizationPropertiesRequest>`, "error.")
	if get("organizationInfo.organization.connectName") != "Orchard Inc" ||
		get("organizationInfo.organization.emailDomainNames.1") != "b.example.test" {
		t.Errorf("not changed: %v", s.details(t, token, id))
	}
	s.change(t, token, "PUT", byQuery,
		`{"newAliasName":"plum","newCompanyName":"Plum Ltd","organizationInfo":{"organization":{"connectName":"Orchard Inc","shortName":{"id":`+id+`,"domainName":"orchard"}}}}`, "error.")
	if get("organizationInfo.organization.connectName") != "Plum Ltd" ||
		get("organizationInfo.organization.shortName.domainName") != "plum" {
		t.Errorf("not renamed: %v", s.details(t, token, id))
	}
	s.change(t, token, "PUT", byQuery,
		`{"organizationInfo":{"organizationProperties":{"primaryContacts":[{"fullName":"Bo Fig","user":{"userName":"bo@example.test"}}]}}}`, "error.")
	if get(properties+".primaryContacts.0.email") != "bo@example.test" ||
		get(properties+".primaryContacts.1") != nil {
		t.Errorf("contacts: %v", get(properties+".primaryContacts"))
	}
	s.change(t, token, "PUT", byQuery, `{"organizationInfo":{"organizationProperties":{"primaryContacts":[]}}}`,
		"error.")
	if get(properties+".primaryContacts.0") != nil {
		t.Errorf("contacts: %v", get(properties+".primaryContacts"))
	}
}

func TestUpdateCompanySwitchesTheCode(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token, o := s.admin(t), s.Organization(t, "Orchard")
	put := func(token, id, path, properties string) {
		t.Helper()
		s.change(t, token, "PUT", path, s.echo(t, token, id, properties), "error.")
	}
	tenant := s.session(t, "tenant", s.Operator(t, "tenant", tenancy.Administrator, o.ID))
	for _, c := range []struct {
		name, token, path string
		o                 tenancy.Organization
	}{
		{"by the address", token, "/Organization?organizationId=" + number(o), o},
		{"a tenant", tenant, "/Organization?organizationId=" + number(o), o},
		{"the server", token, "/Organization", tenancy.Organization{ID: tenancy.RootID}},
	} {
		put(c.token, number(c.o), c.path, `{"enableAuthCodeGen":true}`)
		first := s.code(t, c.token, c.o)
		if first == "" {
			t.Fatalf("%s: no code was made", c.name)
		}
		put(c.token, number(c.o), c.path, `{"enableAuthCodeGen":true,"authCode":"ABC"}`)
		if s.code(t, c.token, c.o) != first {
			t.Errorf("%s: an echo replaced the code", c.name)
		}
		put(c.token, number(c.o), c.path, `{}`)
		if s.code(t, c.token, c.o) != first {
			t.Errorf("%s: nothing was said of the code", c.name)
		}
		put(c.token, number(c.o), c.path, `{"enableAuthCodeGen":false}`)
		if s.code(t, c.token, c.o) != "" {
			t.Errorf("%s: the code lives", c.name)
		}
		put(c.token, number(c.o), c.path, `{"enableAuthCodeGen":false}`)
	}
	s.generate(t, token, o)
	s.change(t, token, "PUT", "/Organization?organizationId="+number(o),
		`{"organizationInfo":{"organization":{"connectName":"Pear"},"organizationProperties":{"enableAuthCodeGen":false}}}`, "error.")
	if d := s.details(t, token, number(o)); text(d, "organizationInfo.organization.connectName") != "Pear" ||
		at(d, properties+".enableAuthCodeGen") != false {
		t.Errorf("name and code at once: %v", d)
	}
}

// Each operation has its errors in its own form.
func TestCompanyChangesRefuse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	o, taken, asleep := s.Organization(t, "mine"), s.Organization(t, "taken"), s.Organization(t, "asleep")
	s.deactivate(t, asleep)
	s.deactivate(t, taken)
	auditor := s.session(t, "auditor", s.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	tenant := s.session(t, "tenant", s.Operator(t, "tenant", tenancy.Administrator, o.ID))
	const off = `{"deactivateOptions":{"disableBackup":true,"disableRestore":true,"disableLogin":true}}`
	mine, other, update := "/Organization/"+number(o), "/Organization/"+number(taken),
		"/Organization?organizationId="
	rename := func(name string) string {
		return `{"organizationInfo":{"organization":{"connectName":"` + name + `"}}}`
	}
	for _, c := range []struct {
		name, method, path, body, token, errorPath string
		status, code                               int
	}{
		{"create, no session", "POST", "/Organization", rename("x"), "", "", 401, 5},
		{"create, no right", "POST", "/Organization", rename("x"), auditor, "response", 403, 403},
		{"create, tenant", "POST", "/Organization", rename("x"), tenant, "response", 403, 403},
		{"create, no name", "POST", "/Organization", `{}`, token, "response", 400, 400},
		{"create, no body", "POST", "/Organization", ``, token, "response", 400, 400},
		{"create, wrong type", "POST", "/Organization", `{"organizationInfo":{"organization":{"connectName":7}}}`,
			token, "", 400, 400},
		{"create, wrong object", "POST", "/Organization", `{"organizationInfo":[]}`, token, "", 400, 400},
		{"create, with a code", "POST", "/Organization",
			`{"organizationInfo":{"organization":{"connectName":"x"},"organizationProperties":{"enableAuthCodeGen":true}}}`, token, "", 400, 400},
		{"create, with a code, V4", "POST", "/V4/Company",
			`{"name":"x","alias":"x","general":{"authcodeForInstallation":true}}`, token, "", 400, 400},
		{"create, wrong list", "POST", "/Organization",
			`{"organizationInfo":{"organization":{"connectName":"x","emailDomainNames":"a"}}}`, token, "", 400, 400},
		{"create, wrong contact", "POST", "/Organization",
			`{"organizationInfo":{"organizationProperties":{"primaryContacts":[7]}}}`, token, "", 400, 400},
		{"create, taken", "POST", "/Organization", rename("TAKEN"), token, "response", 200, 2},
		{"create, looks taken", "POST", "/Organization", rename("Ta\u00adken\u200b"), token, "response", 200, 2},
		{"create, nothing is seen", "POST", "/Organization", rename("\u200b"), token, "response", 400, 400},
		{"update, no session", "PUT", update + number(o), rename("x"), "", "", 401, 5},
		{"update, no right", "PUT", update + number(o), rename("x"), auditor, "error", 403, 403},
		{"update, tenant renames", "PUT", update + number(o), rename("x"), tenant, "error", 403, 403},
		{"update, foreign", "PUT", update + number(taken), rename("x"), tenant, "error", 404, 404},
		{"update, nothing, no right", "PUT", update + number(o), rename("Orchard"), auditor, "error", 403, 403},
		{"update, code without right", "PUT", update + number(o),
			`{"organizationInfo":{"organizationProperties":{"enableAuthCodeGen":true}}}`, auditor, "error", 403, 403},
		{"update, code off without right", "PUT", update + number(o),
			`{"organizationInfo":{"organizationProperties":{"enableAuthCodeGen":false}}}`, auditor, "error", 403, 403},
		{"update, unknown", "PUT", update + "7", rename("x"), token, "error", 404, 404},
		{"update, no number", "PUT", update + "x", rename("x"), token, "error", 404, 404},
		{"update, nobody", "PUT", "/Organization", rename("x"), token, "", 400, 400},
		{"update, two", "PUT", update + number(o), `{"organizationInfo":{"organization":{"shortName":{"id":` +
			number(taken) + `}}}}`, token, "", 400, 400},
		{"update, twice", "PUT", update + "1&OrganizationID=2", rename("x"), token, "", 400, 400},
		{"update, wrong type", "PUT", update + number(o),
			`{"organizationInfo":{"organizationProperties":{"enableAuthCodeGen":"maybe"}}}`, token, "", 400, 400},
		{"update, empty name", "PUT", update + number(o), rename(" "), token, "error", 400, 400},
		{"update, taken", "PUT", update + number(o), rename("taken"), token, "error", 200, 2},
		{"update, looks taken", "PUT", update + number(o), rename("\u200etaken"), token, "error", 200, 2},
		{"update, the server's name", "PUT", update + "0", rename("x"), token, "error", 200, 2},
		{"update, code of an inactive one", "PUT", update + number(asleep),
			`{"organizationInfo":{"organizationProperties":{"enableAuthCodeGen":true}}}`, token, "error", 200, 2},
		{"activate, no session", "POST", mine + "/action/activate", "", "", "", 401, 5},
		{"activate, no right", "POST", mine + "/action/activate", "", auditor, "response", 403, 403},
		{"activate, unknown", "POST", "/Organization/7/action/activate", "", token, "response", 404, 404},
		{"activate, the server", "POST", "/Organization/0/action/activate", "", token, "response", 200, 2},
		{"deactivate, no session", "POST", mine + "/action/deactivate", off, "", "", 401, 5},
		{"deactivate, no right", "POST", mine + "/action/deactivate", off, tenant, "response", 403, 403},
		{"deactivate, unknown", "POST", "/Organization/x/action/deactivate", off, token, "response", 404, 404},
		{"deactivate, the server", "POST", "/Organization/0/action/deactivate", off, token, "response", 200, 2},
		{"deactivate, nothing said", "POST", mine + "/action/deactivate", "", token, "", 400, 400},
		{"deactivate, two said", "POST", mine + "/action/deactivate", strings.ReplaceAll(off,
			`,"disableRestore":true`, ""), token, "", 400, 400},
		{"deactivate, wrong", "POST", mine + "/action/deactivate", strings.ReplaceAll(off, `"disableLogin":true`,
			`"disableLogin":7`), token, "", 400, 400},
		{"delete, no session", "DELETE", other, "", "", "", 401, 5},
		{"delete, no right", "DELETE", other, "", auditor, "", 403, 403},
		{"delete, tenant", "DELETE", mine, "", tenant, "", 403, 403},
		{"delete, unknown", "DELETE", "/Organization/7", "", token, "", 404, 404},
		{"delete, active", "DELETE", mine, "", token, "", 200, 2},
		{"delete, the server", "DELETE", "/Organization/0", "", token, "", 200, 2},
	} {
		for _, media := range []string{mediaJSON, mediaXML} {
			w := s.call(t, c.method, base+c.path, c.body, "Authtoken", c.token, "Content-Type", mediaJSON,
				"Accept", media)
			if media == mediaXML && c.errorPath == "response" { // the reader of errors knows one element
				w.Body = bytes.NewBufferString(strings.Replace(w.Body.String(), "<response ", "<error ", 1))
			}
			code, message := failure(t, w, c.errorPath, media)
			if w.Code != c.status || code != c.code || message == "" {
				t.Errorf("%s: %s: got %d, errorCode %d, %q; want %d and %d: %s", c.name, media, w.Code, code,
					message, c.status, c.code, w.Body)
			}
		}
	}
	if d := s.details(t, token, number(o)); text(d, "organizationInfo.organization.connectName") != "mine" ||
		at(d, "organizationInfo.organization.status") != float64(1) {
		t.Errorf("a refusal changed something: %v", d)
	}
}
