// SPDX-License-Identifier: Apache-2.0

package server

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// Browsers are sent from the root to the front, if there is one, and programs are not.
func TestFront(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]int{"": http.StatusOK, "application/json": http.StatusOK,
		"text/html": http.StatusSeeOther} {
		r := httptest.NewRequest(http.MethodGet, "http://example.test/", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		if err := welcomeHandler(true, "/console")(w, r); err != nil {
			t.Fatal(err)
		}
		to := w.Header().Get("Location")
		if w.Code != want || (to == "/console") != (want == http.StatusSeeOther) ||
			w.Header().Get("Vary") != "Accept" {
			t.Errorf("%q: %d to %q", accept, w.Code, to)
		}
	}
}

// Browsers get a page at the root, and programs get text. Neither tells of metrics that are
// served elsewhere.
func TestWelcome(t *testing.T) {
	t.Parallel()
	const program, browser = "text/plain; charset=utf-8", "text/html; charset=utf-8"
	for accept, want := range map[string]string{"": program, "*/*": program, "application/json": program,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": browser} {
		for _, withMetrics := range []bool{false, true} {
			r := httptest.NewRequest(http.MethodGet, "http://example.test/", nil)
			if accept != "" {
				r.Header.Set("Accept", accept)
			}
			w := httptest.NewRecorder()
			if err := welcomeHandler(withMetrics, "")(w, r); err != nil {
				t.Fatal(err)
			}
			body, header := w.Body.String(), w.Header()
			if header.Get("Content-Type") != want || header.Get("Vary") != "Accept" {
				t.Errorf("%q: the header is %v", accept, header)
			}
			if strings.Contains(body, "metrics") != withMetrics || !strings.Contains(body, "/docs") {
				t.Errorf("%q, metrics %v: %s", accept, withMetrics, body)
			}
			style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(body)
			if (want == browser) != (style != nil) {
				t.Fatalf("%q: %s", accept, body)
			}
			if style == nil {
				continue
			}
			sum := sha256.Sum256([]byte(style[1]))
			policy := header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
				t.Errorf("the policy forbids the style of the page: %s", policy)
			}
		}
	}
}
