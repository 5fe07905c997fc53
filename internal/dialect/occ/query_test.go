// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// unreadable are queries with a part that cannot be read.
func unreadable() []string {
	return []string{"type=extension%", "type%=extension", "x=%", "x=%zz", "limit=1&%zz", "fields=id&x=%2",
		"type=application&x=%ff", "x=%00", "expand=none&%00=1", "q=name+pr&x=%u0041"}
}

// A query that cannot be read is refused on every route, in this wire's form, and nothing is done. The
// unreadable part may be a restriction.
func TestUnreadableQueries(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	application := c.Application(t, "kept").ID
	for _, route := range occ.Door(c.Service, c.Identity).Routes {
		path := strings.ReplaceAll(route.Pattern, "{id}", "or-100001")
		for _, query := range unreadable() {
			a := c.do(t, route.Method, path+"?"+query, token, "{}")
			if a.status != 400 || a.text("status") != "400" ||
				!strings.HasPrefix(a.text("message"), "The query string cannot be read") {
				t.Errorf("%s ?%s: got %d %s", route.Name, query, a.status, a.body)
			}
			if a := c.do(t, "HEAD", path+"?"+query, token, ""); route.Method == "GET" && a.status != 400 {
				t.Errorf("HEAD of %s ?%s: got %d", route.Name, query, a.status)
			}
		}
	}
	for _, query := range unreadable() {
		c.do(t, "DELETE", admin+"/applicationIds/"+application+"?"+query, token, "")
	}
	if a := c.do(t, "GET", admin+"/applicationIds/"+application, token, ""); a.status != 200 {
		t.Errorf("the application is gone: %d", a.status)
	}
}

// The type of an application in the query is never ignored, neither on a list nor where an application is
// deleted or renamed.
func TestTypeGuards(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	application := c.Application(t, "kept").ID
	for query, status := range map[string]int{
		"type=extension": 404, "type=robot": 400, "type=": 400, "type": 400, "type=+": 400, "Type=extension": 400,
		"TYPE=extension": 400, "tYPE=application": 400,
		"type=extension&type=application": 400, "type=application&type=application": 400, "type=extension&x=1": 404,
		"type=extension;":  400,
		"%74ype=extension": 404, "type=%65xtension": 404, "type=extension&Type=application": 400,
		"type=Application": 400, "type=application%20": 400,
		"type[]=extension": 400, "type%5B0%5D=extension": 400, "x=1&amp;type=extension": 400,
		"type%20=extension": 400, "+type=extension": 400, "%EF%BB%BFtype=extension": 400,
		"Type[]=extension": 400, "type=application&type[]=extension": 400,
	} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			a := c.do(t, method, admin+"/applicationIds/"+application+"?"+query, token,
				`{"name":"taken","type":"application"}`)
			wantError(t, method+" ?"+query, a, status, itoa(status))
		}
		a := c.do(t, "POST", admin+"/applicationIds/"+application+"?"+query, token,
			`{"op":"genAuthToken","type":"application"}`)
		wantError(t, "POST ?"+query, a, status, itoa(status))
		if a := c.do(t, "GET", admin+"/applicationIds?"+query, token, ""); status == 400 && a.status != 400 ||
			strings.Contains(a.body, application) {
			t.Errorf("list ?%s: got %d %s", query, a.status, a.body)
		}
	}
	if a := c.do(t, "GET", admin+"/applicationIds/"+application+"?type=application&Other=1&other=2&other=3",
		token, ""); a.text("name") != "kept" {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if a := c.do(t, "DELETE", admin+"/applicationIds/"+application+"?type=application", token,
		""); a.status != 200 {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

// A parameter that is read has one spelling and is sent once. A parameter that is not read is ignored,
// however it is sent.
func TestSpellingsOfParameters(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	o := c.Organization(t, "Birch").ID.String()
	for _, e := range []struct {
		path, code string // "" is 200
		path2      string // what o:errorPath must name
	}{
		{"/organizations?Q=name+pr", "10002", "q"}, {"/organizations?Limit=1", "10002", "limit"},
		{"/organizations?OFFSET=1", "10002", "offset"},
		{"/organizations?Sort=name", "10002", "sort"}, {"/organizations?Fields=id", "10002", "fields"},
		{"/organizations?Exclude=id", "10002", "exclude"},
		{"/organizations?Expand=basic", "10002", "expand"}, {"/organizations?limit=1&limit=1", "10002", "limit"},
		{"/organizations?q=name+pr&q=name+pr", "100070", "q"}, {"/organizations?sort=name&sort=name", "10002",
			"sort"},
		{"/organizations?offset=&offset=1", "10002", "offset"},
		{"/organizations?q[]=name+pr", "10002", "q"}, {"/organizations?limit=1&amp;offset=1", "10002", "offset"},
		{"/organizations?x[]=1&x[]=2&amp;y=1", "", ""},
		{"/organizations?fields=items.id&fields=totalResults", "", ""}, {"/organizations?expand=basic&expand=x", "",
			""},
		{"/organizations?Other=1&other=2&other=3&filterKey=x&filterKey=y", "", ""},
		{"/organizations/" + o + "?limit=1&limit=2&Q=x", "", ""},
		{"/organizationRequests?Q=name+pr", "10002", "q"}, {"/organizationRequests?sort=name&sort=id", "50012",
			"sort"}, {"/organizationRequests?q=&q=", "85000", "q"},
		{"/locales?WithAliases=true", "400", "withAliases"}, {"/locales?withAliases=true&withAliases=true", "400",
			"withAliases"},
		{"/registry?FIELDS=x", "400", "fields"},
		{"/organizations?q=name+eq+%22a;b%22;", "100070", "q"}, {"/organizations?q=name+eq+%22a;b%22", "", ""},
		{"/organizations?q=name+eq+%22;%22&fields=a;b", "", ""},
	} {
		a := c.do(t, "GET", admin+e.path, token, "")
		if e.code == "" {
			if a.status != 200 {
				t.Errorf("%s: got %d %s", e.path, a.status, a.body)
			}
			continue
		}
		wantError(t, e.path, a, 400, e.code)
		if a.text("o:errorPath") != e.path2 {
			t.Errorf("%s: the path is %q", e.path, a.text("o:errorPath"))
		}
	}
	wantError(t, "a change", c.do(t, "PUT", admin+"/organizations/"+o+"?Expand=none", token, `{"name":"x"}`),
		400, "100000")
	if a := c.do(t, "GET", admin+"/organizations/"+o, token, ""); a.text("name") != "Birch" {
		t.Errorf("got %s", a.body)
	}
}

// A password of any characters can be sent in a form: as browsers and libraries encode it, and with all
// characters unencoded that have no meaning in a form.
func TestFormsCarryAnyPassword(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for i, end := range []string{";", "a;b=c;", "&amp;", "&", "+", "%", "%25", "100%;", "=", "#?/", " ",
		"\"'<>", "é🌳", "\\", "a\tb"} {
		name, password := "operator"+itoa(i), secret.Of(secret.NewPassword().Reveal()+end+"x")
		_, err := c.CreateOperator(t.Context(), c.Root(), identity.CreateOperatorParams{Username: name,
			Password: password, Role: tenancy.Auditor, Organization: tenancy.RootID})
		if err != nil {
			t.Fatal(err)
		}
		form := url.Values{"grant_type": {"password"}, "username": {name},
			"password": {password.Reveal()}}.Encode()
		for how, body := range map[string]string{
			"encoded": form, "blanks as %20": strings.ReplaceAll(form, "+", "%20"),
			"as they are": strings.NewReplacer("%3B", ";", "%3D", "=", "%23", "#", "%3F", "?", "%2F", "/", "%C3%A9",
				"é", "%5C", "\\").Replace(form),
		} {
			if a := c.do(t, "POST", admin+"/login", "", body, formType); a.status != 200 {
				t.Errorf("%q, %s: got %d %s", end, how, a.status, a.body)
			}
		}
	}
}

// A field of a log-in has one spelling and is sent once.
func TestSpellingsOfFields(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	good := url.Values{"grant_type": {"password"}, "username": {c.Admin},
		"password": {c.AdminPassword.Reveal()}}.Encode()
	for _, e := range []struct{ query, form string }{
		{"", good + "&Password=x"}, {"", good + "&password=x"}, {"", "password=x&" + good},
		{"", good + "&USERNAME=x"}, {"", good + "&username=" + c.Admin},
		{"", good + "&Grant_Type=password"}, {"", good + "&grant_type=password"}, {"", good + "&Totp_Code=1"},
		{"?Password=x", good}, {"?TOTP_CODE=x", good},
		{"?Grant_type=password", good}, {"?grant_type=password&grant_type=password", good}, {"", good + "&x=%"},
		{"", good + "&x=%ff"}, {"", good + "&x=%00"},
	} {
		for _, path := range []string{"/login", "/mfalogin"} {
			a := c.do(t, "POST", admin+path+e.query, "", e.form, formType)
			wantError(t, path+e.query+" "+strings.TrimPrefix(e.form, good), a, 400, "400")
			if a.text("error") != "invalid_request" {
				t.Errorf("%s: got %s", e.query, a.body)
			}
		}
	}
	if a := c.do(t, "POST", admin+"/login?grant_type=password&other=1&other=2", "", good+"&Other=1&other=2",
		formType); a.status != 200 {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

// A body is read whatever follows the first semicolon of its Content-Type, with or without a byte order mark,
// and without a content coding.
func TestReadingOfBodies(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	form := url.Values{"grant_type": {"password"}, "username": {c.Admin},
		"password": {c.AdminPassword.Reveal()}}.Encode()
	const isJSON, isForm = "application/json", "application/x-www-form-urlencoded"
	for i, e := range []struct {
		label, mark, coding string
		status              int
	}{
		{"", "", "", 200}, {"; utf-8", "", "", 200}, {";", "", "", 200}, {";charset", "", "", 200},
		{`;charset="utf-8`, "", "", 200}, {"; charset=utf-8; charset=utf-8", "", "", 200},
		{"", "\ufeff", "", 200}, {"; utf-8", "\ufeff", "identity", 200}, {", text/plain", "", "", 415},
		{" charset=utf-8", "", "", 415},
		{"", "", "gzip", 415}, {"", "", "deflate, identity", 415}, {"; utf-8", "\ufeff", "br", 415},
	} {
		send := func(path, label, body string) answer {
			return c.do(t, "POST", admin+path, token, e.mark+body, "Content-Encoding: "+e.coding,
				"Content-Type: "+label+e.label)
		}
		for name, a := range map[string]answer{
			"log-in":       send("/login", isForm, form),
			"organization": send("/organizations", isJSON, `{"name":"Birch `+itoa(i)+`"}`),
			"application":  send("/applicationIds", isJSON, `{"name":"a","type":"extension"}`),
		} {
			if a.status != e.status || e.status != 200 && a.text("status") != itoa(e.status) {
				t.Errorf("%s, %q and %q: got %d %s", name, e.label, e.coding, a.status, a.body)
			}
		}
	}
	if a := c.do(t, "GET", admin+"/organizations", token, "",
		"Accept: application/json; utf-8"); a.status != 200 {
		t.Errorf("Accept: got %d %s", a.status, a.body)
	}
}
