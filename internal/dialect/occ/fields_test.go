// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"net/url"
	"strings"
	"testing"
)

// This test covers both spellings of fields, and exclude, on lists and on single things. Members keep their
// order, and unknown names are ignored.
func TestFields(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	c.do(t, "POST", admin+"/organizations", token, `{"name":"Orchard"}`)
	c.file(t, "Birch", "")
	const self = `"links":[{"rel":"self","href":"http://localhost:9080/ccadmin/v1/`
	const list = `{"total":1,"totalResults":1,"offset":0,"limit":250,` + self
	for _, e := range []struct{ path, want string }{
		{"organizations?fields=items.id,items.name,totalResults",
			`{"totalResults":1,"items":[{"id":"or-100001","name":"Orchard"}]}`},
		{"organizations?fields=items.name,items.id", `{"items":[{"id":"or-100001","name":"Orchard"}]}`},
		{"organizations?fields=name,%20id,", list +
			`organizations"}],"items":[{"id":"or-100001","name":"Orchard"}],"___etag___":"*"}`},
		{"organizations?fields=totalResults,name", `{"totalResults":1,"items":[{"name":"Orchard"}]}`},
		{"organizations?fields=totalResults", `{"totalResults":1}`},
		{"organizations?fields=limit&fields=total", `{"total":1,"limit":250}`},
		{"organizations?fields=items.links,items.nothing", `{"items":[{}]}`},
		{"organizations?fields=items,items.id&exclude=active,externalOrganizationId,repositoryId,description",
			`{"items":[{"id":"or-100001","name":"Orchard"}]}`},
		{"organizations?exclude=links,items.active,description,___etag___,nothing",
			`{"total":1,"totalResults":1,"offset":0,"limit":250,"items":[{"id":"or-100001","repositoryId":"or-100001","name":"Orchard","externalOrganizationId":null}]}`},
		{"organizations?fields=items.id&exclude=items", `{}`},
		{"organizations?fields=items.name.first,items.id.&limit=1", `{"items":[{}]}`},
		{"organizationRequests?fields=items.organization.id,items.name",
			`{"items":[{"organization":{"id":"or-100002"},"name":"Birch"}]}`},
		{"organizationRequests?fields=items.organization,items.organization.x",
			`{"items":[{"organization":{"id":"or-100002"}}]}`},
		{"organizationRequests?fields=total,organization.x,profile",
			`{"total":1,"items":[{"organization":{},"profile":{"id":"bb-100001"}}]}`},
		{"organizationRequests?exclude=organization.id,profile&fields=items",
			`{"items":[{"organization":{},"name":"Birch","id":100001,"status":"new"}]}`},
		{"organizationRequests?fields=items.id&sort=name:asc&limit=0", `{"items":[]}`},
		{"organizations/or-100001?fields=name,id,colour", `{"id":"or-100001","name":"Orchard"}`},
		{"organizations/or-100001?fields=colour", `{}`},
		{"organizations/or-100001?exclude=description,links,active,repositoryId",
			`{"id":"or-100001","name":"Orchard","externalOrganizationId":null}`},
		{"organizations/or-100001?fields=links.rel", `{"links":[{"rel":"self"}]}`},
		{"organizationRequests/100001?fields=organization.id,status",
			`{"organization":{"id":"or-100002"},"status":"new"}`},
		{"locales?fields=items.name,defaultLocale.name",
			`{"items":[{"name":"en"},{"name":"de"},{"name":"fr"},{"name":"es"}],"defaultLocale":{"name":"en"}}`},
	} {
		a := c.do(t, "GET", admin+"/"+e.path, token, "")
		got := a.body
		if tag := a.text("___etag___"); tag != "" {
			got = strings.ReplaceAll(got, tag, "*")
		}
		if a.status != 200 || got != e.want {
			t.Errorf("%s: got  %d %s\nwant %s", e.path, a.status, got, e.want)
		}
	}
	whole := c.do(t, "GET", admin+"/organizations/or-100001", token, "")
	for _, query := range []string{"fields=", "exclude=", "fields=,,&exclude=+", "filterKey=summary",
		"expand=basic"} {
		if a := c.do(t, "GET", admin+"/organizations/or-100001?"+query, token, ""); a.body != whole.body {
			t.Errorf("%s: got %s, want %s", query, a.body, whole.body)
		}
	}
	// The answer to a change stays whole, because it may contain a secret that is never shown again.
	if a := c.do(t, "POST", admin+"/applicationIds?fields=id", token,
		`{"name":"a","type":"application"}`); a.text("token") == "" {
		t.Errorf("created without its key: %s", a.body)
	}
}

func TestFieldsAreBounded(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	for path, number := range map[string]string{"organizations": "10002", "organizationRequests": "10002",
		"organizations/or-0": "100000", "applicationIds": "400"} {
		for _, param := range []string{"fields", "exclude"} {
			for name, value := range map[string]string{"many": strings.Repeat("a,", 100),
				"long": strings.Repeat("a", 4097), "spread": strings.Repeat("a,", 60) + "&" + param + "=" +
					strings.Repeat("a,", 60),
				"deep": strings.Repeat("a.", 2100)} {
				a := c.do(t, "GET", admin+"/"+path+"?"+param+"="+value, token, "")
				wantError(t, path+" "+param+" "+name, a, 400, number)
				if a.text("o:errorPath") != param {
					t.Errorf("%s %s: %s", path, name, a.body)
				}
			}
			enough := param + "=" + strings.Repeat("a,", 99) + "a"
			if a := c.do(t, "GET", admin+"/"+path+"?"+enough, token, ""); a.status == 400 {
				t.Errorf("%s %s: a hundred names: %s", path, param, a.body)
			}
			deep := param + "=" + url.QueryEscape(strings.Repeat("items.", 600))
			if a := c.do(t, "GET", admin+"/"+path+"?"+deep, token, ""); a.status == 400 {
				t.Errorf("%s %s: deep: %s", path, param, a.body)
			}
		}
	}
}
