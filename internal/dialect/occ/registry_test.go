// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/httpkit"
)

func (c *client) registry(t *testing.T, tree string) map[string]map[string]any {
	t.Helper()
	a := c.do(t, "GET", tree+"/registry", "", "")
	if a.status != 200 || a.header.Get("OracleCommerceCloud-Version") == "" {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	var body struct{ EndpointMap map[string]map[string]any }
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		t.Fatal(err)
	}
	return body.EndpointMap
}

// The registry of a tree contains exactly the routes of the tree.
func TestRegistryIsWhatIsServed(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	open := map[string]bool{"login": true, "mfalogin": true, "createOrganizationRequest": true,
		"getRegistry": true}
	found := 0
	all := map[string]map[string]map[string]any{}
	for _, tree := range []string{admin, app, agent, appagent, store} {
		all[tree] = c.registry(t, tree)
		found += len(all[tree])
	}
	routes := slices.DeleteFunc(occ.Door(c.Service, c.Identity).Routes, func(r httpkit.Route) bool {
		// the same once more, see TestRootsOfPages
		return strings.HasSuffix(strings.Split(r.Pattern, "/")[1], "ui")
	})
	if len(routes) != found {
		t.Errorf("%d routes are served, %d are in registries", len(routes), found)
	}
	for _, route := range routes {
		tree := strings.Join(strings.Split(route.Pattern, "/")[:3], "/")
		entry := all[tree][route.Name]
		url := strings.ReplaceAll(route.Pattern, "{id}", "{}")
		if entry["id"] != route.Name || entry["method"] != route.Method || entry["url"] != url ||
			entry["authRequired"] != !open[route.Name] ||
			entry["hasPathParams"] != strings.Contains(url, "{}") || entry["useOptimisticLock"] != false ||
			len(entry) != 13 {
			t.Errorf("%s %s: the registry has %v", route.Method, route.Pattern, entry)
		}
	}
}

// The entries have the vendor's form.
func TestRegistryEntries(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	got := c.registry(t, admin)
	entry := func(id, method, url string, request, hint any, auth, params bool) map[string]any {
		return map[string]any{"useOptimisticLock": false, "method": method, "requestType": request,
			"cachingEnabled": false, "hasPathParams": params, "url": admin + url,
			"httpsRequired": false, "authRequired": auth, "responseType": "application/json", "localeHint": hint,
			"hasDoc": false, "id": id, "singular": false}
	}
	for _, want := range []map[string]any{
		entry("authorizationCode", "POST", "/organizations/{}/authorizationCode", nil,
			"assetLanguageOptional", true, true),
		entry("approveOrganizationRequest", "POST", "/organizationRequests/{}/approve", "application/json",
			"assetLanguageOptional", true, true),
		entry("appIdOperation", "POST", "/applicationIds/{}", "application/json", nil, true, true),
		entry("deleteApplicationID", "DELETE", "/applicationIds/{}", nil, nil, true, true),
		entry("listLocales", "GET", "/locales", nil, "browser", true, false),
		entry("login", "POST", "/login", "application/x-www-form-urlencoded", nil, false, false),
	} {
		if diff := cmp.Diff(want, got[want["id"].(string)]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want["id"], diff)
		}
	}
	// The vendor's client checks by this that it does not talk to a storefront.
	if _, ok := c.registry(t, store)["listLocales"]; ok {
		t.Error("the store tree has listLocales")
	}
}

func TestLocales(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	type locale struct {
		Name    string
		Aliases []string
	}
	for query, aliases := range map[string]int{"": 0, "?withAliases=true": 2, "?withAliases=false": 0} {
		var got struct {
			Items         []locale
			DefaultLocale locale
		}
		a := c.do(t, "GET", admin+"/locales"+query, token, "")
		if err := json.Unmarshal([]byte(a.body), &got); a.status != 200 || err != nil {
			t.Fatalf("%d %s", a.status, a.body)
		}
		var names []string
		for _, item := range append(got.Items, got.DefaultLocale) {
			names = append(names, item.Name)
			if len(item.Aliases) != aliases {
				t.Errorf("%q: %v", query, item)
			}
		}
		if diff := cmp.Diff([]string{"en", "de", "fr", "es", "en"}, names); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
}
