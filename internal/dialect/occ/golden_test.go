// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// golden compares an exchange with a file: the request's lines, a blank line, the answer. Values that differ
// between runs are replaced by the vendor's example values.
func golden(t *testing.T, name, request string, a answer, replace ...string) {
	t.Helper()
	got := strings.NewReplacer(replace...).Replace(request + "\n\n" + a.body + "\n")
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-file +got):\n%s", name, diff)
	}
}

// These are the vendor's published examples with request and answer.
func TestPublishedExamples(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	org := c.Organization(t, "company001")

	request := "POST /ccadminui/v1/organizations/or-100001/authorizationCode"
	a := c.do(t, "POST", admin+"/organizations/or-100001/authorizationCode", token, "")
	if org.ID.String() != "or-100001" || a.status != 200 {
		t.Fatalf("%s: %d %s", org.ID, a.status, a.body)
	}
	golden(t, "authorizationCode", request, a, a.text("authorizationCode"),
		"b3ItMTAwMDAxLTIwMTgtMDQtMDJUMDc6NTM6MjguMTM0Wg==", "/ccadmin/", "/ccadminui/")

	filed := c.do(t, "POST", store+"/organizationRequests", "", `{"name":"Organization request name"}`)
	if a := c.do(t, "POST", admin+"/organizationRequests/100001/approve", token,
		`{"approverComments":""}`); a.status != 200 || a.body != `{"status":"approved"}` {
		t.Fatalf("file %s, approve: %d %s", filed.body, a.status, a.body)
	}
	a = c.do(t, "GET", app+"/organizationRequests?limit=1", c.application(t, app,
		c.Application(t, "a").KeyText.Reveal()), "")
	golden(t, "listOrganizationRequests", "GET /ccapp/v1/organizationRequests?limit=1", a, "or-100002",
		"100001", "bb-100001", "100001",
		"http://localhost:9080/ccapp/", "http://example.test:9080/ccadmin/", a.text("___etag___"),
		"eyJ2ZXJzaW9uIjowLCJ1cmkiOiJvcmdhbml6YXRpb25SZXF1ZXN0cyIsImhhc2giOiJ4S1JsMHc9PSJ9")
	if ok, _ := regexp.MatchString(
		`^eyJ2ZXJzaW9uIjowLCJ1cmkiOiJvcmdhbml6YXRpb25SZXF1ZXN0cyIsImhhc2giOi[A-Za-z0-9+/=]+$`,
		a.text("___etag___")); !ok {
		t.Errorf("___etag___ has another form: %s", a.text("___etag___"))
	}

	id := c.Application(t, "b").ID
	body := `{"op":"genAuthToken","type":"application"}`
	a = c.do(t, "POST", admin+"/applicationIds/"+id, token, body)
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	golden(t, "genAuthToken", "POST /ccadmin/v1/applicationIds/{id}\n"+body, a, a.text("token"),
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE0MDk4NTY1OTEsInN1YiI6ImFkbWluIiwiaXNzIjoiYWRtaW4iLCJpYXQiOjE0MDk3NzAxOTF9.T0kaE8Ib35R2XZzp0xk4FRP/266KD1cieZFpPijtniw=")
}

// This is the life of an application id: the vendor's examples, with the departures of README.md.
func TestApplicationExamples(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	const one, two = "12c26908-6545-4947-a46c-9917236583c5", "3fbd4e1c-2f5d-4d3c-8c7b-0f0f6f6a1c11"
	body := `{"name":"exampleApp","lifetimeDays":90,"type":"application"}`
	made := c.do(t, "POST", admin+"/applicationIds", token, body)
	by := made.json["createdBy"].(map[string]any)["id"].(string)
	golden(t, "createApplicationID", "POST "+admin+"/applicationIds\n"+body, made, made.text("id"), one,
		made.text("token"), "{token}", by, "admin")
	c.Clock.Advance(1e9)
	body = `{"name":"exampleExtension"}`
	extension := c.do(t, "POST", admin+"/extensions/id", token, body)
	golden(t, "createExtensionID", "POST "+admin+"/extensions/id\n"+body, extension, extension.text("id"),
		two, by, "admin")
	exchange := func(name, method, path, body string, replace ...string) {
		t.Helper()
		golden(t, name, strings.TrimSpace(method+" "+admin+path+"\n"+body),
			c.do(t, method, admin+path, token, body), replace...)
	}
	replace := []string{made.text("id"), one, extension.text("id"), two, by, "admin"}
	exchange("getApplicationIDs", "GET", "/applicationIds?type=application", "", replace...)
	exchange("getApplicationIDs_all", "GET", "/applicationIds", "", replace...)
	exchange("getApplicationID", "GET", "/applicationIds/"+made.text("id")+"?type=application", "",
		replace...)
	exchange("updateApplicationID", "PUT", "/applicationIds/"+extension.text("id"),
		`{"name":"another name","type":"extension"}`, replace...)
	exchange("deleteApplicationID", "DELETE", "/applicationIds/"+made.text("id")+"?type=application", "",
		replace...)
}

// This is the life of a request, in the vendor's forms.
func TestRequestExamples(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	key := c.application(t, admin, c.Application(t, "a").KeyText.Reveal())
	exchange := func(name, method, path, token, body string) {
		t.Helper()
		golden(t, name, strings.TrimSpace(method+" "+path+"\n"+body), c.do(t, method, path, token, body))
	}
	exchange("createOrganizationRequest", "POST", store+"/organizationRequests", "",
		`{"name":"Sample org","requesterComments":"Some comments",`+
			`"organization":{"name":"Sample","description":"Some description","type":"none","customerType":"Standard","taxReferenceNumber":"TAX1","vatReferenceNumber":"VAT1",`+
			`"dunsNumber":"123456789","uniqueId":"ID1","externalOrganizationId":"EXT_ORG_1"},`+
			`"profile":{"firstName":"First name","lastName":"Last name","customerContactId":"CRMID_1","email":"user@example.test"}}`)
	exchange("getOrganizationRequest", "GET", admin+"/organizationRequests/100001", token, "")
	exchange("updateOrganizationRequest", "PUT",
		admin+"/organizationRequests/100001?expand=organization,profile", token,
		`{"name":"Sample org","status":"review","relatedOrganizationName":null,"organization":{"customerType":"Preferred"}}`)
	exchange("getOrganizationRequest_all", "GET", admin+"/organizationRequests/100001?expand=requestAll",
		token, "")
	exchange("deleteOrganizationRequest_operator", "DELETE", admin+"/organizationRequests/100001", token, "")
	exchange("deleteOrganizationRequest", "DELETE", admin+"/organizationRequests/100001", key, "")
	exchange("error_00004", "POST", store+"/organizationRequests", "", `{"name":"`+strings.Repeat("x", 255)+`"}`)
}

// The error model has one error or several.
func TestErrorExamples(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	get := func(name, path string) {
		golden(t, name, "GET "+path, c.do(t, "GET", path, token, ""))
	}
	get("error_85000", admin+`/organizationRequests?q=name%20zz%20%22a%22`)
	get("error_50012", admin+`/organizationRequests?sort=colour:asc`)
	get("error_10002", admin+`/organizationRequests?limit=-1`)
	get("error_100001", admin+`/organizations/or-7`)
	body := `{"name":"","externalOrganizationId":"a\nb"}`
	golden(t, "error_several", "POST "+admin+"/organizations\n"+body,
		c.do(t, "POST", admin+"/organizations", token, body))
	golden(t, "error_401", "GET "+admin+"/organizations", c.do(t, "GET", admin+"/organizations", "", ""))
	form := "grant_type=client_credentials"
	golden(t, "error_login", "POST "+admin+"/login\n"+form, c.do(t, "POST", admin+"/login", "x", form,
		formType))
}
