// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

// The ETag of a thing changes exactly when the thing changes, and has the vendor's form.
func TestETags(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	c.do(t, "POST", admin+"/organizations", token, `{"name":"Orchard"}`)
	c.file(t, "Birch", "")
	id := c.Application(t, "a").ID
	get := func(path string, headers ...string) string {
		t.Helper()
		a := c.do(t, "GET", admin+path, token, "", headers...)
		tag, err := strconv.Unquote(a.header.Get("ETag"))
		b, decodeErr := base64.StdEncoding.DecodeString(tag)
		if a.status != 200 || err != nil || decodeErr != nil {
			t.Fatalf("%s: %d, ETag %q", path, a.status, a.header.Get("ETag"))
		}
		var form struct{ URI, Hash string }
		if err := json.Unmarshal(b, &form); err != nil ||
			form.URI != strings.Trim(strings.Split(path, "?")[0], "/") || len(form.Hash) != 8 {
			t.Errorf("%s: the ETag has another form: %s", path, b)
		}
		return tag
	}
	paths := []string{"/organizations", "/organizations/or-100001", "/organizationRequests",
		"/organizationRequests/100001", "/applicationIds/" + id, "/locales", "/registry"}
	before := map[string]string{}
	for _, path := range paths {
		before[path] = get(path)
		if again := get(path); again != before[path] {
			t.Errorf("%s: %s, and then %s", path, before[path], again)
		}
	}
	for path, whole := range map[string]string{"/organizations/or-100001?fields=id": "/organizations/or-100001",
		"/organizations?fields=totalResults": "/organizations"} {
		if tag := get(path); tag != before[whole] {
			t.Errorf("%s: the ETag of a part is not that of the whole: %s", path, tag)
		}
	}
	if a := c.do(t, "GET", admin+"/organizations", token, ""); a.text("___etag___") != before["/organizations"] {
		t.Errorf("the list says %s, its head %s", a.text("___etag___"), before["/organizations"])
	}
	if a := c.do(t, "GET", "/ccadminui/v1/locales", token, ""); a.header.Get("ETag") != strconv.Quote(
		before["/locales"]) {
		t.Errorf("on the root of the pages: %v", a.header)
	}
	// This server has no optimistic locks and no caching, so both headers are ignored.
	a := c.do(t, "PUT", admin+"/organizations/or-100001", token, `{"name":"Orchard Ltd"}`, "If-Match: \"other\"",
		"ETag: other")
	if a.status != 200 {
		t.Errorf("If-Match: %d %s", a.status, a.body)
	}
	a = c.do(t, "GET", admin+"/locales", token, "", `If-None-Match: "`+before["/locales"]+`"`)
	if a.status != 200 || a.json["items"] == nil {
		t.Errorf("If-None-Match: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/organizations", "/organizations/or-100001"} {
		if get(path) == before[path] {
			t.Errorf("%s: the ETag outlived a change", path)
		}
	}
	if a := c.do(t, "GET", admin+"/organizations/or-7", token, ""); a.header.Get("ETag") != "" {
		t.Errorf("an error has an ETag: %v", a.header)
	}
}
