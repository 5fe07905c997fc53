// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/tenancy"
)

// organizationRoutes returns the operations of organizations and requests that need an
// access token, as routes does.
func (d *door) organizationRoutes(organization, request string) []route {
	one, asked := "/organizations/"+organization, "/organization-requests/"+request
	return []route{
		{"listOrganizations", "GET", "/organizations", ""},
		{"createOrganization", "POST", "/organizations", `{"name":"new"}`},
		{"readOrganization", "GET", one, ""}, {"updateOrganization", "PATCH", one, `{"name":"n"}`},
		{"deleteOrganization", "DELETE", one, ""}, {"activateOrganization", "POST", one + "/activate", ""},
		{"deactivateOrganization", "POST", one + "/deactivate", ""},
		{"listOrganizationRequests", "GET", "/organization-requests", ""},
		{"decideOrganizationRequests", "POST", "/organization-requests/decide",
			`{"decisions":[{"id":"7","decision":"reject"}]}`},
		{"readOrganizationRequest", "GET", asked, ""}, {"updateOrganizationRequest", "PATCH", asked,
			`{"name":"n"}`},
		{"deleteOrganizationRequest", "DELETE", asked, ""},
		{"approveOrganizationRequest", "POST", asked + "/approve", ""},
		{"rejectOrganizationRequest", "POST", asked + "/reject", ""},
	}
}

// members returns an object of an answer without its times and its id.
func members(of map[string]any) map[string]any {
	shown := map[string]any{}
	for name, value := range of {
		if name != "id" && !strings.HasSuffix(name, "At") {
			shown[name] = value
		}
	}
	return shown
}

// From creation to deletion, on both engines.
func TestOrganizationLife(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		a := d.want(t, d.post(t, d.admin, "/organizations", `{"name":" Birch Tools ","description":"wood","externalId":"B-1",
			"emailDomains":["Example.Test"],"contactPersons":[{"fullName":"Ada","email":"ada@example.test"}],
			"properties":{"region":"north","size":[1, 2],"nothing":null}}`), 201)
		id, tag := a.text("id"), a.header.Get("ETag")
		want := map[string]any{"name": "Birch Tools", "alias": "birch-tools", "description": "wood",
			"externalId": "B-1", "state": "active",
			"emailDomains": []any{"example.test"}, "contactPersons": []any{map[string]any{"fullName": "Ada",
				"email": "ada@example.test"}}, "properties": map[string]any{"region": "north", "size": []any{1.0, 2.0}}}
		if diff := cmp.Diff(want, members(a.json)); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		path := "/organizations/" + id
		if read := d.want(t, d.get(t, d.admin, path), 200); read.body != a.body || read.header.Get("ETag") != tag ||
			tag == "" {
			t.Errorf("read %s with %s, created %s with %s", read.body, read.header.Get("ETag"), a.body, tag)
		}
		wantProblem(t, d.post(t, d.admin, "/organizations", `{"name":"BIRCH TOOLS"}`), 409,
			"organization_name_taken")

		// A change leaves what it does not name.
		a = d.want(t, d.patch(t, d.admin, path,
			`{"name":"Oak","contactPersons":[],"properties":{"size":null,"colour":"red"}}`, "If-Match: "+tag), 200)
		want["name"], want["alias"], want["contactPersons"] = "Oak", "oak", []any{}
		want["properties"] = map[string]any{"region": "north", "colour": "red"}
		if diff := cmp.Diff(want, members(a.json)); diff != "" || a.header.Get("ETag") == tag {
			t.Errorf("changed, ETag %s (-want +got):\n%s", a.header.Get("ETag"), diff)
		}
		wantProblem(t, d.patch(t, d.admin, path, `{"name":"Elm"}`, "If-Match: "+tag), 412, "organization_changed")
		wantProblem(t, d.patch(t, d.admin, path, `{"name":"Elm"}`, `If-Match: "else"`), 412, "organization_changed")
		d.want(t, d.patch(t, d.admin, path, `{"alias":"o","emailDomains":[]}`, "If-Match: "+a.header.Get("ETag")),
			200)
		same := d.want(t, d.patch(t, d.admin, path, `{"alias":"o"}`), 200)
		if again := d.want(t, d.patch(t, d.admin, path, `{}`, "If-Match: *"), 200); again.body != same.body {
			t.Errorf("a change of nothing: %s became %s", same.body, again.body)
		}
		wantProblem(t, d.patch(t, d.admin, path, `{"name":"cherry"}`), 409, "organization_name_taken")

		wantProblem(t, d.do(t, "DELETE", d.admin, path, ""), 409, "organization_active")
		for verb, state := range map[string]string{"deactivate": "inactive", "activate": "active"} {
			for range 2 { // twice is fine
				if a := d.want(t, d.post(t, d.admin, path+"/"+verb, ""), 200); a.text("state") != state {
					t.Errorf("%s: %s", verb, a.body)
				}
			}
		}
		d.want(t, d.post(t, d.admin, path+"/deactivate", "{}"), 200)
		d.want(t, d.do(t, "DELETE", d.admin, path, ""), 204)
		for _, r := range d.organizationRoutes(id, "7") {
			if strings.HasPrefix(r.path, path) {
				wantProblem(t, d.do(t, r.method, d.admin, r.path, r.body), 404, "organization_not_found")
			}
		}
		d.want(t, d.post(t, d.admin, "/organizations", `{"name":"Oak"}`), 201) // the name is free again
	})
}

// An inactive organization enrols nobody.
func TestInactiveOrganization(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	code, path := d.code(t).text("authorizationCode"), "/organizations/"+d.organization.ID.String()
	d.want(t, d.post(t, d.admin, path+"/deactivate", ""), 200)
	wantProblem(t, d.enrol(t, code, "1"), 403, "enrolment_refused")
	d.want(t, d.post(t, d.admin, path+"/activate", `{"keepSecrets":true}`), 200)
	client := d.want(t, d.enrol(t, code, "1"), 201)
	d.want(t, d.get(t, d.admin, "/clients/"+client.text("clientId")), 200)
	for _, body := range []string{"", "{}", `{"keepSecrets":false}`} { // what was before does not let in
		code = d.code(t).text("authorizationCode")
		id := d.want(t, d.enrol(t, code, "1"), 201).text("clientId")
		d.want(t, d.post(t, d.admin, path+"/deactivate", ""), 200)
		if a := d.want(t, d.post(t, d.admin, path+"/activate", body), 200); a.text("state") != "active" {
			t.Errorf("activate %s: %s", body, a.body)
		}
		wantProblem(t, d.enrol(t, code, "2"), 403, "enrolment_refused")
		if a := d.want(t, d.get(t, d.admin, "/clients/"+id), 200); a.text("state") != "revoked" {
			t.Errorf("activate %s: a client of before: %s", body, a.body)
		}
	}
	for _, body := range []string{`{"keepSecrets":null}`, `{"keepSecrets":"true"}`, `{"keepSecrets":1}`,
		`{"KeepSecrets":true}`, `{"keep":true}`, `true`, `[]`} {
		if a := d.post(t, d.admin, path+"/activate", body); a.status != 400 {
			t.Errorf("activate %s: %d %s", body, a.status, a.body)
		}
	}
	if a := d.post(t, d.admin, path+"/deactivate", `{"keepSecrets":true}`); a.status != 400 {
		t.Errorf("deactivate with a wish for later: %d", a.status)
	}
}

// A property of another API is neither shown nor touched.
func TestForeignProperties(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ctx, path := context.Background(), "/organizations/"+d.organization.ID.String()
	own := tenancy.Properties{"other:colour": json.RawMessage(`"red"`), "region": json.RawMessage(`"north"`)}
	_, err := d.UpdateOrganization(ctx, d.Root(), d.organization.ID,
		tenancy.UpdateOrganizationParams{Properties: own})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []answer{d.get(t, d.admin, path), d.patch(t, d.admin, path, `{"properties":{"size":1}}`)} {
		if strings.Contains(a.body, "colour") || !strings.Contains(a.body, `"region":"north"`) {
			t.Errorf("shown: %s", a.body)
		}
	}
	o, err := d.GetOrganization(ctx, d.Root(), d.organization.ID)
	if err != nil || string(o.Properties["other:colour"]) != `"red"` || len(o.Properties) != 3 {
		t.Errorf("stored: %v, %v", o.Properties, err)
	}
}

// What is wrong with a body is said of each member.
func TestOrganizationFields(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	long := strings.Repeat("x", 1001)
	for body, want := range map[string][]string{
		`{"name":" "}`: {"name required"}, `{}`: {"name required"},
		`{"name":"` + long + `","alias":"` + long + `"}`: {"name too_long", "alias too_long"},
		`{"name":"n","description":"` + long +
			`","externalId":"a\nb"}`: {"description too_long", "externalId one_line"},
		`{"name":"n","emailDomains":["not a domain"]}`:      {"emailDomains not_domains"},
		`{"name":"n","emailDomains":["example.test",null]}`: {"emailDomains.1 null_member"},
		`{"name":"n","contactPersons":[{"fullName":"` + long +
			`"}]}`: {"contactPersons.fullName too_long"},
		`{"name":"n","contactPersons":[{"fullName":"a"},{"phone":"1"}]}`: {"contactPersons.1.phone unknown_member"},
		`{"name":"n","contactPersons":[{"email":null}]}`:                 {"contactPersons.0.email null_member"},
		`{"name":"n","contactPersons":[null]}`:                           {"contactPersons.0 null_member"},
		`{"name":"n","properties":{"size":{"a":[1e400]}}}`:               {"properties.size.a number_beyond_double"},
		`{"name":"n","properties":{"other:colour":1,"":2}}`:              {"properties.other:colour property_with_colon", "properties property_name_length"},
		`{"name":"n","id":"or-200000"}`:                                  {"id unknown_member"},
		`{"name":"n","state":"inactive"}`:                                {"state unknown_member"},
		`{"name":"n","properties":{"deep":` + strings.Repeat("[", 20) + strings.Repeat("]",
			20) + `}}`: {"properties.deep too_nested"},
	} {
		for method, path := range map[string]string{"POST": "/organizations",
			"PATCH": "/organizations/" + d.organization.ID.String()} {
			a := d.do(t, method, d.admin, path, body)
			if method == "PATCH" && body == "{}" { // a change of nothing
				d.want(t, a, 200)
			} else if a.status != 400 || !slices.Equal(a.fields(), want) {
				t.Errorf("%s %.100s: %d %q, want %q", method, body, a.status, a.fields(), want)
			}
		}
	}
	if a := d.get(t, d.admin, "/organizations/"+d.organization.ID.String()); a.text("name") != "Cherry" {
		t.Errorf("after refusals: %s", a.body)
	}
}

// A tenant sees its own organization and changes none. Ids of nothing, of others and of the
// root are not found, or the root's own rules refuse.
func TestOrganizationsOfOthers(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		other, asked := d.Organization(t, "Plum"), d.Submit(t, "Birch").ID.String()
		plum := d.login(t, "plum", d.Operator(t, "plum", tenancy.Administrator, other.ID).Reveal())
		d.want(t, d.get(t, plum, "/organizations/"+other.ID.String()), 200)
		if a := d.want(t, d.get(t, plum, "/organizations"), 200); !slices.Equal(a.items("name"), []string{"Plum"}) {
			t.Errorf("the tenant sees %s", a.body)
		}
		if a := d.want(t, d.get(t, plum, "/organization-requests"), 200); len(a.items("id")) != 0 {
			t.Errorf("the tenant sees %s", a.body)
		}
		for _, r := range d.organizationRoutes(d.organization.ID.String(), asked) {
			switch a := d.do(t, r.method, plum, r.path, r.body); {
			case r.name == "readOrganization":
				wantProblem(t, a, 404, "organization_not_found")
			case r.name == "readOrganizationRequest":
				wantProblem(t, a, 404, "organization_request_not_found")
			case !strings.HasPrefix(r.name, "list"):
				wantProblem(t, a, 403, "root_required")
			}
		}
		for _, id := range []string{"x", "%00", "%ff", "or-999999", "or-0", "0", "", "or-", "or-00",
			strings.Repeat("9", 400)} {
			for _, r := range d.organizationRoutes(id, id) {
				if !strings.Contains(r.path, "/"+id) || id == "" && (r.method == "GET" ||
					!strings.Contains(r.path[1:], "//") && !strings.HasSuffix(r.path, "/")) {
					continue // a slash at the end of a list's address makes no difference
				}
				a := d.do(t, r.method, d.admin, r.path, r.body)
				switch {
				case id == "or-0" && r.name == "readOrganization": // the root has this id, and only this
					d.want(t, a, 200)
				case id == "or-0" && strings.HasPrefix(r.path, "/organizations/"):
					wantProblem(t, a, 409, "root_organization")
				case a.status != 404 && !(id == "" && a.status == 405):
					t.Errorf("%s: got %d %.300s, want 404", a.what, a.status, a.body)
				}
			}
		}
		if a := d.want(t, d.get(t, d.admin, "/organizations?count=250"), 200); slices.Contains(a.items("id"),
			"or-0") {
			t.Errorf("the root is listed: %s", a.body)
		}
	})
}
