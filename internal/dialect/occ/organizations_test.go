// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"errors"
	"strings"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func TestOrganizations(t *testing.T) {
	t.Parallel()
	onEngines(t, organizationsOnEngine)
}

func organizationsOnEngine(t *testing.T, c *client) {
	token, key := c.admin(t, admin), c.Application(t, "app").KeyText.Reveal()
	appToken := c.application(t, app, key)
	a := c.do(t, "POST", app+"/organizations", appToken,
		`{"name":"Orchard","description":"Apples","externalOrganizationId":"x-1","unknown":{"deep":[1]}}`)
	if a.status != 200 || a.text("id") != "or-100001" || a.text("repositoryId") != "or-100001" ||
		a.json["active"] != true || a.text("description") != "Apples" {
		t.Fatalf("create: %d %s", a.status, a.body)
	}
	if a := c.do(t, "POST", admin+"/organizations", token,
		`{"name":"Birch","active":false,"authorizationCode":"NO_AUTH_CODE"}`); a.status != 200 ||
		a.json["active"] != false || a.json["description"] != nil {
		t.Errorf("create inactive: %d %s", a.status, a.body)
	}
	a = c.do(t, "PUT", app+"/organizations/or-100001", appToken, `{"name":"Orchard Ltd"}`)
	if a.status != 200 || a.text("name") != "Orchard Ltd" || a.text("description") != "Apples" ||
		a.text("externalOrganizationId") != "x-1" {
		t.Errorf("partial update: %d %s", a.status, a.body)
	}
	if a := c.do(t, "PUT", admin+"/organizations/or-100001", token, `{"description":null}`); a.status != 200 ||
		a.json["description"] != nil || a.text("externalOrganizationId") != "x-1" {
		t.Errorf("clear: %d %s", a.status, a.body)
	}
	if got := c.do(t, "GET", admin+"/organizations/or-100001/", token, ""); got.text("name") != "Orchard Ltd" ||
		!strings.HasSuffix(got.body,
			`"links":[{"rel":"self","href":"http://localhost:9080/ccadmin/v1/organizations/or-100001"}]}`) {
		t.Errorf("get: %s", got.body)
	}
	a = c.do(t, "GET", admin+"/organizations/?q=&sort=name:asc&limit=1&offset=1", token, "")
	items, _ := a.json["items"].([]any)
	if a.json["total"] != 2.0 || a.json["totalResults"] != 2.0 || a.json["limit"] != 1.0 ||
		a.json["offset"] != 1.0 || len(items) != 1 ||
		items[0].(map[string]any)["name"] != "Orchard Ltd" || !strings.Contains(a.body,
		`"sort":[{"property":"name","order":"asc"}]`) {
		t.Errorf("list: %d %s", a.status, a.body)
	}
	if a := c.do(t, "GET", admin+`/organizations?q=name+co+%22IRC%22+and+id+eq+%22or-100002%22`, token,
		""); a.json["total"] != 1.0 {
		t.Errorf("filter: %d %s", a.status, a.body)
	}
	if a := c.do(t, "HEAD", admin+"/organizations/or-100001", token, ""); a.status != 200 {
		t.Errorf("HEAD: %d", a.status)
	}
}

func TestOrganizationErrors(t *testing.T) {
	t.Parallel()
	onEngines(t, organizationErrorsOnEngine)
}

func organizationErrorsOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	c.Organization(t, "Taken")
	other := c.Organization(t, "Other").ID.String()
	for _, e := range []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"no body", "POST", "/organizations", "", 400, "100000"},
		{"broken", "POST", "/organizations", `{"name":`, 400, "100000"},
		{"an array", "POST", "/organizations", `[]`, 400, "100000"},
		{"no name", "POST", "/organizations", `{}`, 400, "100000"},
		{"name of another type", "POST", "/organizations", `{"name":7}`, 400, "100000"},
		{"description of another type", "POST", "/organizations", `{"name":"a","description":7}`, 400, "100000"},
		{"active of another type", "POST", "/organizations", `{"name":"a","active":"yes"}`, 400, "100000"},
		{"name too long", "POST", "/organizations", `{"name":"` + strings.Repeat("x", 255) + `"}`, 400, "100000"},
		{"name taken", "POST", "/organizations", `{"name":"TAKEN"}`, 400, "100000"},
		{"a code of one's own", "POST", "/organizations", `{"name":"a","authorizationCode":"mine"}`, 400, "100000"},
		{"too large", "POST", "/organizations", `{"name":"` + strings.Repeat("x", 1<<17) + `"}`, 413, "413"},
		{"too deep", "POST", "/organizations", `{"name":` + strings.Repeat("[", 1000), 400, "100000"},
		{"name that looks taken", "POST", "/organizations", `{"name":"Ta\u00adken\u200b"}`, 400, "100000"},
		{"name of which nothing is seen", "POST", "/organizations", `{"name":"\u200b\u3164"}`, 400, "100000"},
		{"rename to what looks taken", "PUT", "/organizations/" + other, `{"name":"\u200ftaken"}`, 400, "100000"},
		{"rename to a taken name", "PUT", "/organizations/" + other, `{"name":"taken"}`, 400, "100000"},
		{"rename to nothing", "PUT", "/organizations/" + other, `{"name":""}`, 400, "100000"},
		{"set a code", "PUT", "/organizations/" + other, `{"authorizationCode":"mine"}`, 400, "100000"},
		{"a code of another type", "PUT", "/organizations/" + other, `{"authorizationCode":{}}`, 400, "100000"},
		{"the root", "PUT", "/organizations/or-0", `{"name":"a"}`, 400, "10024"},
		{"unknown", "GET", "/organizations/or-999999", "", 404, "100001"},
		{"unknown, change", "PUT", "/organizations/or-999999", `{}`, 404, "100001"},
		{"no id", "GET", "/organizations/100001", "", 404, "100001"},
		{"enormous id", "GET", "/organizations/or-" + strings.Repeat("9", 5000), "", 404, "100001"},
		{"negative id", "GET", "/organizations/or--1", "", 404, "100001"},
		{"an escaped id", "GET", "/organizations/or-100001%00", "", 404, "100001"},
		{"bad filter", "GET", "/organizations?q=colour+eq+%22red%22", "", 400, "100070"},
		{"bad sort", "GET", "/organizations?sort=name:up", "", 400, "10002"},
		{"bad limit", "GET", "/organizations?limit=x", "", 400, "10002"},
	} {
		wantError(t, e.name, c.do(t, e.method, admin+e.path, token, e.body), e.status, e.code)
	}
	wantError(t, "form for JSON", c.do(t, "POST", admin+"/organizations", token, "name=a", formType), 415,
		"415")
	auditor := c.operator(t, admin, "auditor", c.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	wantError(t, "without the permission", c.do(t, "POST", admin+"/organizations", auditor, `{"name":"a"}`), 403,
		"403")
	tenant := c.operator(t, admin, "tenant", c.Operator(t, "tenant", tenancy.Administrator, 100001))
	wantError(t, "foreign", c.do(t, "GET", admin+"/organizations/"+other, tenant, ""), 404, "100001")
	c.Store.Fail("Organizations", errors.New("the cause"))
	a := c.do(t, "GET", admin+"/organizations", token, "")
	wantError(t, "failing store", a, 500, "100019")
	if strings.Contains(a.body, "the cause") {
		t.Errorf("the cause is shown: %s", a.body)
	}
}

func TestAuthorizationCode(t *testing.T) {
	t.Parallel()
	onEngines(t, authorizationCodeOnEngine)
}

func authorizationCodeOnEngine(t *testing.T, c *client) {
	org := c.Organization(t, "company001")
	token := c.admin(t, admin)
	path := admin + "/organizations/or-100001/authorizationCode"
	first := c.do(t, "POST", path, token, "").text("authorizationCode")
	// The vendor's own client sends the body of its last call again.
	a := c.do(t, "POST", path, token, `{"op":"genAuthToken","type":"application"}`)
	second := a.text("authorizationCode")
	if first == "" || second == "" || first == second || !strings.HasPrefix(second, "GHC") {
		t.Errorf("codes %q, %q", first, second)
	}
	if strings.Contains(second, "100001") {
		t.Error("the code holds the organization's id")
	}
	current := func() string {
		_, code, err := c.RevealPrimaryAuthCode(t.Context(), c.Root(), org.ID)
		if err != nil {
			t.Fatal(err)
		}
		return code.Text.Reveal()
	}
	if current() != second {
		t.Error("the second is not the one that holds")
	}
	third := c.do(t, "POST", app+"/organizations/or-100001/authorizationCode",
		c.application(t, app, c.Application(t, "a").KeyText.Reveal()), "")
	if current() != third.text("authorizationCode") || !strings.Contains(third.body,
		`"href":"http://localhost:9080/ccapp/v1/organizations/or-100001/authorizationCode"`) {
		t.Errorf("on ccapp: %d %s", third.status, third.body)
	}
	for _, e := range []struct{ id, code string }{{"or-999999", "100001"}, {"100001", "100001"},
		{"x", "100001"}} {
		wantError(t, e.id, c.do(t, "POST", admin+"/organizations/"+e.id+"/authorizationCode", token, ""), 404,
			e.code)
	}
	wantError(t, "huge body", c.do(t, "POST", path, token, strings.Repeat("x", 1<<17)), 413, "413")
	wantError(t, "not on ccagent", c.do(t, "POST", agent+"/organizations/or-100001/authorizationCode",
		c.admin(t, agent), ""), 404, "404")
	for method, code := range map[string]string{"LockOrganization": "100129",
		"ReplacePrimaryAuthCode": "100130", "Commit": "100130", "InsertAuditEvent": "100130"} {
		c.Store.Fail(method, errors.New("the cause"))
		a := c.do(t, "POST", path, token, "")
		wantError(t, method, a, 500, code)
		if strings.Contains(a.body, "the cause") {
			t.Errorf("%s: the cause is shown: %s", method, a.body)
		}
		c.Store.Heal()
	}
	c.Store.Fail("Commit", &problem.Error{Kind: problem.Unavailable, Message: "Try again."})
	a = c.do(t, "POST", path, token, "")
	wantError(t, "database away", a, 503, "100130")
	if a.header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	c.Store.Heal()
	if current() != third.text("authorizationCode") {
		t.Error("a failure ended the code that held")
	}
	for _, body := range []string{`{"authorizationCode":"NO_AUTH_CODE"}`, `{"authorizationCode":null}`} {
		c.do(t, "POST", path, token, "")
		if a := c.do(t, "PUT", admin+"/organizations/or-100001", token, body); a.status != 200 ||
			current() != "" {
			t.Errorf("%s: %d, the code lives: %v", body, a.status, current() != "")
		}
	}
	before := c.do(t, "POST", path, token, "").text("authorizationCode")
	for _, body := range []string{`{"active":false}`, `{"active":true}`} { // active is not the code
		if a := c.do(t, "PUT", admin+"/organizations/or-100001", token, body); a.status != 200 ||
			current() != before {
			t.Errorf("%s: %d, the same code: %v", body, a.status, current() == before)
		}
	}
	c.do(t, "PUT", admin+"/organizations/or-100001", token, `{"active":false}`)
	wantError(t, "inactive", c.do(t, "POST", path, token, ""), 400, "100129")
}
