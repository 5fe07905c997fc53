// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

const genAuthToken = `{"op":"genAuthToken","type":"application"}`

func TestApplicationIDs(t *testing.T) {
	t.Parallel()
	onEngines(t, applicationIDsOnEngine)
}

func applicationIDsOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	a := c.do(t, "POST", "//ccadmin/v1//applicationIds", token,
		`{"name":"Shop","type":"application","lifetimeDays":30}`)
	id, key := a.text("id"), a.text("token")
	if a.status != 200 || id == "" || id != a.text("repositoryId") || key == "" || a.json["inUse"] != false ||
		a.json["lifetimeDays"] != 30.0 {
		t.Fatalf("create: %d %s", a.status, a.body)
	}
	if _, err := time.Parse(time.RFC3339, a.text("creationTime")); err != nil {
		t.Error(err)
	}
	var claims map[string]any
	b, _ := base64.RawURLEncoding.DecodeString(strings.Split(key, ".")[1])
	if err := json.Unmarshal(b, &claims); err != nil || claims["sub"] != id ||
		claims["iss"] != "applicationAuth" || claims["jti"] == nil ||
		claims["exp"].(float64)-claims["iat"].(float64) != 30*86400 {
		t.Errorf("claims: %s", b)
	}
	extension := c.do(t, "POST", admin+"/applicationIds", token, `{"name":"Ext","type":"extension"}`)
	if extension.status != 200 || extension.text("token") != "" || extension.text("type") != "extension" {
		t.Errorf("extension: %s", extension.body)
	}
	// The key is shown once and never again.
	for _, path := range []string{"", "?type=application", "/" + id, "/" + id + "?type=application"} {
		if a := c.do(t, "GET", admin+"/applicationIds"+path, token, ""); a.status != 200 ||
			strings.Contains(a.body, "token") || !strings.Contains(a.body, id) {
			t.Errorf("GET %s: %d %s", path, a.status, a.body)
		}
	}
	if a := c.do(t, "PUT", admin+"/applicationIds/"+id, token,
		`{"name":"Shop 2","type":"application"}`); a.status != 200 || a.text("name") != "Shop 2" ||
		strings.Contains(a.body, "token") {
		t.Errorf("update: %d %s", a.status, a.body)
	}
	access := c.application(t, app, key)
	if a := c.do(t, "DELETE", admin+"/applicationIds/"+id+"?type=application", token, ""); a.status != 200 ||
		a.body != "{}" {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	wantError(t, "its token", c.do(t, "POST", app+"/verify", access, ""), 401, "401")
	wantError(t, "its key", c.do(t, "POST", app+"/login", key, "grant_type=client_credentials", formType),
		401, "401")
	wantError(t, "itself", c.do(t, "GET", admin+"/applicationIds/"+id, token, ""), 404, "404")
}

func TestGenAuthToken(t *testing.T) {
	t.Parallel()
	onEngines(t, genAuthTokenOnEngine)
}

func genAuthTokenOnEngine(t *testing.T, c *client) {
	mine, other := c.Application(t, "mine"), c.Application(t, "other")
	former := mine.KeyText.Reveal()
	own := c.application(t, admin, former)
	a := c.do(t, "POST", admin+"/applicationIds/"+mine.ID, own, genAuthToken) // its own, with its own token
	if a.status != 200 || len(a.json) != 1 || a.text("token") == "" || a.text("token") == former {
		t.Fatalf("renew: %d %s", a.status, a.body)
	}
	wantError(t, "the former key", c.do(t, "POST", admin+"/login", former, "grant_type=client_credentials",
		formType), 401, "401")
	c.application(t, admin, a.text("token"))
	wantError(t, "another's", c.do(t, "POST", admin+"/applicationIds/"+other.ID, own, genAuthToken), 403,
		"403")
	c.application(t, admin, other.KeyText.Reveal())
	wantError(t, "refresh with a token of the former key", c.do(t, "POST", admin+"/refresh", own, ""), 401,
		"401")
	extension := c.do(t, "POST", admin+"/extensions/id", own, `{"name":"Ext"}`)
	if extension.status != 200 || extension.text("type") != "extension" || extension.text("id") == "" ||
		extension.text("id") != extension.text("repositoryId") {
		t.Errorf("an extension made by an application: %d %s", extension.status, extension.body)
	}
	for name, path := range map[string]string{"create": "/applicationIds", "rename": "/applicationIds/" +
		mine.ID, "delete": "/applicationIds/" + mine.ID} {
		method := map[string]string{"create": "POST", "rename": "PUT", "delete": "DELETE"}[name]
		wantError(t, "an application may not "+name, c.do(t, method, admin+path, own,
			`{"name":"a","type":"application"}`), 403, "403")
	}
}

// lifetimeDays decides the lifetime of a key.
func TestLifetimeDays(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	for member, days := range map[string]float64{"": -1, `,"lifetimeDays":null`: -1, `,"lifetimeDays":-1`: -1,
		`,"lifetimeDays":0`: 0,
		`,"lifetimeDays":1`: 1, `,"lifetimeDays":365`: 365, `,"lifetimeDays":366`: 365,
		`,"lifetimeDays":100000`: 365} {
		a := c.do(t, "POST", admin+"/applicationIds", token, `{"name":"Shop","type":"application"`+member+`}`)
		if a.status != 200 || a.json["lifetimeDays"] != days {
			t.Errorf("%s: %d %s, want %v days", member, a.status, a.body, days)
		}
		login := c.do(t, "POST", app+"/login", a.text("token"), "grant_type=client_credentials", formType)
		if want := map[bool]int{true: 401, false: 200}[days == 0]; login.status != want {
			t.Errorf("%s: log-in gives %d, want %d", member, login.status, want)
		}
	}
	a := c.do(t, "POST", admin+"/applicationIds", token, `{"name":"Ext","type":"extension","lifetimeDays":30}`)
	if _, has := a.json["lifetimeDays"]; a.status != 200 || has {
		t.Errorf("an extension has no key to live: %d %s", a.status, a.body)
	}
}

// Operators may call operations according to their roles, and applications may call operations for themselves
// and for extensions.
func TestApplicationIDCallers(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	id := c.Application(t, "shop").ID
	mine := c.Application(t, "mine")
	const everybody, administrators, auditors = "administrator account-manager auditor application",
		"administrator", "administrator auditor application"
	callers := map[string]string{"administrator": c.admin(t, admin),
		"application": c.application(t, admin, mine.KeyText.Reveal())}
	for _, role := range []tenancy.Role{tenancy.AccountManager, tenancy.Auditor} {
		callers[string(role)] = c.operator(t, admin, string(role),
			c.Operator(t, string(role), role, tenancy.RootID))
	}
	for _, e := range []struct{ method, path, body, allowed string }{
		{"GET", "/applicationIds", "", auditors},
		{"GET", "/applicationIds/" + id, "", auditors},
		{"POST", "/applicationIds", `{"name":"a","type":"extension"}`, administrators},
		{"PUT", "/applicationIds/" + id, `{"name":"a","type":"application"}`, administrators},
		{"POST", "/applicationIds/" + id, genAuthToken, administrators},
		{"POST", "/extensions/id", `{"name":"a"}`, administrators + " application"},
		{"POST", "/applicationIds/" + mine.ID, genAuthToken, administrators},
		{"DELETE", "/applicationIds/" + id + "?type=application", "", administrators},
	} {
		for _, who := range strings.Fields(everybody) {
			may := slices.Contains(strings.Fields(e.allowed), who)
			if may && e.method == "DELETE" {
				continue // TestApplicationIDs does
			}
			a := c.do(t, e.method, admin+e.path, callers[who], e.body)
			switch {
			case may && a.status != 200:
				t.Errorf("%s %s as %s: %d %s", e.method, e.path, who, a.status, a.body)
			// its own key, by now renewed
			case !may && e.path == "/applicationIds/"+mine.ID && who == "application":
				wantError(t, "own key with a token of the former", a, 401, "401")
			case !may:
				wantError(t, e.method+" "+e.path+" as "+who, a, 403, "403")
			}
		}
	}
}

func TestApplicationErrors(t *testing.T) {
	t.Parallel()
	onEngines(t, applicationErrorsOnEngine)
}

func applicationErrorsOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	app := c.Application(t, "app")
	id := app.ID
	extension := c.do(t, "POST", admin+"/applicationIds", token, `{"name":"Ext","type":"extension"}`).text("id")
	for _, e := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"no op", "POST", "/" + id, `{"type":"application"}`, 400},
		{"unknown op", "POST", "/" + id, `{"op":"dropAll","type":"application"}`, 400},
		{"op in another letter case", "POST", "/" + id, `{"op":"GENAUTHTOKEN","type":"application"}`, 400},
		{"op of another type", "POST", "/" + id, `{"op":["genAuthToken"],"type":"application"}`, 400},
		{"no type", "POST", "/" + id, `{"op":"genAuthToken"}`, 400},
		{"unknown type", "POST", "/" + id, `{"op":"genAuthToken","type":"robot"}`, 400},
		{"type extension", "POST", "/" + id, `{"op":"genAuthToken","type":"extension"}`, 400},
		{"no body", "POST", "/" + id, ``, 400},
		{"broken", "POST", "/" + id, `{"op":"genAuthToken"`, 400},
		{"of an extension", "POST", "/" + extension, genAuthToken, 400},
		{"of nobody", "POST", "/00000000-0000-0000-0000-000000000000", genAuthToken, 404},
		{"of no id", "POST", "/x", genAuthToken, 404},
		{"of an enormous id", "POST", "/" + strings.Repeat("a", 4000), genAuthToken, 404},
		{"of a NUL", "POST", "/a%00b", genAuthToken, 404},
		{"of bytes that are no text", "GET", "/%ff%fe", "", 404},
		{"create without a name", "POST", "", `{"type":"application"}`, 400},
		{"create without a type", "POST", "", `{"name":"a"}`, 400},
		{"create of an unknown type", "POST", "", `{"name":"a","type":"robot"}`, 400},
		{"lifetime of another type", "POST", "", `{"name":"a","type":"application","lifetimeDays":"1"}`, 400},
		{"lifetime below", "POST", "", `{"name":"a","type":"application","lifetimeDays":-2}`, 400},
		{"lifetime beyond numbers", "POST", "",
			`{"name":"a","type":"application","lifetimeDays":99999999999999999999}`, 400},
		{"list of an unknown type", "GET", "?type=robot", "", 400},
		{"get as an unknown type", "GET", "/" + id + "?type=robot", "", 400},
		{"get as another type", "GET", "/" + id + "?type=extension", "", 404},
		{"delete as another type", "DELETE", "/" + id + "?type=extension", "", 404},
		{"rename as another type", "PUT", "/" + id, `{"name":"a","type":"extension"}`, 404},
		{"rename without a name", "PUT", "/" + id, `{"type":"application"}`, 400},
		{"rename to a name too long", "PUT", "/" + id, `{"name":"` + strings.Repeat("a", 255) +
			`","type":"application"}`, 400},
		{"delete as an unknown type", "DELETE", "/" + id + "?type=robot", "", 400},
		{"rename to nothing", "PUT", "/" + id, `{"name":" ","type":"application"}`, 400},
	} {
		a := c.do(t, e.method, admin+"/applicationIds"+e.path, token, e.body)
		wantError(t, e.name, a, e.status, itoa(e.status))
	}
	for name, body := range map[string]string{"no body": "", "broken": "{", "no name": "{}",
		"a name of another type": `{"name":7}`, "a blank name": `{"name":" "}`} {
		wantError(t, "extension: "+name, c.do(t, "POST", admin+"/extensions/id", token, body), 400, "400")
	}
	c.application(t, admin, app.KeyText.Reveal()) // none of these requests changed the key
	c.Store.Fail("UpdateApplication", errors.New("the cause"))
	a := c.do(t, "POST", admin+"/applicationIds/"+id, token, genAuthToken)
	wantError(t, "failing store", a, 500, "500")
	if strings.Contains(a.body, "the cause") {
		t.Errorf("the cause is shown: %s", a.body)
	}
	c.Store.Heal()
	c.application(t, admin, app.KeyText.Reveal())
}
