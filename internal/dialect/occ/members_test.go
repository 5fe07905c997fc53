// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"strings"
	"testing"
)

// A member has one spelling in every body and is sent once. A name that differs only in letter case would
// hide the known member, or would be ignored although it was meant.
func TestSpellingsOfMembers(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	o := "/organizations/" + c.Organization(t, "Birch").ID.String()
	application := "/applicationIds/" + c.Application(t, "kept").ID
	request := c.fileFull(t)
	for _, e := range []struct{ method, path, body, field string }{
		{"POST", "/organizations", `{"name":"real","Name":"shadow"}`, "Name"},
		{"POST", "/organizations", `{"name":"real","NAME":null}`, "NAME"},
		{"POST", "/organizations", `{"name":"real","name":"shadow"}`, "name"},
		{"POST", "/organizations", `{"name":"real","x":{"y":1,"y":2}}`, "x.y"},
		{"POST", "/organizations", `{"name":"real","x_size":1e400}`, "x_size"}, // a double holds it not
		{"PUT", o, `{"x_list":[1,{"a":-1e309}]}`, "x_list.a"},
		{"POST", "/organizationRequests", `{"name":"a","profile":{"x":1e400}}`, "profile.x"},
		{"PUT", o, `{"name":"real","Active":false}`, "Active"},
		{"PUT", o, `{"active":false,"active":true}`, "active"},
		{"PUT", o, `{"AuthorizationCode":null}`, "AuthorizationCode"},
		{"POST", "/applicationIds", `{"name":"real","Name":"shadow","type":"extension"}`, "name"},
		{"POST", "/applicationIds", `{"name":"real","type":"extension","Type":"application"}`, "type"},
		{"POST", "/applicationIds", `{"name":"real","type":"application","lifetimedays":1}`, "lifetimeDays"},
		{"POST", "/applicationIds", `{"name":"real","type":"extension","type":"application"}`, "type"},
		{"PUT", application, `{"name":"real","Name":"shadow"}`, "name"},
		{"PUT", application, `{"name":"real","TYPE":"extension"}`, "type"},
		{"POST", application, `{"op":"genAuthToken","Op":"x","type":"application"}`, "op"},
		{"POST", application, `{"OP":"genAuthToken","type":"application"}`, "op"},
		{"POST", application, `{"op":"genAuthToken","type":"application","type":"application"}`, "type"},
		{"POST", "/extensions/id", `{"name":"real","nAME":"shadow"}`, "name"},
		{"POST", "/extensions/id", `{"Name":"shadow"}`, "name"},
		{"POST", "/organizationRequests", `{"name":"real","Name":"shadow"}`, "name"},
		{"POST", "/organizationRequests", `{"Name":"shadow"}`, "name"},
		{"POST", "/organizationRequests", `{"name":"a","Organization":{"name":"b"}}`, "organization"},
		{"POST", "/organizationRequests", `{"name":"a","profile":{},"PROFILE":{"email":"ada@example.test"}}`,
			"profile"},
		{"POST", "/organizationRequests", `{"name":"a","RequesterComments":"b"}`, "requesterComments"},
		{"POST", "/organizationRequests", `{"name":"a","relatedorganizationname":"b"}`, "relatedOrganizationName"},
		{"POST", "/organizationRequests", `{"name":"a","\u017ftatus":"b"}`, "status"}, // a long s
		{"POST", "/organizationRequests", `{"name":"a","organization":{"name":"b","Name":"c"}}`,
			"organization.Name"},
		{"POST", "/organizationRequests", `{"name":"a","organization":{"name":"b","name":"c"}}`,
			"organization.name"},
		{"POST", "/organizationRequests", `{"name":"a","organization":{"PartyId":"c"}}`, "organization.PartyId"},
		{"POST", "/organizationRequests", `{"name":"a","organization":{"PARTYNUMBER":"c"}}`,
			"organization.PARTYNUMBER"},
		{"POST", "/organizationRequests", `{"name":"a","organization":{"Contract":{}}}`, "organization.Contract"},
		{"POST", "/organizationRequests",
			`{"name":"a","profile":{"email":"ada@example.test","Email":"eve@example.test"}}`, "profile.Email"},
		{"POST", "/organizationRequests",
			`{"name":"a","profile":{"email":"ada@example.test","email":"eve@example.test"}}`, "profile.email"},
		{"POST", "/organizationRequests", `{"name":"a","profile":{"firstname":"Ada"}}`, "profile.firstname"},
		{"POST", "/organizationRequests", `{"name":"a","profile":{"CustomerContactID":"x"}}`,
			"profile.CustomerContactID"},
		{"POST", "/organizationRequests", `{"name":"a","profile":{"Password":"x"}}`, "profile.Password"},
		{"POST", "/organizationRequests", `{"name":"a","profile":{"x":[{"y":1,"y":2}]}}`, "profile.x.y"},
		{"PUT", request, `{"name":"real","Name":"shadow"}`, "name"},
		{"PUT", request, `{"name":"real","Status":"review"}`, "status"},
		{"PUT", request, `{"name":"real","profile":{"LastName":"Eve"}}`, "profile.LastName"},
		{"POST", request + "/approve", `{"approvercomments":"a"}`, "approverComments"},
		{"POST", request + "/approve", `{"approverComments":"a","approverComments":"b"}`, "approverComments"},
		{"POST", request + "/reject", `{"approverComments":"a","ApproverComments":"b"}`, "approverComments"},
	} {
		tree := admin
		if e.method == "POST" && e.path == "/organizationRequests" {
			tree = store
		}
		a := c.do(t, e.method, tree+e.path, token, e.body)
		if a.status != 400 || a.text("o:errorPath") != e.field || a.text("message") == "" {
			t.Errorf("%s %s %s: got %d %s, want 400 about %s", e.method, e.path, e.body, a.status, a.body,
				e.field)
		}
	}
	for path, want := range map[string]string{"/organizations": `"totalResults":1,`, o: `"name":"Birch"`,
		application: `"name":"kept"`, request: `"status":"new"`, "/organizationRequests": `"totalResults":1,`} {
		if a := c.do(t, "GET", admin+path, token, ""); !strings.Contains(a.body, want) {
			t.Errorf("%s: something was done: %s", path, a.body)
		}
	}
	if a := c.do(t, "PUT", admin+o, token,
		`{"x":{"a":1,"A":2},"y":[{"a":1},{"a":2}],"colour":"red"}`); a.status != 200 {
		t.Errorf("names of a client's own: got %d %s", a.status, a.body)
	}
}
