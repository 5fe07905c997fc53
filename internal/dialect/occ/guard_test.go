// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"strings"
	"testing"

	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/tenancy"
)

// Every route but the open ones refuses a caller without a token, before anything else. Every route refuses a
// format that it cannot answer in. All refusals are in this wire's form.
func TestEveryRouteIsGuarded(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	open := map[string]bool{"getRegistry": true, "login": true, "mfalogin": true,
		"createOrganizationRequest": true}
	seen := map[string]string{}
	for _, route := range occ.Door(c.Service, c.Identity).Routes {
		path := strings.ReplaceAll(route.Pattern, "{id}", "or-100001")
		if other, ok := seen[route.Method+route.Pattern]; ok {
			t.Errorf("%s and %s share a route", other, route.Name)
		}
		seen[route.Method+route.Pattern] = route.Name
		if !open[route.Name] {
			wantError(t, route.Name+" without a token", c.do(t, route.Method, path, "", "{"), 401, "401")
		}
		wantError(t, route.Name+" for XML", c.do(t, route.Method, path, "", "", "Accept: application/xml"),
			406, "406")
		a := c.do(t, "PATCH", path, "", "")
		wantError(t, route.Name+" with another method", a, 405, "405")
		if !strings.Contains(a.header.Get("Allow"), route.Method) {
			t.Errorf("%s: Allow is %q", path, a.header.Get("Allow"))
		}
	}
	if len(seen) < 42 {
		t.Errorf("only %d routes", len(seen))
	}
	for _, path := range []string{admin, admin + "/", admin + "/nothing", "/ccapp/v1/mfalogin",
		"/ccappagent/v1/mfalogin", agent +
			"/applicationIds", admin + "/organizations/or-1/x"} {
		wantError(t, path, c.do(t, "GET", path, "", ""), 404, "404")
	}
}

// Each operation is served on the trees on which the vendor serves it.
func TestTrees(t *testing.T) {
	t.Parallel()
	trees := map[string]string{}
	c := newClient(t)
	for _, route := range occ.Door(c.Service, c.Identity).Routes {
		if tree := strings.Split(route.Pattern, "/")[1]; !strings.HasSuffix(tree, "ui") {
			trees[route.Name] += strings.TrimPrefix(tree, "cc") + " "
		}
	}
	all, back, each := "admin app agent appagent ", "admin app ", "admin app agent appagent store "
	want := map[string]string{
		"getRegistry": each, "listLocales": all,
		"login": each, "mfalogin": "admin agent store ", "refresh": each, "verify": each, "logout": each,
		"createApplicationID": "admin ", "getApplicationIDs": "admin ", "getApplicationID": "admin ",
		"updateApplicationID": "admin ",
		"deleteApplicationID": "admin ", "appIdOperation": "admin ", "createExtensionID": "admin ",
		"createOrganization": back, "listOrganizations": each, "getOrganization": each, "updateOrganization": all,
		"authorizationCode":         back,
		"createOrganizationRequest": "store ", "listOrganizationRequests": all, "getOrganizationRequest": all,
		"updateOrganizationRequests": back, "deleteOrganizationRequest": back,
		"approveOrganizationRequest": back, "rejectOrganizationRequest": back,
	}
	for name, list := range want {
		if trees[name] != list {
			t.Errorf("%s is on %q, want %q", name, trees[name], list)
		}
		delete(trees, name)
	}
	for name := range trees {
		t.Errorf("%s is in no list", name)
	}
}

// The names of the vendor's browser pages serve the same operations as the trees' own names, and tokens are
// valid on both.
func TestRootsOfPages(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	served := map[string]int{}
	for _, route := range occ.Door(c.Service, c.Identity).Routes {
		tree, path, _ := strings.Cut(strings.TrimPrefix(route.Pattern, "/"), "/")
		name, page := strings.CutSuffix(tree, "ui")
		if page {
			served[name+" "+route.Method+path+route.Name]--
		} else if tree == "ccadmin" || tree == "ccagent" || tree == "ccstore" {
			served[name+" "+route.Method+path+route.Name]++
		}
	}
	for route, n := range served {
		if n != 0 {
			t.Errorf("%s is not on both roots", route)
		}
	}
	if len(served) < 20 {
		t.Errorf("only %d routes", len(served))
	}
	for tree, page := range map[string]string{admin: "/ccadminui/v1", agent: "/ccagentui/v1"} {
		for on, at := range map[string]string{tree: page, page: tree} {
			token := c.admin(t, on)
			if a := c.do(t, "GET", at+"/organizations", token, ""); a.status != 200 {
				t.Errorf("a token of %s on %s: %d %s", on, at, a.status, a.body)
			}
			wantError(t, "a token of "+on+" on ccapp", c.do(t, "GET", app+"/organizations", token, ""), 401,
				"401")
		}
		if a, b := c.do(t, "GET", tree+"/registry", "", ""), c.do(t, "GET", page+"/registry", "",
			""); a.body != b.body {
			t.Errorf("the registry of %s is another than that of %s", page, tree)
		}
	}
}

// The storefront's pages have log-ins and requests of their own.
func TestRootOfStorefrontPages(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	const page = "/ccstoreui/v1"
	org := c.Organization(t, "Birch")
	member := c.Operator(t, "member", tenancy.Auditor, org.ID)
	for on, at := range map[string]string{store: page, page: store} {
		token := c.operator(t, on, "member", member)
		if a := c.do(t, "GET", at+"/organizations", token, ""); a.status != 200 ||
			a.json["totalResults"] != 1.0 {
			t.Errorf("a token of %s on %s: %d %s", on, at, a.status, a.body)
		}
		wantError(t, "a token of "+on+" on ccadmin", c.do(t, "GET", admin+"/organizations", token, ""), 401,
			"401")
		if a := c.do(t, "POST", on+"/organizationRequests", "", `{"name":"asked on `+on+`"}`); a.status != 200 {
			t.Errorf("a request on %s: %d %s", on, a.status, a.body)
		}
	}
	a, b := c.do(t, "GET", store+"/registry", "", ""), c.do(t, "GET", page+"/registry", "", "")
	if a.status != 200 || a.body != b.body {
		t.Errorf("the registry of %s is another than that of %s", page, store)
	}
}

// An error has the header with the release, too, because a public tool reads it from GET verify.
func TestReleaseInErrors(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	a := c.do(t, "GET", admin+"/verify", "", "")
	wantError(t, "GET verify", a, 405, "405")
	if got, want := a.header.Get("OracleCommerceCloud-Version"), c.do(t, "GET", admin+"/registry", "",
		"").header.Get("OracleCommerceCloud-Version"); got == "" || got != want {
		t.Errorf("an error tells release %q, the registry %q", got, want)
	}
}
