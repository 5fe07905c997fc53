// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/httpkit"
)

// If Accept allows both formats, a client that shows no preference for JSON is answered in XML, because
// programs of the vendor's time parse nothing else. A Content-Type of JSON or a body in JSON is a preference.
func TestFormatWithoutAccept(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	const form = "application/x-www-form-urlencoded"
	for _, test := range []struct{ method, path, accept, label, body, want string }{
		{"GET", "/Organization", "", "", "", mediaXML},
		{"GET", "/Organization", "*/*", "", "", mediaXML},
		{"GET", "/Organization", "*/*;q=0.8", "", "", mediaXML},
		{"GET", "/Organization", "application/*", "", "", mediaXML},
		// Java's own client
		{"GET", "/Organization", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "", "", mediaXML},
		// XML as well
		{"GET", "/Organization", "text/html, text/*, */*", "", "", mediaTextXML},
		{"GET", "/Organization", "", mediaXML, "", mediaXML},
		{"GET", "/Organization", "*/*", "application/xml; charset=utf-8", "", mediaXML},
		{"GET", "/Organization", "", mediaTextXML, "", mediaXML},
		{"GET", "/Organization", "", mediaJSON, "", mediaJSON},
		{"GET", "/Organization", "*/*", "application/json; utf-8", "", mediaJSON},
		{"GET", "/Organization", "", form, "", mediaXML},
		{"GET", "/Organization", "", "", "{}", mediaJSON},
		{"GET", "/Organization", mediaJSON, mediaXML, "", mediaJSON},
		{"GET", "/Organization", mediaXML, mediaJSON, "", mediaXML},
		{"GET", "/Organization", "application/json, text/plain, */*", "", "", mediaJSON}, // axios
		{"GET", "/Organization", "*/*, application/json", "", "", mediaJSON},
		{"GET", "/Organization", "application/json; utf-8", "", "", mediaJSON},
		{"GET", "/Organization", "application/json;q=0.1", "", "", mediaJSON},
		{"GET", "/Organization", "application/json;q=0.1, */*;q=0.2", "", "", mediaXML},
		{"GET", "/Organization", "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "", "",
			mediaXML}, // a browser
		{"GET", "/Organization", "application/xml;q=0, */*", "", "", mediaTextXML},
		{"GET", "/", "*/*", "", "", mediaXML},
		{"GET", "/", "", "", "", mediaXML},
		{"GET", "/", mediaJSON, "", "", mediaJSON},
		{"POST", "/WhoAmI", "", "", "", mediaXML},
		{"POST", "/WhoAmI", "", mediaXML, "", mediaXML},
		{"POST", "/WhoAmI", "", mediaJSON, "", mediaJSON},
		{"POST", "/WhoAmI", "*/*", form, " {}", mediaJSON},
		{"POST", "/WhoAmI", "", "", "[", mediaJSON},
		{"POST", "/WhoAmI", "", mediaXML, "{}", mediaXML},
		{"POST", "/WhoAmI", "", "", "<R/>", mediaXML},
		{"POST", "/WhoAmI", "", "rubbish", "\ufeff\n{", mediaJSON},
		{"POST", "/WhoAmI", "", "", "x", mediaXML},
		{"PUT", "/Organization/0/AuthToken/Action/disable", "*/*", mediaXML, "", mediaXML},
		{"HEAD", "/Organization", "", "", "", mediaXML},
	} {
		headers := []string{"Authtoken", token, "Accept", test.accept}
		if test.label != "" {
			headers = append(headers, "Content-Type", test.label)
		}
		what := test.method + " " + test.path + ", Accept " + test.accept + ", Content-Type " + test.label +
			", body " + test.body
		w := s.call(t, test.method, base+test.path, test.body, headers...)
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK ||
			!strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %d %s, want %s", what, w.Code, got, test.want)
		}
		// Errors follow the same rule, even those before the body is read.
		headers[1] = "nobody's"
		if test.path == "/" {
			continue
		}
		w = s.call(t, test.method, base+test.path, test.body, headers...)
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusUnauthorized ||
			!strings.HasPrefix(got, test.want) {
			t.Errorf("%s: the refusal is %d %s, want %s", what, w.Code, got, test.want)
		}
	}
}

// Bodies with a content coding are refused by every operation, in either format.
func TestContentCodings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, media := range []string{mediaJSON, mediaXML} {
		w := s.call(t, "POST", base+"/Login", "\x1f\x8b", "Content-Type", mediaJSON, "Content-Encoding",
			"gzip", "Accept", media)
		if _, message := failure(t, w, "", media); w.Code != http.StatusUnsupportedMediaType ||
			!strings.Contains(message, "Content-Encoding") ||
			w.Header().Get("Accept-Encoding") != "identity" {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	}
	if w := s.call(t, "POST", base+"/Login", "{"+credentials("admin", s.AdminPassword)+"}", "Content-Type",
		mediaJSON, "Content-Encoding", "identity"); w.Code != http.StatusOK {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// Members and attributes match in any letter case, as paths and parameters do. Two spellings of one name are
// refused.
func TestSpellingsOfMembers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	// The OpenAPI document has one spelling of each name.
	s.handler = httpkit.Observe(httpkit.CleanPaths(Door(s.Service, s.Identity).Handler()),
		slog.New(slog.DiscardHandler), func(httpkit.Info, string, int, time.Duration) {})
	token := s.admin(t)
	password := encoded(s.AdminPassword)
	for _, test := range []struct {
		path, body, label, want string
		status                  int
	}{
		{"/Login", `{"UserName":"admin","PASSWORD":"` + password + `"}`, mediaJSON, `"token":"QSDK `, 200},
		{"/Login", `<R userName="admin" Password="` + password + `" timeOut="5"/>`, mediaXML, `"token":"QSDK `,
			200},
		{"/Login", `{"username":"admin","Username":"eve","password":"` + password + `"}`, mediaJSON,
			"username is given twice", 400},
		{"/Login", `{"username":"admin","username":"eve","password":"` + password + `"}`, mediaJSON,
			"Send username once", 400},
		{"/Login", `<R username="admin" Username="eve" password="` + password + `"/>`, mediaXML,
			"username is given twice", 400},
		{"/Login", `{"username":"admin","password":"` + password + `","timeout":5,"timeOut":6}`, mediaJSON,
			"timeout is given twice", 400},
		{"/V4/AccessToken", `{"TokenName":"a","TOKENTYPE":3,"ApiEndpoints":["/a"]}`, mediaJSON,
			`"apiEndpoints":["/a"]`, 200},
		{"/V4/AccessToken", `{"tokenName":"b","tokenType":3,"TokenType":0,"apiEndpoints":["/a"]}`, mediaJSON,
			"tokenType is given twice", 400},
		{"/V4/AccessToken", `{"tokenName":"b","tokenType":3,"TokenType":null,"apiEndpoints":["/a"]}`, mediaJSON,
			"tokenType is given twice", 400},
		{"/V4/AccessToken", `{"tokenName":"b","tokenType":3,"tokenType":0,"apiEndpoints":["/a"]}`, mediaJSON,
			"Send tokenType once", 400},
		{"/V4/AccessToken", `<R tokenName="b" tokenType="3"><apiEndpoints val="/a" VAL="/b"/></R>`, mediaXML,
			"apiEndpoints.val is given twice", 400},
		{"/V4/AccessToken", `<R tokenName="b" tokenType="3"><apiEndpoints val="/a"/><APIEndpoints val="/b"/></R>`,
			mediaXML, "apiEndpoints is given twice", 400},
		{"/Organization",
			`{"organizationInfo":{"organization":{"shortName":{"DomainName":"plum"},"ConnectName":"Plum"}}}`,
			mediaJSON, `"errorCode":0`, 200},
		{"/Organization", `{"organizationInfo":{"organization":{"connectName":"Pear","ConnectName":"Fig"}}}`,
			mediaJSON, "connectName is given twice", 400},
		{"/V4/Company", `{"Name":"Quince","ALIAS":"quince"}`, mediaJSON, `"name":"Quince"`, 200},
		{"/V4/Company", `{"x":{"a":1,"A":2},"name":"Medlar","alias":"medlar"}`, mediaJSON, `"name":"Medlar"`, 200},
		{"/V4/Company", `{"x":{"a":1,"a":2},"name":"Fig","alias":"fig"}`, mediaJSON, "Send x.a once", 400},
		{"/V4/Company", `{"x":{"a":[1e400]},"name":"Fig","alias":"fig"}`, mediaJSON, "A number in x.a is too large",
			400},
		{"/Login", `{"username":"admin","password":"` + password + `","x":1e400}`, mediaJSON,
			"A number in x is too large", 400},
	} {
		w := s.call(t, "POST", base+test.path, test.body, "Authtoken", token, "Content-Type", test.label)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s %s: got %d %s, want %d and %s", test.path, test.body, w.Code, w.Body, test.status,
				test.want)
		}
	}
	if names, _ := s.companies(t, token, ""); len(names) != 3 {
		t.Errorf("got %q", names)
	}
}
