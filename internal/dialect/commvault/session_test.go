// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

const deniedJSON = `{"errorMessage":"Access denied","errorCode":5}`

func TestSessionHeaderForms(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	_, hex, _ := strings.Cut(token, " ")
	key := s.Application(t, "erp").KeyText.Reveal()
	access, err := s.LoginWithPassword(t.Context(), s.Anyone(),
		identity.LoginParams{Username: s.Admin, Password: s.AdminPassword, Audience: "/ccadmin/v1"})
	if err != nil {
		t.Fatal(err)
	}
	made := s.accessToken(t, "deploy")
	program := made.Access.Reveal()
	tests := []struct {
		name, header, value string
		works               bool
	}{
		{"as handed out", "Authtoken", token, true},
		{"Terraform's spelling", "AuthToken", token, true},
		{"lower-case scheme", "authtoken", "qsdk " + hex, true},
		{"mixed scheme, blanks", "Authtoken", "QsDk   " + hex + " ", true},
		{"bare", "Authtoken", hex, true},
		{"bearer", "Authtoken", "Bearer " + hex, true},
		{"standard header", "Authorization", "Bearer " + hex, true},
		{"standard header, lower case", "Authorization", "bearer " + hex, true},
		{"standard header without scheme", "Authorization", hex, false},
		{"standard header, other scheme", "Authorization", "Basic " + hex, false},
		{"standard header, the vendor's scheme", "Authorization", "QSDK " + hex, true},
		{"standard header, the vendor's scheme in lower case", "Authorization", "qsdk  " + hex, true},
		{"standard header, both schemes", "Authorization", "Bearer QSDK " + hex, true},
		{"both schemes", "Authtoken", "Bearer QSDK " + hex, true},
		{"both schemes, the other way round", "Authorization", "QSDK Bearer " + hex, false},
		{"the old header", "Cookie2", "QSDK " + hex, true},
		{"the old header, lower case", "cookie2", "qsdk " + hex, true},
		{"the old header without scheme", "Cookie2", hex, false},
		{"the old header, of a cookie", "Cookie2", "$Version=1", false},
		{"access token in the old header", "Cookie2", "QSDK " + program, true},
		{"access token in the standard header, the vendor's scheme", "Authorization", "QSDK " + program, true},
		{"access token in the standard header, both schemes", "Authorization", "Bearer QSDK " + program, true},
		{"scheme twice", "Authtoken", "QSDK QSDK " + hex, false},
		{"scheme alone", "Authtoken", "QSDK ", false},
		{"empty", "Authtoken", "", false},
		{"last character cut", "Authtoken", token[:len(token)-1], false},
		{"first character cut", "Authtoken", "QSDK " + hex[1:], false},
		{"one more", "Authtoken", token + "0", false},
		{"upper case", "Authtoken", "QSDK " + strings.ToUpper(hex), false},
		{"access token", "Authtoken", program, true},
		{"access token as a session", "Authtoken", "QSDK " + program, true},
		{"access token as bearer", "Authtoken", "Bearer " + program, true},
		{"access token in the standard header", "Authorization", "Bearer " + program, true},
		{"access token in lower case", "Authtoken", strings.ToLower(program), false},
		{"access token, cut", "Authtoken", program[:len(program)-1], false},
		{"refresh token", "Authtoken", "Bearer " + made.Refresh.Reveal(), false},
		{"access token made up", "Authtoken", "GHA" + strings.Repeat("0", 56), false},
		{"application key", "Authtoken", key, false},
		{"application key as bearer", "Authorization", "Bearer " + key, false},
		{"access token of another door", "Authorization", "Bearer " + access.Text.Reveal(), false},
		{"access token of another door, here", "Authtoken", "QSDK " + access.Text.Reveal(), false},
		{"garbage", "Authtoken", "QSDK \x00\xff'; DROP TABLE sessions; --", false},
		{"a megabyte of garbage", "Authtoken", "QSDK " + strings.Repeat("0", 1<<20), false},
		{"a megabyte of blanks", "Authtoken", "QSDK" + strings.Repeat(" ", 1<<20), false},
	}
	for _, test := range tests {
		w := s.call(t, "POST", base+"/WhoAmI", "", test.header, test.value)
		if test.works && w.Code != http.StatusOK {
			t.Errorf("%s: refused: %d", test.name, w.Code)
		}
		if !test.works && (w.Code != http.StatusUnauthorized || w.Body.String() != deniedJSON) {
			t.Errorf("%s: got %d %s", test.name, w.Code, w.Body)
		}
	}
}

// Authtoken takes precedence over Authorization, and Authorization over Cookie2, even if its token is
// invalid. A header without a token of this wire is ignored.
func TestOneOfSeveralSessionHeaders(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, ann := s.admin(t), s.session(t, "ann", s.Operator(t, "ann", tenancy.Auditor, tenancy.RootID))
	for _, test := range []struct {
		headers []string
		who     string // nobody: ""
	}{
		{[]string{"Authtoken", admin, "Authorization", ann, "Cookie2", ann}, "admin"},
		{[]string{"Authorization", admin, "Cookie2", ann}, "admin"},
		{[]string{"Authtoken", "", "Authorization", admin}, "admin"},
		{[]string{"Authtoken", "QSDK 0", "Authorization", admin}, ""},
		{[]string{"Authorization", "Bearer 0", "Cookie2", admin}, ""},
		{[]string{"Authorization", "Basic YTpi", "Cookie2", admin}, "admin"},
		{[]string{"Cookie2", "$Version=1", "Authtoken", admin}, "admin"},
	} {
		w := s.call(t, "POST", base+"/WhoAmI", "", test.headers...)
		if got := text(tree(t, w), "user.userName"); got != test.who ||
			(w.Code == http.StatusOK) != (test.who != "") {
			t.Errorf("%.15q: %d %q, want %q", test.headers, w.Code, got, test.who)
		}
	}
}

// The refusal of another product's assertion says so, in the form and with the number of any 401.
func TestSAMLIsRefusedClearly(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	_, hex, _ := strings.Cut(s.admin(t), " ")
	for _, value := range []string{"SAML " + hex, "saml x", "SAML <xml/> y", "SAML " +
		s.accessToken(t, "deploy").Access.Reveal()} {
		w := s.call(t, "POST", base+"/WhoAmI", "", "Authtoken", value)
		answer := tree(t, w)
		if message := text(answer, "errorMessage"); w.Code != http.StatusUnauthorized ||
			at(answer, "errorCode") != float64(5) ||
			!strings.HasPrefix(message, "Access denied") || !strings.Contains(message, "SAML") {
			t.Errorf("%.20s: got %d %s", value, w.Code, w.Body)
		}
	}
	if w := s.call(t, "POST", base+"/WhoAmI", "", "Authtoken", "SAMLx"); w.Body.String() != deniedJSON {
		t.Errorf("no scheme: got %s", w.Body)
	}
}

func TestSessionExpires(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	for range 3 { // each use restarts the half hour
		s.Clock.Advance(29 * time.Minute)
		if !s.alive(t, token) {
			t.Fatal("dead while in use")
		}
	}
	s.Clock.Advance(30 * time.Minute)
	if s.alive(t, token) {
		t.Error("alive after 30 idle minutes")
	}
}

// renew posts a RenewLoginToken and returns the new token, or "".
func (s *server) renew(t testing.TB, body string, headers ...string) string {
	t.Helper()
	w := s.call(t, "POST", base+"/RenewLoginToken", body, append(headers, "Content-Type", mediaJSON)...)
	if w.Code != http.StatusOK {
		t.Fatalf("RenewLoginToken: %d %s", w.Code, w.Body)
	}
	answer := tree(t, w)
	token := text(answer, "token")
	if message := text(answer, "error.errLogMessage"); (message == "") != (token != "") {
		t.Errorf("neither token nor message, or both: %s", w.Body)
	}
	return token
}

func TestRenewAfterExpiry(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	old := text(s.login(t, credentials("admin", s.AdminPassword)+`,"deviceId":"laptop7"`), "token")
	s.Clock.Advance(time.Hour)
	request := func(token, device string) string {
		return fmt.Sprintf(`{"sessionId":%q,"deviceId":%q}`, token,
			device)
	}
	if s.renew(t, request(old, "laptop8")) != "" || s.renew(t, request(old, "")) != "" {
		t.Error("renewed for another device")
	}
	fresh := s.renew(t, request(old, "laptop7"), "Authtoken", old)
	if !strings.HasPrefix(fresh, "QSDK ") || fresh == old || !s.alive(t, fresh) {
		t.Fatalf("got %q", fresh)
	}
	if s.alive(t, old) || s.renew(t, request(old, "laptop7")) != "" {
		t.Error("the old token is still good for something")
	}
	s.Clock.Advance(25 * time.Hour)
	if s.renew(t, request(fresh, "laptop7")) != "" {
		t.Error("renewed more than a day after it expired")
	}
}

func TestRenewWithTheHeadersToken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	old := s.admin(t)
	fresh := s.renew(t, `{"deviceId":""}`, "Authtoken", old)
	if !s.alive(t, fresh) || s.alive(t, old) {
		t.Error("not renewed from the header")
	}
	if again := s.renew(t, "", "Authtoken", fresh); !s.alive(t, again) {
		t.Error("not renewed without a body")
	}
	for _, nobody := range []string{``, `{}`, `{"sessionId":"QSDK 00"}`, `{"sessionId":"` +
		strings.Repeat("0", 60000) + `"}`} {
		if s.renew(t, nobody) != "" {
			t.Errorf("renewed by nobody with %.40q", nobody)
		}
	}
}

func TestLogoutEndsTheSession(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := text(s.login(t, credentials("admin", s.AdminPassword)+`,"deviceId":"d"`), "token")
	other := s.admin(t)
	w := s.call(t, "POST", base+"/Logout", "", "Authtoken", token, "Accept", mediaJSON)
	if got := w.Header().Get("Content-Type"); w.Body.String() != "User logged out" ||
		!strings.HasPrefix(got, "text/plain") || w.Code != http.StatusOK {
		t.Errorf("got %d %s %q", w.Code, got, w.Body)
	}
	if s.alive(t, token) {
		t.Error("the session lives on")
	}
	if s.renew(t, `{"sessionId":"`+token+`","deviceId":"d"}`) != "" {
		t.Error("a session that was ended was renewed")
	}
	w = s.call(t, "POST", base+"/Logout", "", "Authtoken", token)
	if w.Code != http.StatusUnauthorized || w.Body.String() != deniedJSON {
		t.Errorf("second time: got %d %s", w.Code, w.Body)
	}
	if !s.alive(t, other) {
		t.Error("another session ended as well")
	}
}
