// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// login posts a JSON log-in made of the members, and returns the decoded answer.
func (s *server) login(t testing.TB, members string) map[string]any {
	t.Helper()
	w := s.call(t, "POST", base+"/Login", "{"+members+"}", "Content-Type", mediaJSON)
	if w.Code != http.StatusOK {
		t.Fatalf("Login: %d %s", w.Code, w.Body)
	}
	return tree(t, w)
}

// credentials are the two members of a log-in.
func credentials(username string, p secret.Secret) string {
	return fmt.Sprintf(`"username":%q,"password":%q`, username, encoded(p))
}

// refused checks the members by which clients recognize a refused log-in.
func refused(t testing.TB, answer map[string]any) {
	t.Helper()
	code, _ := at(answer, "errList.0.errorCode").(float64)
	if _, has := answer["token"]; has || code == 0 || text(answer, "errList.0.errLogMessage") == "" {
		t.Errorf("not a refusal: %v", answer)
	}
}

func TestLoginOpensASession(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	answer := s.login(t, credentials("ADMIN",
		s.AdminPassword)+`,"mode":4,"clientType":30,"flags":[],"commserver":"h*n"`)
	token := text(answer, "token")
	if !strings.HasPrefix(token, "QSDK ") || !s.alive(t, token) {
		t.Errorf("the token does not open anything: %v", answer)
	}
	if got := text(answer, "userName"); got != s.Admin {
		t.Errorf("userName: got %q, want %q", got, s.Admin)
	}
	if guid, alias := text(answer, "userGUID"), text(answer, "aliasName"); len(guid) != 36 ||
		alias != "100001" {
		t.Errorf("userGUID %q, aliasName %q", guid, alias)
	}
	if got := text(answer, "ownerOrganization.providerDomainName"); got != "Commcell" {
		t.Errorf("providerDomainName: got %q", got)
	}
	if list, ok := answer["errList"].([]any); !ok || len(list) != 0 {
		t.Errorf("errList: got %v, want an empty list", answer["errList"])
	}
}

func TestLoginOfATenant(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o := s.Organization(t, "Orchard Ltd")
	answer := s.login(t, credentials("ann", s.Operator(t, "ann", tenancy.Administrator, o.ID)))
	for _, name := range []string{"ownerOrganization", "providerOrganization"} {
		if got := at(answer, name+".providerId"); got != float64(o.ID) {
			t.Errorf("%s: providerId: got %v, want %d", name, got, o.ID)
		}
		if got := text(answer, name+".providerDomainName"); got != o.Alias {
			t.Errorf("%s: providerDomainName: got %q, want %q", name, got, o.Alias)
		}
		if got := text(answer, name+".GUID"); len(got) != 36 || got != strings.ToUpper(got) {
			t.Errorf("%s: GUID: got %q", name, got)
		}
	}
}

func TestLoginPasswords(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plain := s.AdminPassword.Reveal()
	tests := map[string]struct {
		password string
		works    bool
	}{
		"padded":          {base64.StdEncoding.EncodeToString([]byte(plain)), true},
		"without padding": {base64.RawStdEncoding.EncodeToString([]byte(plain)), true},
		"with line ends":  {base64.StdEncoding.EncodeToString([]byte(plain)) + `\r\n`, true},
		"wrong":           {base64.StdEncoding.EncodeToString([]byte(plain + "x")), false},
		"not encoded":     {plain, false},
		"not Base64":      {"%%%", false},
		"empty":           {"", false},
		"cut":             {base64.RawStdEncoding.EncodeToString([]byte(plain))[:5], false},
		"too long":        {base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 2000))), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer := s.login(t, `"username":"admin","password":"`+test.password+`"`)
			if !test.works {
				refused(t, answer)
			} else if !s.alive(t, text(answer, "token")) {
				t.Errorf("refused: %v", answer)
			}
		})
	}
}

func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	right := encoded(s.AdminPassword)
	domainUser := s.Operator(t, `CORP\joe`, tenancy.Auditor, tenancy.RootID)
	var first string
	for name, members := range map[string]string{
		"wrong password":       `"username":"admin","password":"bm8="`,
		"unknown user":         `"username":"nobody","password":"` + right + `"`,
		"empty user":           `"username":"","password":"` + right + `"`,
		"undecodable password": `"username":"admin","password":"!"`,
		"foreign domain":       `"username":"admin","password":"` + right + `","domain":"CORP"`,
		"domain before user":   `"username":"CORP\\admin","password":"` + right + `"`,
		// The name has the form of the domain's names and is still not a member of a directory.
		"domain of an operator": `"username":"joe","password":"` + encoded(domainUser) + `","domain":"CORP"`,
	} {
		answer := s.login(t, members)
		refused(t, answer)
		if first == "" {
			first = fmt.Sprint(answer)
		}
		if got := fmt.Sprint(answer); got != first {
			t.Errorf("%s: got %s, others %s", name, got, first)
		}
	}
	for _, domain := range []string{"", "Commcell", "commcell", " "} {
		if answer := s.login(t, credentials("admin", s.AdminPassword)+`,"domain":"`+domain+`"`); text(answer,
			"token") == "" {
			t.Errorf("domain %q: refused: %v", domain, answer)
		}
	}
}

func TestLoginLocked(t *testing.T) {
	t.Parallel()
	s := newServer(t, tenancytest.Limits)
	var answer map[string]any
	for range 5 {
		answer = s.login(t, `"username":"admin","password":"!"`)
		if locked := at(answer, "isAccountLocked"); locked != false {
			t.Fatalf("locked early: %v", answer)
		}
	}
	s.Clock.Advance(500 * time.Millisecond)
	answer = s.login(t, credentials("admin", s.AdminPassword))
	refused(t, answer)
	if locked, left := at(answer, "isAccountLocked"), at(answer, "remainingLockTime"); locked != true ||
		left != float64(15) {
		t.Errorf("isAccountLocked %v, remainingLockTime %v; want true and 15, rounded up from 14.5", locked,
			left)
	}
	w := s.call(t, "POST", base+"/Login", `<R username="admin" password="!"/>`, "Content-Type", mediaXML,
		"Accept", "")
	if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, `isAccountLocked="1"`) ||
		!strings.Contains(body, "<errList errLogMessage=") || strings.Contains(body, "token") {
		t.Errorf("XML: %d %s", w.Code, body)
	}
	s.Clock.Advance(15 * time.Second)
	if answer = s.login(t, credentials("admin", s.AdminPassword)); text(answer, "token") == "" {
		t.Errorf("still locked: %v", answer)
	}
}

func TestLoginTimeout(t *testing.T) {
	t.Parallel()
	const life = 12 * time.Hour // of a log-in, however long it may be idle
	tests := map[string]struct {
		body string // with %s for the password
		idle time.Duration
	}{
		"default":  {`{"username":"admin","password":"%s"}`, 30 * time.Minute},
		"number":   {`{"username":"admin","password":"%s","timeout":5}`, 5 * time.Minute},
		"text":     {`{"username":"admin","password":"%s","timeout":"90"}`, 90 * time.Minute},
		"zero":     {`{"username":"admin","password":"%s","timeout":0}`, 30 * time.Minute},
		"negative": {`{"username":"admin","password":"%s","timeout":-7}`, 30 * time.Minute},
		"too long": {`{"username":"admin","password":"%s","timeout":100000}`, life},
		"enormous": {`{"username":"admin","password":"%s","timeout":99999999999999999999999}`, life},
		"lowest": {`{"username":"admin","password":"%s","timeout":"-99999999999999999999999"}`,
			30 * time.Minute},
		"XML":       {`<R username="admin" password="%s" timeout="7"/>`, 7 * time.Minute},
		"Terraform": {`<R username="admin" password="%s" timeOut="8"/>`, 8 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			w := s.call(t, "POST", base+"/Login", fmt.Sprintf(test.body, encoded(s.AdminPassword)), "Accept",
				mediaJSON)
			token := text(tree(t, w), "token")
			s.Clock.Advance(test.idle - time.Millisecond)
			if !s.alive(t, token) { // this use restarts the idle time
				t.Error("dead before its time")
			}
			s.Clock.Advance(test.idle)
			if s.alive(t, token) {
				t.Error("alive after its time")
			}
		})
	}
}

func TestLoginWithSecondFactor(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	password := s.Operator(t, "ann", tenancy.Administrator, tenancy.RootID)
	factor := s.Factor(t, "ann")
	code, err := secret.TOTPCode(factor, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	refused(t, s.login(t, credentials("ann", password)))
	refused(t, s.login(t, credentials("ann", secret.Of(code))))
	both := credentials("ann", secret.Of(password.Reveal()+code))
	if answer := s.login(t, both); !s.alive(t, text(answer, "token")) {
		t.Errorf("refused with the code appended to the password: %v", answer)
	}
	refused(t, s.login(t, both)) // a code is valid once
}

func TestLoginFormats(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	json := `{` + credentials("admin", s.AdminPassword) + `}`
	xml := `<DM2ContentIndexing_CheckCredentialReq username="admin" password="` + encoded(s.AdminPassword) +
		`"/>`
	tests := []struct {
		name, body, label, accept string
		want                      string // Content-Type
	}{
		{"JSON, nothing asked", json, mediaJSON, "", mediaJSON},
		{"XML, nothing asked", xml, mediaXML, "", mediaXML},
		{"XML, anything", xml, "application/xml; charset=utf-8", "*/*", mediaXML},
		{"XML, a browser's list", xml, mediaTextXML, "text/html, image/gif;q=.5, */*;q=.2", mediaXML},
		{"JSON, XML asked", json, mediaJSON, mediaXML, mediaXML},
		{"XML, JSON asked", xml, mediaXML, mediaJSON, mediaJSON},
		{"XML, text/xml asked", xml, mediaTextXML, mediaTextXML, mediaTextXML},
		{"no label, XML", xml, "", "", mediaXML},
		{"no label, JSON", json, "", "", mediaJSON},
		{"byte order mark", "\ufeff" + xml, mediaXML, "", mediaXML},
		{"byte order mark, JSON", "\ufeff" + json, mediaJSON, "", mediaJSON},
		{"byte order mark, no label", "\ufeff\r\n" + xml, "", "", mediaXML},
		{"byte order mark, no label, JSON", "\ufeff" + json, "", "", mediaJSON},
		{"JSON, a label with a charset for a parameter", json, "application/json; utf-8", "", mediaJSON},
		{"JSON, a label with an empty parameter", json, "application/json;", "", mediaJSON},
		{"JSON, a label with a parameter twice", json, "application/json; charset=utf-8; charset=utf-8", "",
			mediaJSON},
		{"XML, a label with a charset for a parameter", xml, "text/xml; utf-8", "", mediaXML},
		{"XML, Accept with a charset for a parameter", xml, mediaXML,
			"application/json; utf-8, application/xml;q=0.5", mediaJSON},
		{"weights", json, mediaJSON, "application/json;q=0.4, application/xml;q=0.5", mediaXML},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			headers := []string{"Accept", test.accept}
			if test.label != "" {
				headers = append(headers, "Content-Type", test.label)
			}
			w := s.call(t, "POST", base+"/Login", test.body, headers...)
			got, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
			if got != test.want || w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "QSDK ") {
				t.Errorf("got %d %s, want %s: %s", w.Code, got, test.want, w.Body)
			}
			if isXML := strings.HasPrefix(w.Body.String(), prolog); isXML != (test.want != mediaJSON) {
				t.Errorf("the body is not what Content-Type says: %s", w.Body)
			}
		})
	}
}

func TestLoginNamesTheCallerInTheLog(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	answer := s.login(t, credentials("admin", s.AdminPassword))
	s.alive(t, text(answer, "token"))
	for i, info := range s.infos {
		if want := "operator:" + strings.ToLower(text(answer, "userGUID")); info.Caller != want ||
			info.Door != "commvault" {
			t.Errorf("request %d: got %q by %q, want %q", i, info.Door, info.Caller, want)
		}
	}
	_, hex, _ := strings.Cut(text(answer, "token"), " ")
	for _, leak := range []string{hex, s.AdminPassword.Reveal(), encoded(s.AdminPassword)} {
		if strings.Contains(s.logs.String(), leak) {
			t.Error("a secret is in the log")
		}
	}
}
