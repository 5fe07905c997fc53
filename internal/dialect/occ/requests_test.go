// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/tenancytest"
)

// file submits a request and returns its id.
func (c *client) file(t *testing.T, name, email string) string {
	t.Helper()
	a := c.do(t, "POST", store+"/organizationRequests", "",
		fmt.Sprintf(`{"name":%q,"requesterComments":"please","relatedOrganizationName":"Parent",`+
			`"organization":{"name":%q,"type":"company"},"profile":{"firstName":"Ada","lastName":"Birch","email":%q}}`,
			name, name, email))
	id, ok := a.json["id"].(float64)
	if a.status != 200 || !ok {
		t.Fatalf("file: %d %s", a.status, a.body)
	}
	return fmt.Sprint(int(id))
}

func TestOrganizationRequestWay(t *testing.T) {
	t.Parallel()
	onEngines(t, organizationRequestWayOnEngine)
}

func organizationRequestWayOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	id := c.file(t, "Birch Tools", "ada@example.test")
	a := c.do(t, "GET", agent+"/organizationRequests/"+id, c.admin(t, agent), "")
	if a.status != 200 || a.text("status") != "new" || a.text("requesterComments") != "please" ||
		a.text("relatedOrganizationName") != "Parent" || a.json["approverComments"] != nil {
		t.Errorf("get: %d %s", a.status, a.body)
	}
	org := a.json["organization"].(map[string]any)["id"].(string)
	wantError(t, "the applicant as an organization", c.do(t, "GET", admin+"/organizations/"+org, token, ""),
		404, "100001")
	a = c.do(t, "POST", admin+"/organizationRequests/"+id+"/approve", token, `{"approverComments":"welcome"}`)
	if a.status != 200 || a.body != `{"status":"approved"}` {
		t.Fatalf("approve: %d %s", a.status, a.body)
	}
	if a := c.do(t, "GET", admin+"/organizationRequests/"+id, token,
		""); a.text("approverComments") != "welcome" || a.text("status") != "approved" {
		t.Errorf("after: %s", a.body)
	}
	if a := c.do(t, "GET", admin+"/organizations/"+org, token, ""); a.json["active"] != true ||
		a.text("name") != "Birch Tools" {
		t.Errorf("the organization: %s", a.body)
	}
	for _, op := range []string{"approve", "reject"} {
		wantError(t, op+" again", c.do(t, "POST", admin+"/organizationRequests/"+id+"/"+op, token, `{}`), 400,
			"101008")
	}
	second := c.file(t, "Other", "ada@example.test")
	key := c.application(t, app, c.Application(t, "a").KeyText.Reveal())
	if a := c.do(t, "POST", app+"/organizationRequests/"+second+"/reject", key, ""); a.status != 200 ||
		a.body != `{"status":"rejected"}` {
		t.Errorf("reject with an empty body, as an application: %d %s", a.status, a.body)
	}
}

func TestListOrganizationRequests(t *testing.T) {
	t.Parallel()
	onEngines(t, listOrganizationRequestsOnEngine)
}

func listOrganizationRequestsOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	names := []string{"Birch Tools", "birch bark", "Oak & Sons", "100% Elm", "Elm_1"}
	for i, name := range names {
		c.file(t, name, fmt.Sprintf("u%d@example.test", i))
		c.Clock.Advance(1e9)
	}
	c.do(t, "POST", admin+"/organizationRequests/100003/approve", token, "")
	c.do(t, "POST", admin+"/organizationRequests/100004/reject", token, "")
	list := func(query string) (string, answer) {
		t.Helper()
		a := c.do(t, "GET", admin+"/organizationRequests?"+query, token, "")
		if a.status != 200 {
			t.Fatalf("%s: %d %s", query, a.status, a.body)
		}
		var ids []string
		for _, item := range a.json["items"].([]any) {
			ids = append(ids, strings.TrimPrefix(fmt.Sprint(int(item.(map[string]any)["id"].(float64))),
				"10000"))
		}
		return strings.Join(ids, ""), a
	}
	for query, want := range map[string]string{
		"": "54321", "q=": "54321", "sort=name": "42153", "sort=name:desc": "35124", "sort=id:asc": "12345",
		"sort=status:asc,id:desc": "35214",
		"sort=creationTime:asc":   "12345", "sort=profile.email:desc": "54321", "limit=2": "54",
		"limit=2&offset=2": "32", "offset=5": "", "offset=2147483647": "",
		"limit=0": "", `q=name eq "BIRCH TOOLS"`: "1", `q=name CO "birch"`: "21", `q=name sw "birch b"`: "2",
		`q=name ew "s"`: "31",
		`q=name co "%"`: "4", `q=name co "_"`: "5", `q=status eq "approved"`: "3", `q=status ne "new"`: "43",
		`q=status eq "maybe"`: "", `q=status ne "maybe"`: "54321", // other than on /v1, no error
		`q=not (status eq "new")`:                                "43",
		`q=status eq "new" AND name co "birch"`:                  "21",
		`q=(name co "oak" or name co "elm") and status eq "new"`: "5",
		`q=name co "oak"or name co "bark"and status eq "new"`:    "32", `q=id eq 100002`: "2",
		`q=id eq "100002"`: "2", `q=id gt 100003`: "54",
		`q=organization.id eq "or-100001"`: "1", `q=profile.id eq "bb-100002"`: "2",
		`q=profile.email eq "U4@EXAMPLE.TEST"`: "5", `q=email pr`: "54321",
		`q=not (email pr)`: "", `q=creationTime ge "2026-04-02T07:53:31Z"`: "54",
		`q=creationTime lt "2026-04-02T09:53:29.134+02:00"`: "1",
		`q=NAME eq "elm_1"`: "5", `q=name eq "\u0045lm_1"`: "5",
	} {
		parts := strings.SplitN(query, "=", 2)
		encoded := query
		if parts[0] == "q" {
			encoded = "q=" + url.QueryEscape(parts[1])
		}
		if got, _ := list(encoded); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	_, a := list("limit=2&q=" + url.QueryEscape(`name co "birch"`))
	if a.json["total"] != 2.0 || a.json["totalResults"] != 2.0 || a.json["limit"] != 2.0 ||
		a.json["offset"] != 0.0 {
		t.Errorf("envelope: %s", a.body)
	}
	if a := c.do(t, "GET", admin+"/organizationRequests", token, ""); a.json["limit"] != 250.0 ||
		a.header.Get("ETag") != `"`+a.text("___etag___")+`"` {
		t.Errorf("defaults: %v, ETag %s", a.json["limit"], a.header.Get("ETag"))
	}
	if _, a := list("q=" + url.QueryEscape(`name eq "none"`)); !strings.Contains(a.body, `"items":[]`) {
		t.Errorf("no match: %s", a.body)
	}
}

func TestOrganizationRequestErrors(t *testing.T) {
	t.Parallel()
	onEngines(t, organizationRequestErrorsOnEngine)
}

func organizationRequestErrorsOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	c.file(t, "Birch", "")
	q := func(text string) string { return "/organizationRequests?q=" + url.QueryEscape(text) }
	for _, e := range []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"unknown property", "GET", q(`colour eq "red"`), "", 400, "85000"},
		{"unknown operator", "GET", q(`name zz "a"`), "", 400, "85000"},
		{"half a filter", "GET", q(`name eq`), "", 400, "85000"},
		{"open parenthesis", "GET", q(`(name eq "a"`), "", 400, "85000"},
		{"single quotes", "GET", q(`name eq 'a'`), "", 400, "85000"},
		{"number for text", "GET", q(`name eq 7`), "", 400, "85000"},
		{"text for a time", "GET", q(`creationTime gt "yesterday"`), "", 400, "85000"},
		{"text for an id", "GET", q(`id eq "abc"`), "", 400, "85000"},
		{"injection", "GET", q(`name eq "a" or 1=1 --`), "", 400, "85000"},
		{"too long", "GET", q(`name eq "` + strings.Repeat("a", 5000) + `"`), "", 400, "85000"},
		{"too deep", "GET", q(strings.Repeat("(", 200) + `name pr` + strings.Repeat(")", 200)), "", 400, "85000"},
		{"too many terms", "GET", q(`id pr` + strings.Repeat(` or id pr`, 100)), "", 400, "85000"},
		{"query that cannot be read", "GET", "/organizationRequests?q=%zz", "", 400, "400"},
		{"semicolon", "GET", "/organizationRequests?q=name+pr;limit=1", "", 400, "85000"},
		{"two filters", "GET", q(`name pr`) + "&q=name", "", 400, "85000"},
		{"two sorts", "GET", "/organizationRequests?sort=name&sort=id", "", 400, "50012"},
		{"two limits", "GET", "/organizationRequests?limit=1&limit=2", "", 400, "10002"},
		{"unknown sort", "GET", "/organizationRequests?sort=colour:asc", "", 400, "50012"},
		{"sort direction", "GET", "/organizationRequests?sort=name:up", "", 400, "50012"},
		{"sort twice", "GET", "/organizationRequests?sort=name:asc,name:desc", "", 400, "50012"},
		{"sort injection", "GET", "/organizationRequests?sort=" + url.QueryEscape("name;drop table requests"), "",
			400, "50012"},
		{"limit negative", "GET", "/organizationRequests?limit=-1", "", 400, "10002"},
		{"limit huge", "GET", "/organizationRequests?limit=100000", "", 400, "10002"},
		{"limit enormous", "GET", "/organizationRequests?limit=" + strings.Repeat("9", 40), "", 400, "10002"},
		{"limit no number", "GET", "/organizationRequests?limit=ten", "", 400, "10002"},
		{"limit with a sign", "GET", "/organizationRequests?limit=%2B5", "", 400, "10002"},
		{"limit hexadecimal", "GET", "/organizationRequests?limit=0x10", "", 400, "10002"},
		{"limit a fraction", "GET", "/organizationRequests?limit=1.5", "", 400, "10002"},
		{"offset negative", "GET", "/organizationRequests?offset=-1", "", 400, "10002"},
		{"offset enormous", "GET", "/organizationRequests?offset=99999999999999999999", "", 400, "10002"},
		{"offset no number", "GET", "/organizationRequests?offset=x", "", 400, "10002"},
		{"get unknown", "GET", "/organizationRequests/999999", "", 404, "101001"},
		{"get no id", "GET", "/organizationRequests/abc", "", 404, "101001"},
		{"approve unknown", "POST", "/organizationRequests/999999/approve", "{}", 404, "101000"},
		{"reject no id", "POST", "/organizationRequests/or-1/reject", "{}", 404, "101000"},
		{"approve with a broken body", "POST", "/organizationRequests/100001/approve", "{", 400, "100000"},
		{"comments of another type", "POST", "/organizationRequests/100001/approve", `{"approverComments":7}`, 400,
			"100000"},
		{"comments too long", "POST", "/organizationRequests/100001/reject", `{"approverComments":"` +
			strings.Repeat("x", 1001) + `"}`, 400, "100000"},
	} {
		wantError(t, e.name, c.do(t, e.method, admin+e.path, token, e.body), e.status, e.code)
	}
	for name, body := range map[string]string{"no body": "", "broken": "{", "no name": "{}",
		"wrong type": `{"name":[]}`, "bad mail": `{"name":"a","profile":{"email":"x"}}`,
		"organization of another type": `{"name":"a","organization":[]}`, "line break": `{"name":"a\nb"}`} {
		wantError(t, name, c.do(t, "POST", store+"/organizationRequests", "", body), 400, "100000")
	}
	wantError(t, "too large", c.do(t, "POST", store+"/organizationRequests", "", strings.Repeat(" ", 1<<17)),
		413, "413")
	if a := c.do(t, "GET", admin+"/organizationRequests", token, ""); a.json["total"] != 1.0 {
		t.Errorf("something of all that stayed: %s", a.body)
	}
	c.Store.Fail("Requests", errors.New("the cause"))
	a := c.do(t, "GET", admin+"/organizationRequests", token, "")
	wantError(t, "failing store", a, 500, "100019")
	if strings.Contains(a.body, "the cause") {
		t.Errorf("the cause is shown: %s", a.body)
	}
}

func TestSubmitSettingAndLimit(t *testing.T) {
	t.Parallel()
	off := newClient(t, func(o *tenancytest.Options) { o.PublicRequests = false })
	wantError(t, "setting off", off.do(t, "POST", store+"/organizationRequests", "", `{"name":"a"}`), 403,
		"101013")
	c := newClient(t, tenancytest.Limits)
	var last answer
	for range 25 {
		last = c.do(t, "POST", store+"/organizationRequests", "", `{"name":"a"}`)
	}
	wantError(t, "too often", last, 429, "429")
	if last.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
