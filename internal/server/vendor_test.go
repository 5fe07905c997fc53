// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"encoding/json"
	"encoding/xml"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/dialect/commvault"
	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/server"
)

// An address below a vendor's names that is not served is answered in that vendor's
// form. Every other address that is not served is answered in plain text.
func TestUnservedAddresses(t *testing.T) {
	t.Parallel()
	s := server.New(server.Options{Doors: []*httpkit.Door{occ.Door(nil, nil), commvault.Door(nil, nil)},
		Log: slog.New(slog.DiscardHandler)})
	const oracle, company, own = "occ", "commvault", "server"
	for _, one := range []struct {
		method, path, door string
		status             int
	}{
		{"GET", "/ccadmin", oracle, 404}, {"GET", "/ccadmin/", oracle, 404}, {"GET", "/ccadmin/v2/organizations",
			oracle, 404}, {"POST", "//ccadmin//v2//login//", oracle, 404},
		{"GET", "/ccadmin/v1", oracle, 404}, {"GET", "/ccadmin/v1/unknown", oracle, 404},
		{"GET", "/ccadmin/v10/login", oracle, 404}, {"GET", "/CCAdmin/v1/organizations", oracle, 404},
		{"GET", "/ccadminui", oracle, 404}, {"GET", "/ccadminui/v2/x", oracle, 404},
		{"GET", "/ccadminx/custom/v1/x", oracle, 404},
		{"GET", "/ccapp", oracle, 404}, {"PUT", "/ccapp/v2/organizations", oracle, 404},
		{"GET", "/ccapp/v1/registry/x", oracle, 404},
		{"GET", "/ccagent", oracle, 404}, {"GET", "/ccagentui/", oracle, 404}, {"GET", "/ccagentx/custom/v1/x",
			oracle, 404}, {"DELETE", "/ccappagent/v3", oracle, 404},
		{"GET", "/ccstore", oracle, 404}, {"GET", "/ccstore/v1/unknown", oracle, 404}, {"GET", "/ccstoreui", oracle,
			404}, {"GET", "/ccstoreui/v1/products", oracle, 404},
		{"GET", "/ccstoreui/v2/registry", oracle, 404}, {"POST", "/ccstorex/custom/v1/x", oracle, 404},
		{"GET", "/gsadmin/v1/cloud", oracle, 404},
		{"GET", "/ccadmin/%2e%2e/x", oracle, 404}, {"GET", "/ccadmin%2Fv1/registry", oracle, 404},
		{"GET", "/ccadmin/v1/login", oracle, 405}, {"DELETE", "/ccstoreui/v1/registry", oracle, 405},
		{"BREW", "/ccadmin", oracle, 404}, {"BREW", "/ccadminui/v1/login", oracle, 405},
		{"OPTIONS", "/ccstoreui/v1/login", oracle, 405},

		{"GET", "/commandcenter", company, 404}, {"GET", "/commandcenter/", company, 404},
		{"GET", "/CommandCenter/Login.do", company, 404}, {"GET", "/commandcenter/apix/Login", company, 404},
		{"GET", "/adminconsole", company, 404}, {"GET", "/webconsole", company, 404},
		{"POST", "/webconsole/doLogin", company, 404}, {"GET", "/webconsole/api/unknown", company, 404},
		{"GET", "/SearchSvc", company, 404}, {"POST", "/searchsvc/CVWebService.svcx/Login", company, 404},
		{"GET", "/WebServerCore/unknown", company, 404},
		{"GET", "/WebServerCore/Login", company, 405}, {"BREW", "/webconsole", company, 404},
		{"DELETE", "/SEARCHSVC/cvwebservice.svc/login", company, 405},

		{"GET", "/unknown", own, 404}, {"GET", "/ccadministration", own, 404}, {"GET", "/cc", own, 404},
		{"GET", "/v1/ccadmin", own, 404}, {"GET", "/ccappx", own, 404},
		{"GET", "/commandcenters/api", own, 404}, {"GET", "/api", own, 404}, {"GET", "/%2Fccadmin/x", own, 404},
		{"POST", "/livez", own, 405},
	} {
		for _, accept := range []string{"", "*/*", "application/json", "application/xml", "text/html"} {
			r := httptest.NewRequest(one.method, "http://example.test"+one.path, nil)
			r.Header.Set("Accept", accept)
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if door := speaker(t, w); w.Code != one.status || door != one.door {
				t.Errorf("%s %s, Accept %q: got %d from %q: %s; want %d from %s", one.method, one.path, accept, w.Code,
					door, w.Body, one.status, one.door)
			}
			if allow := w.Header().Get("Allow"); (one.status == 405) != (allow != "") {
				t.Errorf("%s %s: Allow is %q", one.method, one.path, allow)
			}
		}
	}
}

// speaker returns the name of the door whose form an answer has; "" means none.
func speaker(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	media, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	switch media {
	case "text/plain":
		return "server"
	case "application/xml":
		var body struct {
			XMLName xml.Name
			Code    int    `xml:"errorCode,attr"`
			Message string `xml:"errorMessage,attr"`
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &body); err == nil && body.Code == w.Code && body.Message != "" {
			return "commvault"
		}
	case "application/json":
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			return ""
		}
		code := strconv.Itoa(w.Code)
		switch {
		case body["errorCode"] == code && body["status"] == code && body["message"] != "" && body["message"] != nil:
			return "occ"
		case body["errorCode"] == float64(w.Code) && body["errorMessage"] != "" && body["errorMessage"] != nil:
			return "commvault"
		}
	}
	return ""
}
