// SPDX-License-Identifier: Apache-2.0

package server

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	_ "embed"

	"gatehouse/internal/httpkit"
)

//go:embed welcome.html
var welcomePage string

const welcomeText = `Gatehouse is running.

Oracle Commerce Cloud wire:  /ccadmin/v1  /ccapp/v1  /ccagent/v1  /ccappagent/v1  /ccstore/v1
Commvault wire:              /commandcenter/api  /webconsole/api  /SearchSvc/CVWebService.svc  /WebServerCore
Native API and OAuth:        /v1  /oauth2, described at /docs
Health:                      /livez  /readyz
`

// The parts of the two that are there only where metrics are served.
const (
	welcomeMetrics     = "Metrics:                     /metrics\n"
	welcomeMetricsPage = `<li><a href="/metrics">/metrics</a>: metrics for Prometheus</li>`
)

const htmlType = "text/html; charset=utf-8"

// welcomeHandler answers at the root: with text for programs, and with a page for browsers or, if
// there is a front, with the way there. None tells the version, which nobody needs who is not logged
// in.
func welcomeHandler(withMetrics bool, front string) httpkit.Handler {
	plain, page := welcomeText, strings.Replace(welcomePage, "<!-- metrics -->", "", 1)
	if withMetrics {
		plain += welcomeMetrics
		page = strings.Replace(welcomePage, "<!-- metrics -->", welcomeMetricsPage, 1)
	}
	policy := "default-src 'none'; style-src '" + styleHash(page) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Vary", "Accept")
		if media, _ := httpkit.Negotiate(r.Header, "text/plain", "text/html"); media != "text/html" {
			return text(w, http.StatusOK, plain)
		}
		if front != "" {
			w.Header().Set("Location", front)
			return text(w, http.StatusSeeOther, "The console is at "+front+"\n")
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		httpkit.Write(w, http.StatusOK, htmlType, []byte(page))
		return nil
	}
}

// welcomeInside answers at the root of the internal listener.
func welcomeInside(w http.ResponseWriter, _ *http.Request) error {
	return text(w, http.StatusOK, "Gatehouse is running. Here are /livez, /readyz and /metrics.\n")
}

// styleHash returns the source of a policy that allows the style of a page (CSP, section 2.3.1).
func styleHash(page string) string {
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
