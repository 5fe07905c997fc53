// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/api"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

func tokenOf(t *testing.T, d *door, id, key string) string {
	t.Helper()
	token, err := d.LoginClient(context.Background(), d.Anyone(), id, secret.Of(key), tenancy.KeyInHeader,
		identity.NativeAudience)
	if err != nil {
		t.Fatal(err)
	}
	return token.Text.Reveal()
}

// route is one operation with a request that is good up to its ids.
type route struct{ name, method, path, body string }

// routes returns every operation that needs an access token, for a code and a client.
func (d *door) routes(organization, code, client string) []route {
	codes := "/organizations/" + organization + "/auth-codes"
	one := codes + "/" + code
	return []route{
		{"logout", "POST", "/logout", ""}, {"listAuditEvents", "GET", "/audit", ""},
		{"readPolicy", "GET", "/organizations/" + organization + "/policy", ""},
		{"replacePolicy", "PUT", "/organizations/" + organization + "/policy",
			`{"showCodesOnce":false,"maxCodeLife":"unlimited","approveEnrolments":false}`},
		{"listAuthCodes", "GET", codes, ""},
		{"createAuthCode", "POST", codes, `{"name":"n","expiresAt":"never","maxUses":1}`},
		{"readAuthCode", "GET", one, ""}, {"updateAuthCode", "PATCH", one, `{"name":"n"}`},
		{"revealAuthCode", "POST", one + "/reveal", ""}, {"rotateAuthCode", "POST", one + "/rotate",
			`{"overlap":"1h"}`},
		{"endOverlap", "POST", one + "/endOverlap", ""}, {"disableAuthCode", "POST", one + "/disable", ""},
		{"enableAuthCode", "POST", one + "/enable", ""}, {"listAuthCodeUses", "GET", one + "/uses", ""},
		{"verifyAuthCode", "POST", "/auth-codes/verify", `{"authorizationCode":"GHC"}`},
		{"listClients", "GET", "/clients?organization=" + organization, ""},
		{"readClient", "GET", "/clients/" + client, ""}, {"updateClient", "PATCH", "/clients/" + client,
			`{"name":"n"}`},
		{"approveClient", "POST", "/clients/" + client + "/approve", ""},
		{"refuseClient", "POST", "/clients/" + client + "/refuse", ""},
		{"revokeClient", "POST", "/clients/" + client + "/revoke", ""},
	}
}

// applicationRoutes are the operations of applications, for one of them.
func applicationRoutes(id string) []route {
	one := "/applications/" + id
	return []route{
		{"listApplications", "GET", "/applications", ""},
		{"createApplication", "POST", "/applications", `{"name":"n","expiresAt":"never"}`},
		{"readApplication", "GET", one, ""}, {"updateApplication", "PATCH", one, `{"name":"n"}`},
		{"rotateApplicationKey", "POST", one + "/rotateKey", `{"overlap":"1h"}`},
		{"endKeyOverlap", "POST", one + "/endOverlap", ""}, {"deleteApplication", "DELETE", one, ""},
	}
}

// operatorRoutes are the operations of operators, for one of them.
func operatorRoutes(ref string) []route {
	one := "/operators/" + ref
	return []route{
		{"listOperators", "GET", "/operators", ""},
		{"createOperator", "POST", "/operators",
			`{"username":"n","password":"correct horse battery","role":"auditor","organizationId":"or-0"}`},
		{"readOperator", "GET", one, ""}, {"updateOperator", "PATCH", one, `{"role":"auditor"}`},
		{"disableOperator", "POST", one + "/disable", ""}, {"enableOperator", "POST", one + "/enable", ""},
		{"endOperatorSessions", "POST", one + "/endSessions", ""},
		{"changePassword", "POST", one + "/password", `{"password":"correct horse battery"}`},
		{"startTOTP", "POST", one + "/totp", `{"password":"correct horse battery"}`},
		{"confirmTOTP", "POST", one + "/totp/confirm", `{"totp":"123456"}`},
		{"removeTOTP", "POST", one + "/totp/remove", `{"password":"correct horse battery"}`},
		{"renewRecoveryCodes", "POST", one + "/recoveryCodes",
			`{"password":"correct horse battery","totp":"123456"}`},
		{"deleteOperator", "DELETE", one, ""},
	}
}

// Every route of the door is an operation of the document, and every operation is a route.
func TestDocumentHasTheRoutes(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	var served, tested []string
	for _, r := range api.Door(d.Service, d.Identity).Routes {
		served = append(served, r.Name+" "+r.Method+" "+strings.TrimPrefix(r.Pattern, "/v1"))
		tested = append(tested, r.Name)
	}
	slices.Sort(served)
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(served, doc.Operations()); diff != "" {
		t.Errorf("routes and document differ (-served +document):\n%s", diff)
	}
	names := []string{"login", "enroll", "readDocument", "submitOrganizationRequest"} // these are open to all
	for _, r := range slices.Concat(d.routes("", "", ""), applicationRoutes(""), d.organizationRoutes("", ""),
		operatorRoutes("")) {
		names = append(names, r.name)
	}
	slices.Sort(names)
	slices.Sort(tested)
	if diff := cmp.Diff(tested, names); diff != "" {
		t.Errorf("routes and tests differ (-served +tested):\n%s", diff)
	}
	if a := d.want(t, d.get(t, "", "/openapi.json"), 200); a.text("openapi") != "3.1.0" {
		t.Errorf("the document is %.100s", a.body)
	}
}

// Nobody without a token gets anywhere, a client may do nothing here, and parameters that
// nothing looks at are refused.
func TestEveryRouteRefuses(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.code(t)
	client := d.want(t, d.enrol(t, made.text("authorizationCode"), "one"), 201).text("clientId")
	powerless := d.clientToken(t, made.text("authorizationCode"))
	d.Operator(t, "one", tenancy.Auditor, tenancy.RootID)
	organization := d.organization.ID.String()
	all := slices.Concat(d.routes(organization, made.text("id"), client),
		applicationRoutes(d.Application(t, "app").ID),
		d.organizationRoutes(organization, d.Submit(t, "r").ID.String()),
		operatorRoutes(d.find(t, "one").text("id")))
	for _, r := range all {
		for what, token := range map[string]string{"no token": "", "junk": "x",
			"an authorization code": made.text("authorizationCode"), "a token cut short": d.admin[:len(d.admin)-2]} {
			a := d.do(t, r.method, token, r.path, r.body)
			if a.status != 401 || a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s with %s: %d %v", r.name, what, a.status, a.header)
			}
		}
		sign := "?"
		if strings.Contains(r.path, "?") {
			sign = "&"
		}
		a := d.do(t, r.method, d.admin, r.path+sign+"colour=red", r.body)
		if wantProblem(t, a, 400, "unknown_parameter"); !slices.Equal(a.fields(),
			[]string{"colour unknown_parameter"}) {
			t.Errorf("%s: fields %q", r.name, a.fields())
		}
		if r.method == "POST" {
			wantProblem(t, d.do(t, r.method, d.admin, r.path, r.body, `If-Match: "x"`), 400, "no_precondition")
		}
		if r.method != "GET" && r.body != "" {
			checkBodies(t, d, r)
		}
		if r.name == "readOperator" { // who may not see them learns nothing
			wantProblem(t, d.do(t, r.method, powerless, r.path, r.body), 404, "operator_not_found")
		} else if slices.Contains([]string{"startTOTP", "confirmTOTP", "renewRecoveryCodes"}, r.name) {
			wantProblem(t, d.do(t, r.method, powerless, r.path, r.body), 403, "own_account_only")
		} else if r.name != "logout" {
			wantProblem(t, d.do(t, r.method, powerless, r.path, r.body), 403, "permission_missing")
		}
	}
	wantProblem(t, d.get(t, "", "/openapi.json?x=1"), 400, "unknown_parameter")
	wantProblem(t, d.post(t, "", "/enrollments?x=1", "{}"), 400, "unknown_parameter")
}

// checkBodies sends bodies that no operation takes.
func checkBodies(t *testing.T, d *door, r route) {
	t.Helper()
	first := strings.SplitN(r.body[2:], `"`, 2)[0] // the first member
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(r.body), &values); err != nil {
		t.Fatal(err)
	}
	more := func(members string) string { return strings.TrimSuffix(r.body, "}") + members + "}" }
	for _, one := range []struct {
		body, code string
		status     int
	}{
		{"", "body_empty", 400}, {"[]", "body_no_object", 400}, {"{", "json_too_short", 400},
		{`{"a":}`, "bad_json", 400},
		{r.body + r.body, "body_two_values", 400}, {"{\"\xff\":1}", "body_not_utf8", 400},
		{more(`,"colour":1`), "unknown_member", 400}, {more(`,"` + first + `":` + string(values[first])),
			"sent_twice", 400},
		{strings.Replace(r.body, first, strings.ToUpper(first), 1), "other_case", 400},
		{`{"` + first + `":null}`, "null_member", 400}, {`{"` + first + `":{}}`, "wrong_type", 400},
		{`{"` + first + `":"` + strings.Repeat("x", 70_000) + `"}`, "body_too_large", 413},
	} {
		wantProblem(t, d.do(t, r.method, d.admin, r.path, one.body, "Content-Type: application/json"), one.status,
			one.code)
	}
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"} {
		wantProblem(t, d.do(t, r.method, d.admin, r.path, r.body, "Content-Type: "+media), 415, "body_not_json")
	}
	wantProblem(t, d.do(t, r.method, d.admin, r.path, r.body, "Content-Encoding: gzip"), 415, "body_coded")
}

// Operations without a body refuse one, since the caller meant something by it.
func TestBodyWhereNoneIsRead(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	one := d.codes() + "/" + d.code(t).text("id")
	for _, verb := range []string{"/reveal", "/disable", "/enable", "/endOverlap"} {
		wantProblem(t, d.post(t, d.admin, one+verb, `{"reason":"x"}`), 400, "unknown_member")
	}
	d.want(t, d.post(t, d.admin, one+"/disable", `{}`), 200)
	wantProblem(t, d.post(t, d.admin, "/logout", `{"all":true}`), 400, "unknown_member")
}

func TestWrongPathsAndMethods(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, path := range []string{"", "/", "/nothing", "/Organizations", "/clients/a/b", "/Clients",
		"/auth-codes",
		"/enrollments/x"} {
		wantProblem(t, d.get(t, d.admin, path), 404, "no_such_address")
	}
	for path, allow := range map[string]string{"/login": "POST", "/enrollments": "POST", "/clients": "GET, HEAD",
		"/clients/x": "GET, HEAD, PATCH", d.codes(): "GET, HEAD, POST", d.codes() + "/x/rotate": "POST"} {
		a := d.do(t, http.MethodDelete, d.admin, path, "")
		if wantProblem(t, a, 405, "method_not_allowed"); a.header.Get("Allow") != allow {
			t.Errorf("DELETE %s: Allow %q, want %q", path, a.header.Get("Allow"), allow)
		}
	}
}

// Ids of other organizations, of nothing and of what no database stores are one answer.
func TestIDsOfNothing(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.code(t)
		other := d.Organization(t, "Plum")
		password := d.Operator(t, "plum", tenancy.Administrator, other.ID)
		plum := d.login(t, "plum", password.Reveal())
		client := d.want(t, d.enrol(t, made.text("authorizationCode"), "one"), 201).text("clientId")
		check := func(token string, all []route) {
			t.Helper()
			for _, r := range all {
				if r.name == "logout" || r.name == "verifyAuthCode" || r.name == "listAuditEvents" {
					continue
				}
				a := d.do(t, r.method, token, r.path, r.body)
				denied := r.name == "replacePolicy" && token == plum && a.status == 403 // whatever the id
				if a.status != 404 && !denied {
					t.Errorf("%s: got %d %.300s, want 404", a.what, a.status, a.body)
				}
			}
		}
		check(plum, d.routes(d.organization.ID.String(), made.text("id"), client))
		for _, id := range []string{"x", "%00", "%ff", "or-999999", "or-0", "0", strings.Repeat("9", 400)} {
			some := slices.DeleteFunc(d.routes(id, id, id), func(r route) bool {
				switch r.name {
				case "listClients": // a query says more of what is wrong with it; nobody enrolled is no error
					return id[0] == '%' || id == "or-999999"
				case "createAuthCode", "listAuthCodes", "readPolicy", "replacePolicy": // the root has them, too
					return id == "or-0"
				}
				return false
			})
			check(plum, some)
			check(d.admin, some)
		}
		for _, r := range d.routes(other.ID.String(), made.text("id"),
			client) { // of another organization than the path says
			if strings.Contains(r.path, made.text("id")) {
				check(d.admin, []route{r})
				check(plum, []route{r})
			}
		}
	})
}

// A fault of the store is 500 without its cause; a database that does not answer is 503.
func TestFaults(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.code(t)
	d.Store.Fail("AuthCodes", errors.New("disk on fire"))
	a := d.get(t, d.admin, d.codes())
	if wantProblem(t, a, 500, "internal"); strings.Contains(a.body, "fire") {
		t.Errorf("the cause is shown: %s", a.body)
	}
	d.Store.Heal()
	d.Store.Fail("Update", errors.New("disk on fire"))
	wantProblem(t, d.enrol(t, made.text("authorizationCode"), "x"), 500, "internal")
}
