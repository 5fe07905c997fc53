// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"net/http"
	"strings"
	"testing"
)

// Where Accept leaves the choice, a client that shows no wish for JSON is answered
// in XML: public programs of the vendor's time parse nothing else. A wish is a label
// or a body.
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
		{"GET", "/Organization", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "", "", mediaXML}, // Java's own client
		{"GET", "/Organization", "text/html, text/*, */*", "", "", mediaTextXML},                           // XML all the same
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
		{"GET", "/Organization", "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "", "", mediaXML}, // a browser
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
		what := test.method + " " + test.path + ", Accept " + test.accept + ", Content-Type " + test.label + ", body " + test.body
		w := s.call(t, test.method, base+test.path, test.body, headers...)
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %d %s, want %s", what, w.Code, got, test.want)
		}
		// Errors follow the same rule, those before a body is looked at among them.
		headers[1] = "nobody's"
		if test.path == "/" {
			continue
		}
		w = s.call(t, test.method, base+test.path, test.body, headers...)
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusUnauthorized || !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: the refusal is %d %s, want %s", what, w.Code, got, test.want)
		}
	}
}

// Coded bodies are refused on every call, in either format.
func TestContentCodings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, media := range []string{mediaJSON, mediaXML} {
		w := s.call(t, "POST", base+"/Login", "\x1f\x8b", "Content-Type", mediaJSON, "Content-Encoding", "gzip", "Accept", media)
		if _, message := failure(t, w, "", media); w.Code != http.StatusUnsupportedMediaType || !strings.Contains(message, "Content-Encoding") || w.Header().Get("Accept-Encoding") != "identity" {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	}
	if w := s.call(t, "POST", base+"/Login", "{"+credentials("admin", s.AdminPassword)+"}", "Content-Type", mediaJSON, "Content-Encoding", "identity"); w.Code != http.StatusOK {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
