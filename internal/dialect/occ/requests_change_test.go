// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/tenancy"
)

const fullRequest = `{"name":"Birch Tools","requesterComments":"We buy weekly","relatedOrganizationName":"Forest","siteId":"ignored",
	"organization":{"name":"Birch Tools Ltd","description":"Wood","type":"company","customerType":"Standard","taxReferenceNumber":"TAX1","vatReferenceNumber":"VAT1",
		"dunsNumber":"123456789","uniqueId":"U1","externalOrganizationId":"EXT1","partyId":"P1","partyNumber":"","x_fleet":{"trucks":[1,2]},
		"active":true,"id":"or-7","authorizationCode":"mine","allowPunchoutShopping":true,"contract":{"catalogId":"c"},
		"secondaryAddresses":[{"addressType":"Home","address":{"city":"Bergen"}}]},
	"profile":{"firstName":"Ada","lastName":"Birch","email":"ada@example.test","customerContactId":"CRM1","x_phone":"1","password":"not kept","roles":["admin"]}}`

// fileFull submits everything that a requester may send, and returns the path of the request.
func (c *client) fileFull(t *testing.T) string {
	t.Helper()
	a := c.do(t, "POST", store+"/organizationRequests", "", fullRequest)
	id, ok := a.json["id"].(float64)
	if a.status != 200 || !ok {
		t.Fatalf("file: %d %s", a.status, a.body)
	}
	return fmt.Sprintf("/organizationRequests/%d", int(id))
}

// shown compares members of an answer with the expected JSON.
func shown(t *testing.T, what string, got any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

const (
	organizationStatic = `"id":"or-100001","repositoryId":"or-100001","name":"Birch Tools Ltd","description":"Wood","active":false,"externalOrganizationId":"EXT1",
		"type":"company","customerType":"Standard","taxReferenceNumber":"TAX1","vatReferenceNumber":"VAT1","dunsNumber":"123456789","uniqueId":"U1",
		"partyId":"P1"`
	profileStatic = `"id":"bb-100001","repositoryId":"bb-100001","active":false,"firstName":"Ada","lastName":"Birch","email":"ada@example.test","customerContactId":"CRM1"`
)

func TestSubmitInFull(t *testing.T) {
	t.Parallel()
	onEngines(t, submitInFullOnEngine)
}

// The members that a requester may set are stored, and shown if they are expanded. Other members are not
// stored.
func submitInFullOnEngine(t *testing.T, c *client) {
	path := c.fileFull(t)
	token := c.admin(t, agent)
	const organizationOnly, profileOnly = `{"id":"or-100001"}`, `{"id":"bb-100001"}`
	const organizationAll, profileAll = `{` + organizationStatic + `,"x_fleet":{"trucks":[1,2]}}`, `{` +
		profileStatic + `,"x_phone":"1"}`
	for query, want := range map[string][2]string{
		"":                                  {organizationOnly, profileOnly},
		"?expand=":                          {organizationOnly, profileOnly},
		"?expand=none,everything":           {organizationOnly, profileOnly},
		"?expand=profile":                   {organizationOnly, `{` + profileStatic + `}`},
		"?expand=profileAll":                {organizationOnly, profileAll},
		"?expand=organization":              {`{` + organizationStatic + `}`, profileOnly},
		"?expand=organizationAll":           {organizationAll, profileOnly},
		"?expand=organizationAddresses":     {`{"id":"or-100001","secondaryAddresses":[]}`, profileOnly},
		"?expand=profile,%20organization":   {`{` + organizationStatic + `}`, `{` + profileStatic + `}`},
		"?expand=profile&expand=profileAll": {organizationOnly, profileAll},
		"?expand=requestAll": {strings.TrimSuffix(organizationAll, "}") +
			`,"secondaryAddresses":[]}`, profileAll},
	} {
		a := c.do(t, "GET", agent+path+query, token, "")
		if a.status != 200 || a.text("name") != "Birch Tools" || a.text("status") != "new" ||
			a.text("requesterComments") != "We buy weekly" ||
			a.text("relatedOrganizationName") != "Forest" || a.json["id"] != 100001.0 ||
			a.text("creationTime") == "" || len(a.json["links"].([]any)) != 1 || len(a.json) != 10 {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
		shown(t, query+" organization", a.json["organization"], want[0])
		shown(t, query+" profile", a.json["profile"], want[1])
	}
	a := c.do(t, "GET", agent+"/organizationRequests?expand=requestAll", token, "")
	shown(t, "in a list", a.json["items"].([]any)[0].(map[string]any)["organization"], organizationOnly)
}

// The approved organization has what the request said.
func TestApprovedInFull(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path, token := c.fileFull(t), c.admin(t, admin)
	if a := c.do(t, "POST", admin+path+"/approve", token, ""); a.status != 200 {
		t.Fatal(a.body)
	}
	a := c.do(t, "GET", admin+"/organizations/or-100001", token, "")
	if a.status != 200 || a.text("name") != "Birch Tools Ltd" || a.text("externalOrganizationId") != "EXT1" ||
		a.json["active"] != true {
		t.Errorf("%d %s", a.status, a.body)
	}
	a = c.do(t, "GET", admin+path+"?expand=requestAll", token, "")
	shown(t, "organization", a.json["organization"], `{`+strings.Replace(organizationStatic, `"active":false`,
		`"active":true`, 1)+`,"x_fleet":{"trucks":[1,2]},"secondaryAddresses":[]}`)
	shown(t, "profile", a.json["profile"], `{`+strings.Replace(profileStatic, `"active":false`, `"active":true`,
		1)+`,"x_phone":"1"}`)
}

func TestSubmitRefuses(t *testing.T) {
	t.Parallel()
	onEngines(t, submitRefusesOnEngine)
}

func submitRefusesOnEngine(t *testing.T, c *client) {
	long := strings.Repeat("x", 255)
	organization := func(member, value string) string {
		return `{"name":"a","organization":{"` + member + `":` + value + `}}`
	}
	profile := func(member, value string) string {
		return `{"name":"a","profile":{"` + member + `":` + value +
			`}}`
	}
	many := `{"name":"a","organization":{"x":1`
	for i := range 64 {
		many += fmt.Sprintf(`,"x%d":1`, i)
	}
	for _, e := range []struct{ name, body, code, path string }{
		{"a type that is none", organization("type", `"club"`), "100000", "organization.type"},
		{"a type in another letter case", organization("type", `"Company"`), "100000", "organization.type"},
		{"a type that is no text", organization("type", `7`), "100000", "organization.type"},
		{"a customer type that is none", organization("customerType", `"Gold"`), "100000",
			"organization.customerType"},
		{"DUNS of eight digits", organization("dunsNumber", `"12345678"`), "100000", "organization.dunsNumber"},
		{"DUNS of ten digits", organization("dunsNumber", `"1234567890"`), "100000", "organization.dunsNumber"},
		{"DUNS with a letter", organization("dunsNumber", `"12345678a"`), "100000", "organization.dunsNumber"},
		{"DUNS of other digits", organization("dunsNumber", `"١٢٣"`), "100000", "organization.dunsNumber"},
		{"DUNS as a number", organization("dunsNumber", `123456789`), "100000", "organization.dunsNumber"},
		{"a tax number of two lines", organization("taxReferenceNumber", `"a\nb"`), "100000",
			"organization.taxReferenceNumber"},
		{"a tax number too long", organization("taxReferenceNumber", `"`+long+`"`), "00004",
			"organization.taxReferenceNumber"},
		{"a name too long", `{"name":"` + long + `"}`, "00004", "name"},
		{"an organization's name too long", organization("name", `"`+long+`"`), "00004", "organization.name"},
		{"comments too long", `{"name":"a","requesterComments":"` + strings.Repeat("x", 1001) + `"}`, "00004",
			"requesterComments"},
		{"a related name too long", `{"name":"a","relatedOrganizationName":"` + long + `"}`, "00004",
			"relatedOrganizationName"},
		{"a contact id too long", profile("customerContactId", `"`+long+`"`), "00004", "profile.customerContactId"},
		{"a first name too long", profile("firstName", `"`+long+`"`), "00004", "profile.firstName"},
		{"a first name that is no text", profile("firstName", `[]`), "100000", "profile.firstName"},
		{"an address that is none", profile("email", `"x"`), "100000", "profile.email"},
		{"a member too deep", organization("x", strings.Repeat("[", 9)+strings.Repeat("]", 9)), "100000",
			"organization.x"},
		{"a member without a name", organization("", `1`), "100000", "organization"},
		{"a member with a long name", profile(strings.Repeat("n", 101), `1`), "100000", "profile"},
		{"a reserved name", organization("errorCode", `"1"`), "100000", "organization.errorCode"},
		{"a name of ours in another letter case", organization("Type", `"company"`), "100000", "organization.Type"},
		{"too many members", many + "}}", "100000", "organization"},
		{"members too large", profile("x", `"`+strings.Repeat("x", 17<<10)+`"`), "100000", "profile"},
		{"an organization that is a text", `{"name":"a","organization":"b"}`, "100000", "organization"},
		{"comments of another type", `{"name":"a","requesterComments":7}`, "100000", "requesterComments"},
	} {
		a := c.do(t, "POST", store+"/organizationRequests", "", e.body)
		wantError(t, e.name, a, 400, e.code)
		if a.text("o:errorPath") != e.path {
			t.Errorf("%s: o:errorPath is %q, want %q: %s", e.name, a.text("o:errorPath"), e.path, a.body)
		}
	}
	if a := c.do(t, "GET", admin+"/organizationRequests", c.admin(t, admin), ""); a.json["total"] != 0.0 {
		t.Errorf("something of all that stayed: %s", a.body)
	}
}

func TestUpdateOrganizationRequest(t *testing.T) {
	t.Parallel()
	onEngines(t, updateOrganizationRequestOnEngine)
}

func updateOrganizationRequestOnEngine(t *testing.T, c *client) {
	path, token := c.fileFull(t), c.admin(t, admin)
	a := c.do(t, "PUT", admin+path+"?expand=requestAll", token, `{"name":"Birch","status":"review","relatedOrganizationName":null,
		"organization":{"customerType":"Preferred","dunsNumber":null,"uniqueId":"","x_fleet":null,"x_new":1,"active":true},"profile":{"lastName":null,"email":"b@example.test"}}`)
	if a.status != 200 || a.text("name") != "Birch" || a.text("status") != "review" ||
		a.json["relatedOrganizationName"] != nil || a.text("requesterComments") != "We buy weekly" {
		t.Errorf("update: %d %s", a.status, a.body)
	}
	shown(t, "organization", a.json["organization"], `{`+strings.NewReplacer("Standard", "Preferred",
		`"dunsNumber":"123456789",`, "", `"uniqueId":"U1",`,
		"").Replace(organizationStatic)+`,"x_new":1,"secondaryAddresses":[]}`)
	shown(t, "profile", a.json["profile"], `{`+strings.NewReplacer(`"Birch"`, "null", "ada@",
		"b@").Replace(profileStatic)+`,"x_phone":"1"}`)
	if b := c.do(t, "GET", admin+path+"?expand=requestAll", token, ""); b.body != a.body {
		t.Errorf("what is stored is not what was answered:\n%s\n%s", a.body, b.body)
	}
	if a := c.do(t, "GET", admin+"/organizationRequests?q=profile.email%20eq%20%22b@example.test%22", token,
		""); a.json["total"] != 1.0 {
		t.Errorf("not found by its new address: %s", a.body)
	}
	key := c.application(t, app, c.Application(t, "a").KeyText.Reveal())
	a = c.do(t, "PUT", app+path, key, `{"name":"Birch","status":"moreInfoNeeded"}`)
	if a.status != 200 || a.text("status") != "moreInfoNeeded" ||
		len(a.json["organization"].(map[string]any)) != 1 {
		t.Errorf("as an application: %d %s", a.status, a.body)
	}
	for name, e := range map[string]struct{ path, body, code string }{
		"no body":           {path, "", "100000"},
		"no name":           {path, `{"status":"review"}`, "100000"},
		"name null":         {path, `{"name":null}`, "100000"},
		"a blank name":      {path, `{"name":" "}`, "100000"},
		"approved":          {path, `{"name":"a","status":"approved"}`, "100000"},
		"rejected":          {path, `{"name":"a","status":"rejected"}`, "100000"},
		"new":               {path, `{"name":"a","status":"new"}`, "100000"},
		"an unknown status": {path, `{"name":"a","status":"Review"}`, "100000"},
		"an unknown type":   {path, `{"name":"a","organization":{"type":"club"}}`, "100000"},
		"a name taken away": {path, `{"name":"a","organization":{"name":null}}`, "100000"},
		"comments too long": {path, `{"name":"a","requesterComments":"` + strings.Repeat("x", 1001) + `"}`,
			"100000"},
		"nobody's": {"/organizationRequests/999999", `{"name":"a"}`, "101001"},
		"of no id": {"/organizationRequests/or-100001", `{"name":"a"}`, "101001"},
	} {
		status := map[bool]int{true: 404, false: 400}[e.code == "101001"]
		wantError(t, name, c.do(t, "PUT", admin+e.path, token, e.body), status, e.code)
	}
	wantError(t, "on the agents' tree", c.do(t, "PUT", agent+path, c.admin(t, agent), `{"name":"a"}`), 405,
		"405")
	auditor := c.operator(t, admin, "auditor", c.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	wantError(t, "as an auditor", c.do(t, "PUT", admin+path, auditor, `{"name":"a"}`), 403, "403")
	if a := c.do(t, "POST", admin+path+"/reject", token, ""); a.status != 200 {
		t.Fatal(a.body)
	}
	wantError(t, "decided", c.do(t, "PUT", admin+path, token, `{"name":"a","status":"review"}`), 400, "101008")
}

func TestDeleteOrganizationRequest(t *testing.T) {
	t.Parallel()
	onEngines(t, deleteOrganizationRequestOnEngine)
}

func deleteOrganizationRequestOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	key := c.Application(t, "a").KeyText.Reveal()
	trees := map[string]string{admin: c.application(t, admin, key), app: c.application(t, app, key)}
	for tree, application := range trees {
		path := c.fileFull(t)
		a := c.do(t, "DELETE", admin+path, token, "")
		wantError(t, "as an operator", a, 403, "403")
		if !strings.Contains(a.text("message"), "applications") {
			t.Errorf("an operator does not see why: %s", a.body)
		}
		if a := c.do(t, "DELETE", tree+path, application, `{"op":"left over"}`); a.status != 200 || a.body != "" ||
			a.header.Get("Content-Length") != "0" {
			t.Errorf("%s: %d %q %v", tree, a.status, a.body, a.header)
		}
		wantError(t, "again", c.do(t, "DELETE", tree+path, application, ""), 404, "101001")
		wantError(t, "get", c.do(t, "GET", tree+path, application, ""), 404, "101001")
		wantError(t, "approve", c.do(t, "POST", tree+path+"/approve", application, ""), 404, "101000")
	}
	wantError(t, "of no id", c.do(t, "DELETE", admin+"/organizationRequests/x", trees[admin], ""), 404,
		"101001")
	path := c.fileFull(t)
	c.do(t, "POST", admin+path+"/approve", token, "")
	org := c.do(t, "GET", admin+path, token, "").json["organization"].(map[string]any)["id"].(string)
	wantError(t, "let in", c.do(t, "DELETE", admin+path, trees[admin], ""), 400, "100000")
	c.do(t, "PUT", admin+"/organizations/"+org, token, `{"active":false}`)
	if a := c.do(t, "DELETE", admin+path, trees[admin], ""); a.status != 200 || a.body != "" {
		t.Errorf("switched off: %d %s", a.status, a.body)
	}
	wantError(t, "its organization", c.do(t, "GET", admin+"/organizations/"+org, token, ""), 404, "100001")
	if a := c.do(t, "GET", admin+"/organizationRequests", token, ""); a.json["total"] != 0.0 {
		t.Errorf("what stayed: %s", a.body)
	}
}
