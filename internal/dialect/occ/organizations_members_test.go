// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// This is the sample of the vendor's pages, with the members that are stored and those that are not.
const sampleOrganization = `{"name":"Orchard","description":"Apples","active":true,"type":"company","customerType":"Preferred","dunsNumber":"123456789",
	"taxReferenceNumber":"TAX-1","vatReferenceNumber":"VAT-1","uniqueId":"U-1","externalOrganizationId":"x-1","organizationLogo":"/general/logo.jpg",
	"parentOrganization":{"id":"or-1"},"members":["110000"],"relativeRoles":[{"function":"buyer"}],"secondaryAddresses":[{"addressType":"Office","address":{}}],
	"paymentMethods":["card"],"shippingMethods":[{"id":"ground"}],"contract":{"displayName":"c"},"approvalRequired":true,"orderPriceLimit":1000,
	"delegateApprovalManagement":false,"allowPunchoutShopping":true,"punchoutUserId":"p-1","authorizationCode":"NO_AUTH_CODE",
	"derivedContract":{},"dynamicProperty":"value","anotherOne":{"deep":[1, 2.50, null, "<&>"]},"nothing":null}`

const storedSample = `"allowPunchoutShopping":true,"anotherOne":{"deep":[1,2.50,null,"<&>"]},"approvalRequired":true,"customerType":"Preferred",` +
	`"delegateApprovalManagement":false,"dunsNumber":"123456789","dynamicProperty":"value","orderPriceLimit":1000,"organizationLogo":"/general/logo.jpg",` +
	`"punchoutUserId":"p-1","taxReferenceNumber":"TAX-1","type":"company","uniqueId":"U-1","vatReferenceNumber":"VAT-1"`

func TestOrganizationMembers(t *testing.T) {
	t.Parallel()
	onEngines(t, organizationMembersOnEngine)
}

func organizationMembersOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	c.Organization(t, "first")
	const own = `{"id":"or-100002","repositoryId":"or-100002","name":"Orchard","description":"Apples","active":true,"externalOrganizationId":"x-1",`
	const links = `,"links":[{"rel":"self","href":"http://localhost:9080/ccadmin/v1/organizations/or-100002"}]}`
	want := own + storedSample + links
	if a := c.do(t, "POST", admin+"/organizations", token, sampleOrganization); a.body != want {
		t.Fatalf("created\n%s\nwant\n%s", a.body, want)
	}
	for _, expand := range []string{"",
		"?expand=priceListGroup,general,contract,approvals,addresses,shippingPayments,punchout",
		"?expand=none"} {
		if a := c.do(t, "GET", admin+"/organizations/or-100002"+expand, token, ""); a.body != want {
			t.Errorf("got %s\n%s\nwant\n%s", expand, a.body, want)
		}
	}
	a := c.do(t, "GET", admin+"/organizations?q=name+eq+%22orchard%22", token, "")
	if !strings.Contains(a.body, `"items":[`+own+storedSample+`}],`) {
		t.Errorf("listed %s", a.body)
	}
	a = c.do(t, "GET", admin+"/organizations?expand=basic&sort=id:asc", token, "")
	if !strings.Contains(a.body,
		`"items":[{"id":"or-100001","repositoryId":"or-100001","name":"first","active":true},`+
			`{"id":"or-100002","repositoryId":"or-100002","name":"Orchard","active":true,"organizationLogo":"/general/logo.jpg"}]`) {
		t.Errorf("listed with expand=basic: %s", a.body)
	}
	if a := c.do(t, "GET", admin+"/organizations/or-100002?fields=dunsNumber,anotherOne.deep", token,
		""); a.body != `{"anotherOne":{"deep":[1,2.50,null,"<&>"]},"dunsNumber":"123456789"}` {
		t.Errorf("fields: %s", a.body)
	}
	// An update is partial: absent members stay, and null and the empty text remove members.
	a = c.do(t, "PUT", admin+"/organizations/or-100002", token, `{"id":"or-100002","repositoryId":"or-100002","active":null,"dunsNumber":null,"customerType":"",
		"vatReferenceNumber":"","approvalRequired":false,"orderPriceLimit":null,"anotherOne":null,"dynamicProperty":7,"links":[]}`)
	for name, value := range map[string]any{"name": "Orchard", "active": true, "type": "company",
		"dynamicProperty": 7.0, "approvalRequired": false} {
		if a.json[name] != value {
			t.Errorf("%s is %v", name, a.json[name])
		}
	}
	for _, name := range []string{"dunsNumber", "customerType", "vatReferenceNumber", "orderPriceLimit",
		"anotherOne"} {
		if _, is := a.json[name]; is || a.status != 200 {
			t.Errorf("%s is still there: %s", name, a.body)
		}
	}
	// The client can send back what it read.
	got := c.do(t, "GET", admin+"/organizations/or-100002", token, "")
	if a := c.do(t, "PUT", admin+"/organizations/or-100002", token, got.body); a.body != got.body {
		t.Errorf("sent again: %s", a.body)
	}
	for _, request := range [][2]string{{"POST", "/organizations?expand=none"},
		{"PUT", "/organizations/or-100002?expand=none"}} {
		a := c.do(t, request[0], admin+request[1], token, `{"name":"short answer"}`)
		if request[0] == "PUT" {
			a = c.do(t, request[0], admin+request[1], token, `{"description":"d"}`)
		}
		if len(a.json) != 1 || !strings.HasPrefix(a.text("id"), "or-10000") {
			t.Errorf("%s: %d %s", request, a.status, a.body)
		}
	}
}

func TestOrganizationMembersRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	o := c.Organization(t, "o").ID.String()
	for member, field := range map[string]string{
		`"type":"Company"`: "type", `"type":7`: "type", `"customerType":"standard"`: "customerType",
		`"customerType":["OEM"]`:  "customerType",
		`"dunsNumber":"12345678"`: "dunsNumber", `"dunsNumber":"1234567890"`: "dunsNumber",
		`"dunsNumber":"12345678x"`: "dunsNumber",
		`"dunsNumber":123456789`:   "dunsNumber", `"dunsNumber":"１２３"`: "dunsNumber",
		`"taxReferenceNumber":1`:  "taxReferenceNumber",
		`"vatReferenceNumber":{}`: "vatReferenceNumber", `"uniqueId":"a\nb"`: "uniqueId", `"uniqueId":"` +
			strings.Repeat("x", 255) + `"`: "uniqueId",
		`"organizationLogo":true`: "organizationLogo", `"punchoutUserId":"\u0000"`: "punchoutUserId",
		`"allowPunchoutShopping":"true"`: "allowPunchoutShopping",
		`"delegateApprovalManagement":1`: "delegateApprovalManagement", `"approvalRequired":{}`: "approvalRequired",
		`"orderPriceLimit":-1`:  "orderPriceLimit",
		`"orderPriceLimit":"1"`: "orderPriceLimit", `"orderPriceLimit":1e999`: "orderPriceLimit",
		`"approvalRequired":true`:                        "orderPriceLimit",
		`"approvalRequired":true,"orderPriceLimit":null`: "orderPriceLimit", `"active":"yes"`: "active",
		`"description":7`:             "description",
		`"externalOrganizationId":{}`: "externalOrganizationId", `"authorizationCode":"mine"`: "authorizationCode",
		`"errorCode":"1"`: "errorCode", `"ERROR":1`: "ERROR", `"o:errorPath":1`: "o:errorPath",
		`"commvault:primaryContacts":null`: "commvault:primaryContacts", `"___etag___":1`: "___etag___",
		`"__proto__":{}`: "__proto__",
		`"ID":"or-5"`:    "ID", `"Links":[]`: "Links", `"DunsNumber":"x"`: "DunsNumber",
		`"repositoryID":"x"`: "repositoryID", `"Name":"x"`: "Name",
		`"deep":` + strings.Repeat("[", 9) + strings.Repeat("]", 9): "deep", `"":1`: "", `"` +
			strings.Repeat("n", 101) + `":1`: "",
		`"big":"` + strings.Repeat("x", 17000) + `"`: "",
	} {
		for _, at := range [][2]string{{"POST", "/organizations"}, {"PUT", "/organizations/" + o}} {
			a := c.do(t, at[0], admin+at[1], token, `{"name":"n",`+member+`}`)
			wantError(t, at[0]+fmt.Sprintf(" %.60s", member), a, 400, "100000")
			if a.text("o:errorPath") != field {
				t.Errorf("%.60s: the field is %q", member, a.text("o:errorPath"))
			}
		}
	}
	body := `{"name":7,"type":"x","dunsNumber":"1","approvalRequired":true,"errors":[],"id":"x"}`
	a := c.do(t, "POST", admin+"/organizations", token, body)
	golden(t, "error_several_members", "POST "+admin+"/organizations\n"+body, a)
	if got, err := c.GetOrganization(t.Context(), c.Root(), 100001); err != nil || got.Name != "o" ||
		got.Properties != nil {
		t.Errorf("something was kept: %+v, %v", got, err)
	}
	many := map[string]int{"name": 0}
	for i := range 65 {
		many[fmt.Sprint("p", i)] = i
	}
	sent, _ := json.Marshal(many)
	wantError(t, "too many", c.do(t, "PUT", admin+"/organizations/"+o, token, strings.Replace(string(sent),
		`"name":0`, `"name":"n"`, 1)), 400, "100000")
}

func TestApprovalNeedsALimit(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token, agentToken := c.admin(t, admin), c.admin(t, agent)
	c.Organization(t, "o")
	put := func(body string) answer {
		return c.do(t, "PUT", agent+"/organizations/or-100001", agentToken, body)
	}
	wantError(t, "none kept", put(`{"approvalRequired":true}`), 400, "100000")
	for _, body := range []string{`{"orderPriceLimit":12.50}`, `{"approvalRequired":true}`,
		`{"orderPriceLimit":0}`} {
		if a := put(body); a.status != 200 {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	wantError(t, "taken away while it is needed", put(`{"orderPriceLimit":null}`), 400, "100000")
	wantError(t, "taken away while nobody said no approval",
		put(`{"orderPriceLimit":null,"approvalRequired":null}`), 400, "100000")
	if a := put(`{"orderPriceLimit":null,"approvalRequired":false}`); a.status != 200 {
		t.Errorf("both taken away: %d %s", a.status, a.body)
	}
	wantError(t, "unknown", c.do(t, "PUT", admin+"/organizations/or-7", token, `{"approvalRequired":true}`), 404,
		"100001")
	auditor := c.operator(t, admin, "auditor", c.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	wantError(t, "no permission", c.do(t, "PUT", admin+"/organizations/or-100001", auditor,
		`{"approvalRequired":true,"orderPriceLimit":1}`), 403, "403")
}

// The errors of the wire and those of the domain are in one answer, and nothing is done. A member with two
// errors has one of them in the answer.
func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	c.Organization(t, "o")
	filed := c.do(t, "POST", store+"/organizationRequests", "", `{"name":"a"}`).json["id"]
	long := `"` + strings.Repeat("x", 1001) + `"`
	organization := `{"name":7,"type":"x","description":` + long + `,"note":[[[[[[[[[1]]]]]]]]]}`
	request := `{"name":[],"requesterComments":7,"relatedOrganizationName":"a\nb","status":{},"organization":{"type":"x","description":` + long + `},"profile":{"email":"x","lastName":7}}`
	inRequest := []string{"name", "organization.description", "organization.type", "profile.email",
		"profile.lastName", "relatedOrganizationName", "requesterComments", "status"}
	for _, e := range []struct {
		method, path, body string
		fields             []string
	}{
		{"POST", admin + "/organizations", organization, []string{"description", "name", "note", "type"}},
		{"PUT", admin + "/organizations/or-100001", organization, []string{"description", "name", "note", "type"}},
		{"POST", store + "/organizationRequests", request, inRequest},
		{"PUT", admin + fmt.Sprintf("/organizationRequests/%v", filed), request, inRequest},
		{"PUT", admin + fmt.Sprintf("/organizationRequests/%v", filed),
			`{"name":null,"profile":[],"organization":{"name":" "}}`, []string{"name", "organization.name",
				"profile"}},
	} {
		a := c.do(t, e.method, e.path, token, e.body)
		wantError(t, e.path, a, 400, "100000")
		var fields []string
		for _, one := range a.json["errors"].([]any) {
			fields = append(fields, one.(map[string]any)["o:errorPath"].(string))
		}
		slices.Sort(fields)
		if diff := cmp.Diff(e.fields, fields); diff != "" {
			t.Errorf("%s %s: %s", e.method, e.path, diff)
		}
	}
	if a := c.do(t, "GET", admin+"/organizations", token, ""); a.json["total"] != 1.0 {
		t.Errorf("something was made: %s", a.body)
	}
}

// On the trees of agents only the limits for approvals and the custom properties can be changed.
func TestOrganizationsOnCcagent(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.Organization(t, "o")
	for tree, token := range map[string]string{agent: c.admin(t, agent),
		appagent: c.application(t, appagent, c.Application(t, "a").KeyText.Reveal())} {
		path := tree + "/organizations/or-100001"
		a := c.do(t, "PUT", path, token,
			`{"id":"or-100001","approvalRequired":true,"orderPriceLimit":1000,"dynamicProperty":"value","members":[]}`)
		if a.status != 200 || a.text("dynamicProperty") != "value" || a.json["orderPriceLimit"] != 1000.0 {
			t.Errorf("%d %s", a.status, a.body)
		}
		for _, member := range []string{`"name":"n"`, `"description":"d"`, `"active":false`,
			`"externalOrganizationId":"x"`, `"authorizationCode":null`, `"type":"none"`,
			`"customerType":"OEM"`, `"dunsNumber":"123456789"`, `"taxReferenceNumber":"x"`, `"vatReferenceNumber":"x"`,
			`"uniqueId":"x"`, `"organizationLogo":"x"`,
			`"punchoutUserId":"x"`, `"allowPunchoutShopping":true`, `"delegateApprovalManagement":true`} {
			wantError(t, tree+" "+member, c.do(t, "PUT", path, token, "{"+member+"}"), 400, "100000")
		}
		if got := c.do(t, "GET", path, token, ""); got.body != a.body {
			t.Errorf("then %s", got.body)
		}
		wantError(t, tree+" create", c.do(t, "POST", tree+"/organizations", token, `{"name":"n"}`), 405, "405")
		wantError(t, tree+" delete", c.do(t, "DELETE", path, token, ""), 405, "405")
	}
}

func TestChosenIDs(t *testing.T) {
	t.Parallel()
	onEngines(t, chosenIDsOnEngine)
}

func chosenIDsOnEngine(t *testing.T, c *client) {
	token := c.application(t, app, c.Application(t, "a").KeyText.Reveal())
	ids := map[string]string{`"or-200000"`: "or-200000", `"200001"`: "or-200001", `200002`: "or-200002",
		`null`: "or-200003", `7`: "or-7"}
	for _, id := range slices.Sorted(maps.Keys(ids)) { // by their spelling: null comes last
		a := c.do(t, "POST", app+"/organizations", token, `{"name":`+fmt.Sprintf("%q",
			"of "+ids[id])+`,"id":`+id+`}`)
		if a.text("id") != ids[id] || a.text("repositoryId") != ids[id] {
			t.Errorf("%s: %d %s", id, a.status, a.body)
		}
	}
	for _, id := range []string{`"or-7"`, `0`, `"or-0"`, `-1`, `1.5`, `1e3`, `"or--1"`, `"bb-5"`, `""`, `"or-"`,
		`"or-007"`, `"abc"`, `true`, `[]`, `{"id":1}`, `99999999999999999999`, `1000000000`} {
		a := c.do(t, "POST", app+"/organizations", token, `{"name":"x","id":`+id+`}`)
		wantError(t, id, a, 400, "100000")
	}
	wantError(t, "another id in a PUT", c.do(t, "PUT", app+"/organizations/or-7", token, `{"id":"or-200000"}`),
		400, "100000")
	for _, id := range []string{`"or-7"`, `7`, `"7"`, `null`} {
		if a := c.do(t, "PUT", app+"/organizations/or-7", token, `{"id":`+id+`}`); a.status != 200 {
			t.Errorf("the same id in a PUT: %d %s", a.status, a.body)
		}
	}
}

func TestNoChosenIDs(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(o *tenancytest.Options) { o.CustomOrganizationIDs = false })
	token := c.admin(t, admin)
	wantError(t, "chosen", c.do(t, "POST", admin+"/organizations", token, `{"name":"x","id":"or-5"}`), 400,
		"100000")
	if a := c.do(t, "POST", admin+"/organizations", token, `{"name":"x","id":null}`); a.text(
		"id") != "or-100001" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// A property of another wire is never shown as a member of this one.
func TestForeignPropertiesShadowNothing(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	o, err := c.CreateOrganization(t.Context(), c.Root(), tenancy.CreateOrganizationParams{Name: "real",
		Properties: tenancy.Properties{
			"id": json.RawMessage(`"or-5"`), "name": json.RawMessage(`"false"`), "Active": json.RawMessage("false"),
			"links":     json.RawMessage("[]"),
			"errorCode": json.RawMessage(`"1"`), "commvault:primaryContacts": json.RawMessage("[]"),
			"a\"b": json.RawMessage("1")}})
	if err != nil {
		t.Fatal(err)
	}
	a := c.do(t, "GET", admin+"/organizations/"+o.ID.String(), c.admin(t, admin), "")
	want := `{"id":"or-100001","repositoryId":"or-100001","name":"real","description":null,"active":true,"externalOrganizationId":null,"a\"b":1,` +
		`"links":[{"rel":"self","href":"http://localhost:9080/ccadmin/v1/organizations/or-100001"}]}`
	if a.body != want {
		t.Errorf("got %s", a.body)
	}
}

// The golden files have the wire of organizations.
func TestOrganizationExamples(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	exchange := func(name, method, path, body string) {
		t.Helper()
		golden(t, name, strings.TrimSpace(method+" "+path+"\n"+body), c.do(t, method, path, token, body))
	}
	exchange("createOrganization", "POST", admin+"/organizations", sampleOrganization)
	exchange("createOrganization_none", "POST", admin+"/organizations?expand=none",
		`{"id":"or-200000","name":"Birch"}`)
	exchange("getOrganization", "GET", admin+"/organizations/or-100001", "")
	exchange("updateOrganization", "PUT", admin+"/organizations/or-100001",
		`{"dynamicProperty":"dynamicProperty value","approvalRequired":true,"orderPriceLimit":1000}`)
	exchange("listOrganizations", "GET", admin+"/organizations?limit=2&sort=name:asc", "")
	exchange("listOrganizations_basic", "GET", admin+"/organizations?expand=basic&limit=2&sort=name:asc", "")
}
