// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"net/http"
	"strings"
	"testing"
)

// These are requests of the vendor's real clients. No answer is a redirect, because a client repeats a
// redirected POST as a GET.
func TestTolerance(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	key := c.Application(t, "a").KeyText.Reveal()
	token := c.admin(t, admin)
	c.do(t, "POST", admin+"/organizations", token, `{"name":"Orchard Row"}`)
	const one = `"totalResults":1,`
	type try struct{ name, method, path, token, body, header, want string }
	for _, e := range []try{
		{"a slash after login", "POST", "/login/", key, "grant_type=client_credentials", formType +
			"; charset=UTF-8", `"expires_in":300`},
		{"slashes before login", "POST", "//login", key, "grant_type=client_credentials", formType,
			`"expires_in":300`},
		{"grant_type in the query", "POST", "/login?grant_type=client_credentials", key, "", formType,
			`"expires_in":300`},
		{"grant_type in the query and JSON for the body", "POST", "/login?grant_type=client_credentials", key, "{}",
			"", `"expires_in":300`},
		{"a slash after a list", "GET", `/organizations/?q=name%20co%20%22row%22&limit=10&offset=0`, token, "", "",
			one},
		{"a doubled slash", "POST", "//applicationIds", token, `{"name":"x","type":"extension"}`, "",
			`"type":"extension"`},
		{"a doubled slash before the tree", "GET", "/../..//ccadmin//v1/organizations", token, "", "", one},
		{"no body for verify", "POST", "/verify", token, "", "", `{"success":true}`},
		{"another call's body for verify", "POST", "/verify", token, `{"op":"genAuthToken"`, "",
			`{"success":true}`},
		{"an empty form for refresh", "POST", "/refresh", token, "", formType, `"token_type":"bearer"`},
		{"a body left over from another call", "POST", "/organizations/or-100001/authorizationCode", token,
			`{"op":"genAuthToken","type":"application"}`, "", `"authorizationCode":"GHC`},
		{"a GET that announces JSON", "GET", "/organizations/or-100001", token, "",
			"Content-Type: application/json", `"id":"or-100001"`},
		{"a body in a GET", "GET", "/organizations/or-100001", token, "x", "Content-Type: text/plain",
			`"id":"or-100001"`},
		{"blanks as %20", "GET", `/organizations?q=name%20sw%20%22orchard%20r%22`, token, "", "", one},
		{"blanks as +", "GET", `/organizations?q=name+sw+%22orchard+r%22`, token, "", "", one},
		{"operators in upper case", "GET",
			`/organizations?q=(name+EQ+%22orchard+row%22+OR+id+EQ+%22or-7%22)+AND+NOT+(id+PR+AND+name+SW+%22x%22)`,
			token, "", "", one},
		{"no blank after a quote", "GET",
			`/organizations?q=name+co+%22row%22and+id+eq+%22or-100001%22or+name+eq+%22x%22`, token, "", "", one},
		{"the SCIM format named", "GET",
			`/organizations?queryFormat=SCIM&useAdvancedQParser=true&q=name+eq+%22Orchard+Row%22`, token, "", "", one},
		{"q of nothing", "GET", "/organizations?q=&sort=&limit=&offset=", token, "", "", one},
		{"only the count", "GET", "/organizations?limit=0", token, "", "", `"items":[]`},
		{"several keys of sorting", "GET", "/organizations?sort=name:asc,id:DESC", token, "", "",
			`"sort":[{"property":"name","order":"asc"},{"property":"id","order":"desc"}]`},
		{"fields of items", "GET", "/organizations?fields=items.id,totalResults", token, "", "",
			`{"totalResults":1,"items":[{"id":"or-100001"}]}`},
		{"bare fields", "GET", "/organizations?fields=id", token, "", "", `"items":[{"id":"or-100001"}]`},
		{"a filter by its name", "GET", "/organizations?filterKey=summary&expand=basic&allMembersCount=true", token,
			"", "", one},
		{"language en", "GET", "/organizations", token, "", "X-CCAsset-Language: en", one},
		{"language en_US", "GET", "/organizations", token, "", "X-CCAsset-Language: en_US", one},
		{"language pt_BR", "GET", "/organizations", token, "", "X-CCAsset-Language: pt_BR", one},
		{"what a browser accepts", "GET", "/organizations", token, "",
			"Accept: application/json, text/javascript, */*; q=0.01", one},
		{"the kind of profile", "GET", "/organizations", token, "", "X-CCProfileType: applicationAccess", one},
		{"an ETag of nothing", "PUT", "/organizations/or-100001", token, "{}", "If-Match: undefined",
			`"name":"Orchard Row"`},
	} {
		var headers []string
		if e.header != "" {
			headers = append(headers, e.header)
		}
		a := c.do(t, e.method, admin+e.path, e.token, e.body, headers...)
		if a.status != 200 || !strings.Contains(a.body, e.want) {
			t.Errorf("%s: got %d %s, want %s", e.name, a.status, a.body, e.want)
		}
	}
}

// A client stores the cookie of its log-in and fails without one. No client sends this cookie back, and it
// would be of no use.
func TestLogInCookie(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	a := c.do(t, "POST", admin+"/login", c.Application(t, "a").KeyText.Reveal(),
		"grant_type=client_credentials", formType)
	cookies := (&http.Response{Header: a.header}).Cookies()
	if len(cookies) != 1 || cookies[0].Value != "" || cookies[0].MaxAge >= 0 || !cookies[0].HttpOnly {
		t.Fatalf("got %v", a.header["Set-Cookie"])
	}
	for _, value := range []string{"", a.text("access_token")} {
		wantError(t, "with the cookie alone", c.do(t, "GET", admin+"/organizations", "", "",
			"Cookie: "+cookies[0].Name+"="+value), 401, "401")
	}
	if a := c.do(t, "POST", admin+"/login", "x", "grant_type=client_credentials", formType); a.header.Get(
		"Set-Cookie") != "" {
		t.Errorf("a refused log-in sets %v", a.header["Set-Cookie"])
	}
}
