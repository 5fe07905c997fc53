// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"net/url"
	"testing"

	"gatehouse/internal/tenancy"
)

// On ccstore the people of an organization see only their own. Nobody else can log in there, and a token of
// ccstore is valid nowhere else.
func TestStorefront(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	own, foreign := c.Organization(t, "own").ID, c.Organization(t, "foreign").ID.String()
	person := c.Operator(t, "person", tenancy.Administrator, own)
	token := c.operator(t, store, "person", person)
	for _, call := range [][2]string{{"POST", "/verify"}, {"POST", "/refresh"},
		{"GET", "/organizations/" + own.String()}} {
		if a := c.do(t, call[0], store+call[1], token, ""); a.status != 200 {
			t.Errorf("%s: %d %s", call[1], a.status, a.body)
		}
	}
	if a := c.do(t, "GET", store+"/organizations", token, ""); a.json["total"] != 1.0 ||
		a.json["items"].([]any)[0].(map[string]any)["id"] != own.String() {
		t.Errorf("the list: %s", a.body)
	}
	wantError(t, "another's", c.do(t, "GET", store+"/organizations/"+foreign, token, ""), 404, "100001")
	wantError(t, "a change", c.do(t, "PUT", store+"/organizations/"+own.String(), token, `{"x":1}`), 405, "405")
	wantError(t, "a code", c.do(t, "POST", store+"/organizations/"+own.String()+"/authorizationCode", token,
		""), 404, "404")
	wantError(t, "its token on ccadmin", c.do(t, "POST", admin+"/verify", token, ""), 401, "401")
	wantError(t, "a token of ccadmin", c.do(t, "GET", store+"/organizations",
		c.operator(t, admin, "person", person), ""), 401, "401")
	wantError(t, "nobody", c.do(t, "GET", store+"/organizations", "", ""), 401, "401")

	login := func(username, password string) answer {
		form := url.Values{"grant_type": {"password"}, "username": {username},
			"password": {password}}.Encode()
		return c.do(t, "POST", store+"/login", "", form, formType)
	}
	wrong := login("person", "not the password")
	wantError(t, "a wrong password", wrong, 401, "401")
	if server := login("admin", c.AdminPassword.Reveal()); server.status != wrong.status ||
		server.body != wrong.body {
		t.Errorf("the server's own operator: %d %s, a wrong password: %s", server.status, server.body,
			wrong.body)
	}
	key := c.Application(t, "a").KeyText.Reveal()
	wantError(t, "a key", c.do(t, "POST", store+"/login", key, "grant_type=client_credentials", formType),
		400, "400")

	if a := c.do(t, "POST", store+"/logout", token, ""); a.json["result"] != true {
		t.Errorf("log-out: %s", a.body)
	}
	wantError(t, "after the log-out", c.do(t, "POST", store+"/verify", token, ""), 401, "401")
	off := false
	again := c.operator(t, store, "person", person)
	if _, err := c.UpdateOrganization(t.Context(), c.Root(), own,
		tenancy.UpdateOrganizationParams{Active: &off}); err != nil {
		t.Fatal(err)
	}
	wantError(t, "of an inactive organization", c.do(t, "GET", store+"/organizations", again, ""), 401, "401")
	wantError(t, "log-in to it", login("person", person.Reveal()), 401, "401")
}
