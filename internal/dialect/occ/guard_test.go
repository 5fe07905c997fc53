// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"strings"
	"testing"

	"gatehouse/internal/dialect/occ"
)

// Every route but the open ones refuses who shows no token, before anything
// else; every route refuses what it cannot answer in; and all of it in this wire's form.
func TestEveryRouteIsGuarded(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	open := map[string]bool{"getRegistry": true, "login": true, "mfalogin": true, "createOrganizationRequest": true}
	seen := map[string]string{}
	for _, route := range occ.Door(c.Service).Routes {
		path := strings.ReplaceAll(route.Pattern, "{id}", "or-100001")
		if other, ok := seen[route.Method+route.Pattern]; ok {
			t.Errorf("%s and %s share a route", other, route.Name)
		}
		seen[route.Method+route.Pattern] = route.Name
		if !open[route.Name] {
			wantError(t, route.Name+" without a token", c.do(t, route.Method, path, "", "{"), 401, "401")
		}
		wantError(t, route.Name+" for XML", c.do(t, route.Method, path, "", "", "Accept: application/xml"), 406, "406")
		a := c.do(t, "PATCH", path, "", "")
		wantError(t, route.Name+" with another method", a, 405, "405")
		if !strings.Contains(a.header.Get("Allow"), route.Method) {
			t.Errorf("%s: Allow is %q", path, a.header.Get("Allow"))
		}
	}
	if len(seen) < 42 {
		t.Errorf("only %d routes", len(seen))
	}
	for _, path := range []string{admin, admin + "/", admin + "/nothing", store + "/login", agent + "/applicationIds", admin + "/organizations/or-1/x"} {
		wantError(t, path, c.do(t, "GET", path, "", ""), 404, "404")
	}
}

// The trees of each operation, as the vendor has them.
func TestTrees(t *testing.T) {
	t.Parallel()
	trees := map[string]string{}
	c := newClient(t)
	for _, route := range occ.Door(c.Service).Routes {
		trees[route.Name] += strings.TrimPrefix(strings.Split(route.Pattern, "/")[1], "cc") + " "
	}
	all, back := "admin app agent ", "admin app "
	want := map[string]string{
		"getRegistry": all + "store ", "listLocales": all,
		"login": all, "mfalogin": "admin ", "refresh": all, "verify": all, "logout": all,
		"createApplicationID": "admin ", "getApplicationIDs": "admin ", "getApplicationID": "admin ", "updateApplicationID": "admin ",
		"deleteApplicationID": "admin ", "appIdOperation": "admin ",
		"createOrganization": back, "listOrganizations": all, "getOrganization": all, "updateOrganization": all, "authorizationCode": back,
		"createOrganizationRequest": "store ", "listOrganizationRequests": all, "getOrganizationRequest": all,
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
