// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

const genAuthToken = `{"op":"genAuthToken","type":"application"}`

func TestApplicationIDs(t *testing.T) {
	t.Parallel()
	onEngines(t, applicationIDsOnEngine)
}

func applicationIDsOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	a := c.do(t, "POST", "//ccadmin/v1//applicationIds", token, `{"name":"Shop","type":"application","lifetimeDays":30}`)
	id, key := a.text("id"), a.text("token")
	if a.status != 200 || id == "" || id != a.text("repositoryId") || key == "" || a.json["inUse"] != false || a.json["lifetimeDays"] != 30.0 {
		t.Fatalf("create: %d %s", a.status, a.body)
	}
	if _, err := time.Parse(time.RFC3339, a.text("creationTime")); err != nil {
		t.Error(err)
	}
	var claims map[string]any
	b, _ := base64.RawURLEncoding.DecodeString(strings.Split(key, ".")[1])
	if err := json.Unmarshal(b, &claims); err != nil || claims["sub"] != id || claims["iss"] == nil || claims["jti"] == nil || claims["exp"].(float64)-claims["iat"].(float64) != 30*86400 {
		t.Errorf("claims: %s", b)
	}
	extension := c.do(t, "POST", admin+"/applicationIds", token, `{"name":"Ext","type":"extension"}`)
	if extension.status != 200 || extension.text("token") != "" || extension.text("type") != "extension" {
		t.Errorf("extension: %s", extension.body)
	}
	// Once shown, the key is shown never again.
	for _, path := range []string{"", "?type=application", "/" + id, "/" + id + "?type=application"} {
		if a := c.do(t, "GET", admin+"/applicationIds"+path, token, ""); a.status != 200 || strings.Contains(a.body, "token") || !strings.Contains(a.body, id) {
			t.Errorf("GET %s: %d %s", path, a.status, a.body)
		}
	}
	if a := c.do(t, "PUT", admin+"/applicationIds/"+id, token, `{"name":"Shop 2","type":"application"}`); a.status != 200 || a.text("name") != "Shop 2" || strings.Contains(a.body, "token") {
		t.Errorf("update: %d %s", a.status, a.body)
	}
	access := c.application(t, app, key)
	if a := c.do(t, "DELETE", admin+"/applicationIds/"+id+"?type=application", token, ""); a.status != 200 || a.body != "{}" {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	wantError(t, "its token", c.do(t, "POST", app+"/verify", access, ""), 401, "401")
	wantError(t, "its key", c.do(t, "POST", app+"/login", key, "grant_type=client_credentials", formType), 401, "401")
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
	wantError(t, "the former key", c.do(t, "POST", admin+"/login", former, "grant_type=client_credentials", formType), 401, "401")
	c.application(t, admin, a.text("token"))
	wantError(t, "another's", c.do(t, "POST", admin+"/applicationIds/"+other.ID, own, genAuthToken), 403, "403")
	c.application(t, admin, other.KeyText.Reveal())
	wantError(t, "refresh with a token of the former key", c.do(t, "POST", admin+"/refresh", own, ""), 401, "401")
	for name, path := range map[string]string{"create": "/applicationIds", "rename": "/applicationIds/" + mine.ID, "delete": "/applicationIds/" + mine.ID} {
		method := map[string]string{"create": "POST", "rename": "PUT", "delete": "DELETE"}[name]
		wantError(t, "an application may not "+name, c.do(t, method, admin+path, own, `{"name":"a","type":"application"}`), 403, "403")
	}
}

func TestApplicationErrors(t *testing.T) {
	t.Parallel()
	onEngines(t, applicationErrorsOnEngine)
}

func applicationErrorsOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	known := c.Application(t, "app")
	id := known.ID
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
		{"lifetime beyond numbers", "POST", "", `{"name":"a","type":"application","lifetimeDays":99999999999999999999}`, 400},
		{"list of an unknown type", "GET", "?type=robot", "", 400},
		{"get as an unknown type", "GET", "/" + id + "?type=robot", "", 400},
		{"get as another type", "GET", "/" + id + "?type=extension", "", 404},
		{"delete as another type", "DELETE", "/" + id + "?type=extension", "", 404},
		{"rename as another type", "PUT", "/" + id, `{"name":"a","type":"extension"}`, 404},
		{"rename to nothing", "PUT", "/" + id, `{"name":" ","type":"application"}`, 400},
	} {
		a := c.do(t, e.method, admin+"/applicationIds"+e.path, token, e.body)
		wantError(t, e.name, a, e.status, itoa(e.status))
	}
	c.application(t, admin, known.KeyText.Reveal()) // none of that touched the key
	c.Store.Fail("UpdateApplication", errors.New("the cause"))
	a := c.do(t, "POST", admin+"/applicationIds/"+id, token, genAuthToken)
	wantError(t, "failing store", a, 500, "500")
	if strings.Contains(a.body, "the cause") {
		t.Errorf("the cause is told: %s", a.body)
	}
	c.Store.Heal()
	c.application(t, admin, known.KeyText.Reveal())
}
