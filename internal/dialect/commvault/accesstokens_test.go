// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

const tokensPath = base + "//V4/AccessToken" // as the vendor's SDK writes it

// accessToken creates an access token of the first operator without the wire. It is for all operations, or
// for those below the endpoints.
func (s *server) accessToken(t testing.TB, name string, endpoints ...string) identity.IssuedOperatorToken {
	t.Helper()
	_, hex, _ := strings.Cut(s.admin(t), " ")
	caller, err := s.AuthenticateSession(t.Context(), s.Anyone().Origin, hex)
	if err != nil {
		t.Fatal(err)
	}
	kind := tenancy.ScopeAll
	if len(endpoints) > 0 {
		kind = tenancy.ScopeCustom
	}
	scope, err := tenancy.NewScope(kind, endpoints)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := s.IssueOperatorToken(t.Context(), caller,
		identity.IssueOperatorTokenParams{Name: name, Scope: scope})
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

func (s *server) sendJSON(t testing.TB, method, path, body, token string) *httptest.ResponseRecorder {
	t.Helper()
	return s.call(t, method, path, body, "Content-Type", mediaJSON, "Accept", mediaJSON, "Authtoken", token)
}

// TestAccessTokenWalk makes the calls of the vendor's SDK, and checks what the SDK reads in the answers.
func TestAccessTokenWalk(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	session := s.admin(t)
	until := s.Clock.Now().Add(30 * 24 * time.Hour).Unix()
	made := tree(t, s.sendJSON(t, "POST", tokensPath,
		fmt.Sprintf(`{"tokenName":"deploy","renewableUntilTimestamp":%d,"tokenExpiryTimestamp":0,"enableIPAllowListFeature":false}`, until), session))
	access, refresh := text(made, "tokenInfo.accessToken"), text(made, "tokenInfo.refreshToken")
	if at(made, "error.errorCode") != float64(0) || access == "" || refresh == "" ||
		text(made, "tokenInfo.tokenName") != "deploy" {
		t.Fatalf("got %v", made)
	}
	expiry := s.Clock.Now().Add(30 * time.Minute).Unix()
	for name, want := range map[string]int64{"accessTokenId": 100001, "renewableUntilTimestamp": until,
		"tokenExpiryTimestamp":        expiry,
		"refreshTokenExpiryTimestamp": expiry + 14*24*3600} {
		if got := at(made, "tokenInfo."+name); got != float64(want) {
			t.Errorf("%s: got %v, want %d", name, got, want)
		}
	}
	if !s.alive(t, "Bearer "+access) {
		t.Error("the access token opens nothing")
	}
	listed := s.sendJSON(t, "GET", tokensPath+"/?userId="+fmt.Sprint(at(made, "tokenInfo.userId")), "",
		session)
	if body := listed.Body.String(); !strings.Contains(body, `"tokenName":"deploy"`) || strings.Contains(body,
		access) || strings.Contains(body, refresh) || strings.Contains(body, "GHA") {
		t.Errorf("got %s", body)
	}
	changed := tree(t, s.sendJSON(t, "PUT", tokensPath+"/100001", `{"tokenName":"renamed"}`, session))
	if at(changed, "error.errorCode") != float64(0) || text(changed, "tokenInfo.tokenName") != "renamed" ||
		text(changed, "tokenInfo.accessToken") != "" {
		t.Errorf("got %v", changed)
	}
	s.Clock.Advance(31 * time.Minute)
	if s.alive(t, "Bearer "+access) {
		t.Error("it did not end")
	}
	pair := fmt.Sprintf(`{"accessToken":%q,"refreshToken":%q}`, "Bearer "+access, refresh)
	// with the expired one, as documented
	fresh := tree(t, s.call(t, "POST", tokensPath+"/Renew", pair, "Authorization", "Bearer "+access))
	next := text(fresh, "accessToken")
	if !s.alive(t, "Bearer "+next) || text(fresh, "refreshToken") == refresh ||
		at(fresh, "renewableUntilTimestamp") != float64(until) {
		t.Errorf("got %v", fresh)
	}
	w := s.sendJSON(t, "POST", tokensPath+"/renew", pair, "")
	if w.Code != http.StatusBadRequest || at(tree(t, w), "errorCode") != float64(400) ||
		text(tree(t, w), "errorMessage") == "" || strings.Contains(w.Body.String(), "GH") {
		t.Errorf("renewed with an old pair: %d %s", w.Code, w.Body)
	}
	if s.alive(t, "Bearer "+next) {
		t.Error("the chain is not void")
	}
	session = s.admin(t)
	other := s.accessToken(t, "other")
	gone := s.sendJSON(t, "DELETE", tokensPath+"/"+other.ID.String(), "", session)
	if gone.Body.String() != `{"errorMessage":"","errorCode":0}` || s.alive(t, other.Access.Reveal()) {
		t.Errorf("got %s", gone.Body)
	}
}

func TestAccessTokenScopeOnTheWire(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o, other := s.Organization(t, "Orchard Ltd"), s.Organization(t, "Plum Ltd")
	own := strings.TrimPrefix(codePath(o), base)
	token := "Bearer " + s.accessToken(t, "narrow", strings.TrimSuffix(own, "/AuthToken")).Access.Reveal()
	tests := []struct {
		method, path string
		status       int
	}{
		{"GET", codePath(o), 200}, {"POST", codePath(o), 200}, {"PUT", codePath(o) + "/Action/disable", 200},
		{"GET", strings.ToUpper(codePath(o)), 200}, {"GET", strings.Replace(codePath(o), "/Organization",
			"//Organization/.", 1), 200},
		{"GET", strings.Replace(codePath(o), base, "/webconsole/api", 1), 200},
		{"GET", codePath(other), 403}, {"GET", base + "/Organization/0/AuthToken", 403}, {"POST", base + "/WhoAmI",
			403}, {"GET", base + "/V4/AccessToken", 403},
		{"GET", strings.Replace(codePath(o), "/AuthToken", "0/AuthToken", 1), 403},
		{"GET", strings.Replace(codePath(other), "/Organization/", own[:len(own)-len("/AuthToken")]+"/../", 1),
			403},
		{"GET", base + strings.Replace(own, "/AuthToken", "%2F..%2F0/AuthToken", 1), 403},
		{"POST", base + "/Logout", 403}, {"GET", base + "/nothing", 404},
	}
	for _, test := range tests {
		w := s.call(t, test.method, test.path, "", "Authtoken", token)
		if w.Code != test.status {
			t.Errorf("%s %s: got %d %s, want %d", test.method, test.path, w.Code, w.Body, test.status)
		}
	}
	// in the operation's own form
	if w := s.call(t, "POST", codePath(other), "", "Authtoken", token); at(tree(t, w),
		"error.errorCode") != float64(403) {
		t.Errorf("got %s", w.Body)
	}
	all := "Bearer " + s.accessToken(t, "all").Access.Reveal()
	if w := s.call(t, "POST", base+"/Logout", "", "Authtoken", all); w.Code != http.StatusForbidden ||
		!s.alive(t, all) {
		t.Errorf("logged out: %d %s", w.Code, w.Body)
	}
}

func TestAccessTokenRefusals(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	session := s.admin(t)
	token := "Bearer " + s.accessToken(t, "taken").Access.Reveal()
	w := s.sendJSON(t, "POST", tokensPath,
		`{"tokenName":"limited","tokenType":3,"apiEndpoints":["/v4/accesstoken"]}`, session)
	limited := "Bearer " + text(tree(t, w), "tokenInfo.accessToken")
	tests := []struct {
		name, method, path, body, token string
		status                          int
		code                            float64
		errorPath                       string // of errorCode
	}{
		{"no name", "POST", "", `{}`, session, 400, 400, "errorCode"},
		{"no body", "POST", "", ``, session, 400, 400, "errorCode"},
		{"name of a wrong type", "POST", "", `{"tokenName":{}}`, session, 400, 400, "errorCode"},
		{"empty name", "POST", "", `{"tokenName":" "}`, session, 400, 400, "error.errorCode"},
		{"taken", "POST", "", `{"tokenName":"TAKEN"}`, session, 200, 2, "error.errorCode"},
		{"SCIM", "POST", "", `{"tokenName":"a","tokenType":1}`, session, 400, 400, "error.errorCode"},
		{"1-Touch", "POST", "", `{"tokenName":"a","tokenType":4}`, session, 400, 400, "error.errorCode"},
		{"Hyperscale", "POST", "", `{"tokenName":"a","tokenType":5}`, session, 400, 400, "error.errorCode"},
		{"unknown type", "POST", "", `{"tokenName":"a","tokenType":-1}`, session, 400, 400, "error.errorCode"},
		{"custom of nothing", "POST", "", `{"tokenName":"a","tokenType":3}`, session, 400, 400, "error.errorCode"},
		{"all, with limits", "POST", "", `{"tokenName":"a","apiEndpoints":["/plan"]}`, session, 400, 400,
			"error.errorCode"},
		{"limits no list", "POST", "", `{"tokenName":"a","tokenType":3,"apiEndpoints":"/plan"}`, session, 400, 400,
			"errorCode"},
		{"limits no texts", "POST", "", `{"tokenName":"a","tokenType":3,"apiEndpoints":["/plan",{}]}`, session, 400,
			400, "errorCode"},
		{"everything", "POST", "", `{"tokenName":"a","tokenType":3,"apiEndpoints":["/"]}`, session, 400, 400,
			"error.errorCode"},
		{"addresses", "POST", "", `{"tokenName":"a","allowedIPs":["192.0.2.1"]}`, session, 400, 400,
			"error.errorCode"},
		{"addresses on", "POST", "", `{"tokenName":"a","enableIPAllowListFeature":true}`, session, 400, 400,
			"error.errorCode"},
		{"past", "POST", "", `{"tokenName":"a","tokenExpiryTimestamp":1000000000}`, session, 400, 400,
			"error.errorCode"},
		{"before time", "POST", "", `{"tokenName":"a","renewableUntilTimestamp":-1}`, session, 400, 400,
			"error.errorCode"},
		{"no time", "POST", "", `{"tokenName":"a","tokenExpiryTimestamp":"soon"}`, session, 400, 400, "errorCode"},
		{"NaN", "POST", "", `{"tokenName":"a","tokenExpiryTimestamp":"NaN"}`, session, 400, 400, "errorCode"},
		{"for somebody", "POST", "", `{"tokenName":"a","userId":7}`, session, 403, 403, "error.errorCode"},
		{"by a limited token", "POST", "", `{"tokenName":"a"}`, limited, 403, 403, "error.errorCode"},
		{"by a limited token, no wider", "POST", "",
			`{"tokenName":"a","tokenType":3,"apiEndpoints":["/v4/accesstoken"]}`, limited, 403, 403,
			"error.errorCode"},
		{"for somebody by a token", "POST", "", `{"tokenName":"a","userId":7}`, token, 403, 403, "error.errorCode"},
		{"changed by a token", "PUT", "/100001", `{"tokenName":"a"}`, token, 403, 403, "error.errorCode"},
		{"deleted by a token", "DELETE", "/100001", ``, token, 403, 403, "errorCode"},
		{"nothing to change", "PUT", "/100001", `{}`, session, 400, 400, "error.errorCode"},
		{"changed to SCIM", "PUT", "/100001", `{"tokenType":1}`, session, 400, 400, "error.errorCode"},
		{"changed addresses", "PUT", "/100001", `{"tokenName":"a","allowedIPs":["192.0.2.1"]}`, session, 400, 400,
			"error.errorCode"},
		{"changed, not there", "PUT", "/7", `{"tokenName":"a"}`, session, 404, 404, "error.errorCode"},
		{"changed, no number", "PUT", "/0100001", `{"tokenName":"a"}`, session, 404, 404, "error.errorCode"},
		{"deleted, not there", "DELETE", "/x", ``, session, 404, 404, "errorCode"},
		{"of nobody", "GET", "?userId=nobody", ``, session, 404, 404, "errorCode"},
		{"renewed with nothing", "POST", "/Renew", ``, session, 400, 400, "errorCode"},
		{"renewed with one", "POST", "/Renew", `{"accessToken":"a"}`, session, 400, 400, "errorCode"},
		{"renewed with junk", "POST", "/Renew", `{"accessToken":"a","refreshToken":"b"}`, "", 400, 400,
			"errorCode"},
		{"one read", "GET", "/100001", ``, session, 405, 405, "errorCode"},
	}
	for _, test := range tests {
		w := s.sendJSON(t, test.method, tokensPath+test.path, test.body, test.token)
		if got := at(tree(t, w), test.errorPath); w.Code != test.status || got != test.code {
			t.Errorf("%s: got %d %s, want %d and %v in %s", test.name, w.Code, w.Body, test.status, test.code,
				test.errorPath)
		}
	}
	if w := s.sendJSON(t, "GET", tokensPath, "", session); strings.Count(w.Body.String(), "tokenName") != 2 {
		t.Errorf("something was made: %s", w.Body)
	}
}

// Clients write the same values in several ways.
func TestAccessTokenSpellings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	session := s.admin(t)
	userID := text(tree(t, s.call(t, "POST", base+"/WhoAmI", "", "Authtoken", session)), "user.userGUID")
	number := fmt.Sprint(at(tree(t, s.sendJSON(t, "POST", tokensPath, `{"tokenName":"0"}`, session)),
		"tokenInfo.userId"))
	soon := s.Clock.Now().Add(time.Hour).Unix()
	for i, test := range []struct {
		members   string
		kind      float64
		endpoints int
		expiry    int64
	}{
		{`"tokenType":0`, 2, 0, 0}, {`"tokenType":2,"apiEndpoints":[]`, 2, 0, 0},
		{`"tokenType":"2","apiEndpoints":null`, 2, 0, 0},
		{`"tokenType":3,"apiEndpoints":["/plan","PLAN/","/v4/x"]`, 3, 2, 0},
		{fmt.Sprintf(`"tokenExpiryTimestamp":%d.75`, soon), 2, 0, soon}, {fmt.Sprintf(`"tokenExpiryTimestamp":"%d"`,
			soon), 2, 0, soon},
		{`"tokenExpiryTimestamp":1e300`, 2, 0, s.Clock.Now().Add(365 * 24 * time.Hour).Unix()},
		{`"allowedIPs":[],"userId":0`, 2, 0, 0},
		{`"userId":"` + strings.ToLower(userID) + `"`, 2, 0, 0}, {`"userId":` + number, 2, 0, 0},
		{`"userId":"` + number + `"`, 2, 0, 0}, {`"userId":null,"tokenExpiryTimestamp":null`, 2, 0, 0},
	} {
		if test.expiry == 0 {
			test.expiry = s.Clock.Now().Add(30 * time.Minute).Unix()
		}
		info := at(tree(t, s.sendJSON(t, "POST", tokensPath, fmt.Sprintf(`{"tokenName":"token %d",%s}`, i,
			test.members), session)), "tokenInfo")
		list, _ := at(info, "apiEndpoints").([]any)
		if at(info, "tokenType") != test.kind || len(list) != test.endpoints ||
			at(info, "tokenExpiryTimestamp") != float64(test.expiry) {
			t.Errorf("%s: got %v", test.members, info)
		}
	}
	for _, query := range []string{"", "?userId=", "?userId=self", "?USERID=" + strings.ToLower(userID),
		"/?userid=" + userID,
		"?x=1&userId=" + number} {
		if w := s.sendJSON(t, "GET", tokensPath+query, "", session); w.Code != http.StatusOK ||
			strings.Count(w.Body.String(), "tokenName") != 13 {
			t.Errorf("%s: got %d %s", query, w.Code, w.Body)
		}
	}
	for _, query := range []string{"?userId=" + userID + "&USERID=" + userID, "?userId=%"} {
		if w := s.sendJSON(t, "GET", tokensPath+query, "", session); w.Code != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", query, w.Code, w.Body)
		}
	}
	ann := s.session(t, "ann", s.Operator(t, "ann", tenancy.Auditor, tenancy.RootID))
	if w := s.sendJSON(t, "GET", tokensPath, "", ann); w.Body.String() != `{"accessTokens":[]}` {
		t.Errorf("got %s", w.Body)
	}
	changed := tree(t, s.sendJSON(t, "PUT", tokensPath+"/100001", `{"apiEndpoints":["/client"]}`, session))
	if at(changed, "tokenInfo.tokenType") != float64(3) ||
		at(changed, "tokenInfo.apiEndpoints.0") != "/client" || text(changed, "tokenInfo.tokenName") != "0" {
		t.Errorf("got %v", changed)
	}
}

// The access log contains the caller of each request, also if it renews its token.
func TestAccessTokenIsLogged(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.accessToken(t, "deploy")
	s.sendJSON(t, "GET", tokensPath, "", token.Access.Reveal())
	s.sendJSON(t, "POST", tokensPath+"/Renew", fmt.Sprintf(`{"accessToken":%q,"refreshToken":%q}`,
		token.Access.Reveal(), token.Refresh.Reveal()), "")
	for _, info := range s.infos {
		if info.Caller != "operator:"+token.OperatorID {
			t.Errorf("%s: caller %q", info.Route, info.Caller)
		}
	}
	if len(s.infos) != 2 || strings.Contains(s.logs.String(), token.Access.Reveal()) {
		t.Errorf("%d requests, %s", len(s.infos), s.logs)
	}
}

// The access log contains a caller that is refused because its token is not for the operation.
func TestAccessTokenOutsideItsScopeIsLogged(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	made := tree(t, s.sendJSON(t, "POST", tokensPath,
		`{"tokenName":"narrow","tokenType":3,"apiEndpoints":["/plan"]}`, s.admin(t)))
	w := s.sendJSON(t, "GET", "/commandcenter/api/Organization", "", text(made, "tokenInfo.accessToken"))
	if last := s.infos[len(s.infos)-1]; w.Code != http.StatusForbidden || last.Caller == "" ||
		last.Caller != s.infos[0].Caller {
		t.Errorf("%d by %q", w.Code, last.Caller)
	}
}

// An unclear change leaves a token as limited as it was. Only the type 2 widens it.
func TestAccessTokenChangeNeverWidensUnsaid(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	session := s.admin(t)
	narrow := s.accessToken(t, "narrow", "/plan")
	tests := []struct {
		body      string
		status    int
		endpoints string
	}{
		{`{"tokenName":"narrow"}`, 200, "/plan"}, {`{"tokenName":"narrow","tokenType":null}`, 200, "/plan"},
		{`{"tokenName":"narrow","tokenType":0}`, 200, "/plan"}, {`{"tokenName":"narrow","tokenType":"0"}`, 200,
			"/plan"},
		{`{"tokenName":"narrow","tokenType":0,"apiEndpoints":[]}`, 200, "/plan"},
		{`{"tokenName":"narrow","apiEndpoints":[]}`, 200, "/plan"},
		{`{"tokenName":"narrow","tokenType":0,"apiEndpoints":null}`, 200, "/plan"},
		{`{"tokenName":"narrow","tokenType":0,"tokenExpiryTimestamp":0,"renewableUntilTimestamp":0,"apiEndpoints":null}`, 200, "/plan"},
		{`{"tokenName":"narrow","tokenType":""}`, 400, "/plan"}, {`{"tokenName":"narrow","tokenType":" "}`, 400,
			"/plan"},
		{`{"tokenName":"narrow","tokenType":" 2"}`, 400, "/plan"}, {`{"tokenName":"narrow","tokenType":2.0}`, 400,
			"/plan"},
		{`{"tokenName":"narrow","tokenType":false}`, 400, "/plan"}, {`{"tokenName":"narrow","tokenType":[2]}`, 400,
			"/plan"},
		{`{"tokenName":"narrow","tokenType":3,"apiEndpoints":[]}`, 400, "/plan"},
		{`{"tokenName":"narrow","tokenType":-2}`, 400, "/plan"},
		{`{"tokenType":0}`, 400, "/plan"}, {`{"apiEndpoints":[]}`, 400, "/plan"},
		{`<R tokenName="narrow" tokenType="0"/>`, 200, "/plan"}, {`<R tokenName="narrow" tokenType=""/>`, 400,
			"/plan"},
		{`{"tokenName":"narrow","apiEndpoint":["/client"]}`, 400, "/plan"},
		{`{"tokenName":"narrow","description":"","readOnly":false,"limits":[],"other":null}`, 200, "/plan"},
		{`{"tokenType":0,"apiEndpoints":["/client"]}`, 200, "/client"}, {`{"tokenType":2}`, 200, ""},
		{`{"tokenType":0,"apiEndpoints":["/client"]}`, 200, "/client"},
	}
	for _, test := range tests {
		w := s.call(t, "PUT", tokensPath+"/"+narrow.ID.String(), test.body, "Accept", mediaJSON, "Authtoken",
			session)
		listed := at(tree(t, s.sendJSON(t, "GET", tokensPath, "", session)), "accessTokens.0")
		if w.Code != test.status || text(listed, "apiEndpoints.0") != test.endpoints ||
			(at(listed, "tokenType") == float64(3)) != (test.endpoints != "") {
			t.Errorf("%s: %d %s, then %v", test.body, w.Code, w.Body, listed)
		}
	}
	for _, test := range [][2]string{
		{`{"tokenName":"a","apiEndpoints":[]}`, "apiEndpoints"},
		{`{"tokenName":"a","tokenType":0,"apiEndpoints":[]}`, "apiEndpoints"},
		{`{"tokenName":"a","tokenExpiryTimestamp":""}`, "tokenExpiryTimestamp"},
		{`{"tokenName":"a","renewableUntilTimestamp":"infinity"}`, "renewableUntilTimestamp"},
		{`{"tokenName":"a","tokenExpiryTimestamp":"0x7fffffff"}`, "tokenExpiryTimestamp"},
		{`{"tokenName":"a","tokenType":""}`, "tokenType"},
		{`{"tokenName":"a","userId":""}`, "userId"}, {`{"tokenName":"a","apiEndpoint":["/plan"]}`, "apiEndpoint"},
		{`{"tokenName":"a","token_type":3}`, "token_type"},
		{`{"tokenName":"a","scope":"custom"}`, "scope"}, {`{"tokenName":"a","readOnly":true,"tokenType":2}`,
			"readOnly"},
	} {
		w := s.sendJSON(t, "POST", tokensPath, test[0], session)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), test[1]) {
			t.Errorf("%s: %d %s", test[0], w.Code, w.Body)
		}
	}
}
