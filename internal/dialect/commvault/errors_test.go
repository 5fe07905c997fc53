// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/xml"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// failure returns the code and the text of an error in either format and in any form.
func failure(t testing.TB, w *httptest.ResponseRecorder, errorPath, media string) (code int, message string) {
	t.Helper()
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, media) {
		t.Fatalf("Content-Type is %q, want %s: %s", got, media, w.Body)
	}
	if media == mediaJSON {
		var v any = tree(t, w)
		if errorPath != "" {
			v = at(v, errorPath)
		}
		number, _ := at(v, "errorCode").(float64)
		return int(number), text(v, "errorMessage")
	}
	type element struct {
		Code    string `xml:"errorCode,attr"`
		Message string `xml:"errorMessage,attr"`
	}
	var v struct {
		element
		Error element `xml:"error"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &v); err != nil || !strings.HasPrefix(w.Body.String(), prolog) {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if errorPath != "" {
		v.element = v.Error
	}
	code, _ = strconv.Atoi(v.Code)
	return code, v.Message
}

func TestErrorsOnBothWires(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	large := strings.Repeat(" ", 70000)
	o, no := s.Organization(t, "asleep"), false
	if _, err := s.UpdateOrganization(t.Context(), s.Root(), o.ID,
		tenancy.UpdateOrganizationParams{Active: &no}); err != nil {
		t.Fatal(err)
	}
	auditor := s.session(t, "auditor", s.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	tests := []struct {
		name, method, path, body, label, token string
		errorPath                              string
		status, code                           int
	}{
		{"no session", "GET", "/Organization/1/AuthToken", "", "", "", "", 401, 5},
		{"no session on a call with its own form", "POST", "/Organization/1/AuthToken", "", "", "", "", 401, 5},
		{"denied", "GET", "/Organization/0/AuthToken", "", "", auditor, "", 403, 403},
		{"denied in its own form", "POST", "/Organization/0/AuthToken", "", "", auditor, "error", 403, 403},
		{"not found", "GET", "/Organization/1/AuthToken", "", "", token, "", 404, 404},
		{"not found in its own form", "PUT", "/Organization/1/AuthToken/Action/disable", "", "", token, "error",
			404, 404},
		{"inactive", "POST", "/Organization/" + strconv.Itoa(int(o.ID)) + "/Authtoken", "", mediaXML, token,
			"error", 200, 2},
		{"unknown path", "GET", "/Organisation", "", "", token, "", 404, 404},
		{"unknown path without a session", "POST", "/V4/Nothing", "{}", mediaJSON, "", "", 404, 404},
		{"wrong method", "PATCH", "/Organization/1/AuthToken", "", "", token, "", 405, 405},
		{"made-up method", "BREW", "/Login", "", "", "", "", 405, 405},
		{"body too large", "POST", "/Login", large, mediaJSON, "", "", 413, 413},
		{"body too large on a bodyless call", "GET", "/Organization/1/AuthToken", large, mediaXML, token, "", 413,
			413},
		{"form", "POST", "/Login", "a=b", "application/x-www-form-urlencoded", "", "", 415, 415},
		{"form on renewal", "POST", "/RenewLoginToken", "a=b", "application/x-www-form-urlencoded", "", "", 415,
			415},
		{"unreadable label", "POST", "/Login", "{}", "application/", "", "", 415, 415},
		{"not JSON", "POST", "/Login", `{"username":`, mediaJSON, "", "", 400, 400},
		{"not an object", "POST", "/Login", `[]`, mediaJSON, "", "", 400, 400},
		{"two objects", "POST", "/Login", `{}{}`, mediaJSON, "", "", 400, 400},
		{"deep JSON", "POST", "/Login", strings.Repeat(`{"a":`, 5000), mediaJSON, "", "", 400, 400},
		{"not XML", "POST", "/Login", `<R`, mediaXML, "", "", 400, 400},
		{"document type", "POST", "/Login", laughs(), mediaXML, "", "", 400, 400},
		{"JSON labelled XML", "POST", "/Login", `{}`, mediaXML, "", "", 400, 400},
		{"no body", "POST", "/Login", ``, "", "", "", 400, 400},
		{"no password", "POST", "/Login", `{"username":"admin"}`, mediaJSON, "", "", 400, 400},
		{"wrong type", "POST", "/Login", `{"username":"admin","password":1}`, mediaJSON, "", "", 400, 400},
		{"wrong type on renewal", "POST", "/RenewLoginToken", `{"sessionId":{}}`, mediaJSON, "", "", 400, 400},
		{"timeout no number", "POST", "/Login", `<R username="admin" password="" timeout="soon"/>`, mediaXML, "",
			"", 400, 400},
		{"device too long", "POST", "/Login", `{"username":"a","password":"","deviceId":"` +
			strings.Repeat("d", 300) + `"}`, mediaJSON, "", "", 400, 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, media := range []string{mediaJSON, mediaXML} {
				headers := []string{"Accept", media}
				for _, h := range [][2]string{{"Authtoken", test.token}, {"Content-Type", test.label}} {
					if h[1] != "" {
						headers = append(headers, h[0], h[1])
					}
				}
				w := s.call(t, test.method, base+test.path, test.body, headers...)
				code, message := failure(t, w, test.errorPath, media)
				if w.Code != test.status || code != test.code || message == "" {
					t.Errorf("%s: got %d, errorCode %d, %q; want %d and %d: %s", media, w.Code, code, message,
						test.status, test.code, w.Body)
				}
				if w.Code == http.StatusMethodNotAllowed && w.Header().Get("Allow") == "" {
					t.Error("405 without Allow")
				}
			}
		})
	}
}

// A client reads an error in one form only. It takes a 0 or a missing number there for a success: the
// provider for Terraform reads response, others read the flat form. So each answer with an error status has
// both forms.
func TestEveryErrorStatusHasBothPlaces(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	auditor := s.session(t, "auditor", s.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	admin := s.admin(t)
	const company = `{"organizationInfo":{"organization":{"connectName":"Orchard"}}}`
	own := map[string]string{"generateAuthToken": "error", "createOrganization": "response",
		"updateOrganization": "error", "activateOrganization": "response",
		"deactivateOrganization": "response", "getTwoFactorAuth": "error", "disableAuthToken": "error",
		"createAccessToken": "error", "updateAccessToken": "error", "login": "errList.0"}
	refusals := 0
	for _, op := range operations() {
		if _, is := own[op.name]; !is {
			continue
		}
		path := strings.NewReplacer("{id}", "7", "{token}", "7").Replace(base + op.path)
		for _, test := range []struct {
			name, token, body string
			headers           []string
		}{
			{"nobody", "", company, nil}, {"no permission", auditor, company, nil}, {"no body", admin, "", nil},
			{"no JSON", admin, "{", nil},
			{"wrong type", admin, `{"organizationInfo":7,"tokenName":7,"deactivateOptions":7,"username":7}`, nil},
			{"media type", admin, "a=b", []string{"Content-Type", "text/csv"}}, {"too large", admin,
				strings.Repeat(" ", 1<<20), nil},
			{"company", admin, company, []string{actingHeader, "x"}}, {"accept", admin, company,
				[]string{"Accept", "text/html"}},
		} {
			w := s.call(t, op.method, path, test.body, append(test.headers, "Authtoken", test.token,
				"Content-Type", mediaJSON, "Accept", mediaJSON)...)
			if w.Code < http.StatusBadRequest {
				continue
			}
			refusals++
			answer := tree(t, w)
			code := at(answer, "errorCode")
			if code == nil || code == float64(0) || at(answer, own[op.name]+".errorCode") != code ||
				text(answer, "errorMessage") == "" {
				t.Errorf("%s, %s: %d %s", op.name, test.name, w.Code, w.Body)
			}
		}
	}
	if refusals < 5*len(own) {
		t.Errorf("%d refusals only", refusals)
	}
}

func TestNotAcceptable(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	for _, accept := range []string{"text/html", "application/json;q=0", "image/*"} {
		w := s.call(t, "POST", base+"/WhoAmI", "", "Authtoken", token, "Accept", accept)
		if code, message := failure(t, w, "", mediaJSON); w.Code != http.StatusNotAcceptable || code != 406 ||
			message == "" {
			t.Errorf("%s: got %d %s", accept, w.Code, w.Body)
		}
		if w := s.call(t, "GET", base+"/", "", "Accept", accept); w.Code != http.StatusOK {
			t.Errorf("%s: the root must answer 200 to everybody, got %d", accept, w.Code)
		}
	}
	if w := s.call(t, "POST", base+"/Logout", "", "Authtoken", token, "Accept",
		"text/html"); w.Code != http.StatusOK {
		t.Errorf("Logout has one format only, got %d", w.Code)
	}
}

// The text that clients show contains the name of the wrong member.
func TestMalformedLoginNamesTheMember(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for want, body := range map[string]string{
		"username": `{"password":""}`, "password": `{"username":"a","password":[]}`,
		"timeout":  `{"username":"a","password":"","timeout":1.5}`,
		"deviceId": `{"username":"a","password":"","deviceId":7}`,
		"domain":   `{"username":"a","password":"","domain":{}}`,
	} {
		w := s.call(t, "POST", base+"/Login", body)
		if _, message := failure(t, w, "", mediaJSON); w.Code != http.StatusBadRequest ||
			!strings.HasPrefix(message, want+" ") {
			t.Errorf("%s: got %d %s", want, w.Code, w.Body)
		}
	}
}

func TestFailingStore(t *testing.T) {
	t.Parallel()
	const cause = "disk /var/lib/x is on fire"
	o := tenancy.Organization{ID: tenancy.RootID}
	calls := []struct{ name, method, path, body, fails, errorPath string }{
		{"login", "POST", base + "/Login", `{"username":"admin","password":"%s"}`, "Update", ""},
		{"login, unread", "POST", base + "/Login", `{"username":"admin","password":"%s"}`, "Read", ""},
		{"session", "POST", base + "/WhoAmI", "", "View", ""},
		{"renew", "POST", base + "/RenewLoginToken", "", "Update", ""},
		{"logout", "POST", base + "/Logout", "", "Update", ""},
		{"get", "GET", codePath(o), "", "Update", ""},
		{"generate", "POST", codePath(o), "", "Update", "error"},
		{"disable", "PUT", codePath(o) + "/Action/disable", "", "Update", "error"},
		{"list", "GET", base + "/Organization", "", "Read", ""},
		{"details", "GET", base + "/Organization/0", "", "View", ""},
		{"delete", "DELETE", base + "/Organization/1", "", "Update", ""},
	}
	for _, call := range calls {
		t.Run(call.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			token := s.admin(t)
			body := strings.Replace(call.body, "%s", encoded(s.AdminPassword), 1)
			for _, failing := range []struct {
				err    error
				status int
			}{
				{errors.New(cause), 500},
				{&problem.Error{Kind: problem.Internal, Message: cause, Err: errors.New(cause)}, 500},
				{&problem.Error{Kind: problem.Unavailable, Message: cause, Err: errors.New(cause)}, 503},
			} {
				for _, media := range []string{mediaJSON, mediaXML} {
					s.Store.Fail(call.fails, failing.err)
					w := s.call(t, call.method, call.path, body, "Authtoken", token, "Accept", media)
					s.Store.Fail(call.fails, nil)
					code, message := failure(t, w, call.errorPath, media)
					if w.Code != failing.status || code != failing.status || message == "" {
						t.Errorf("got %d %s, want %d", w.Code, w.Body, failing.status)
					}
					if strings.Contains(w.Body.String(), "fire") {
						t.Errorf("the cause is in the answer: %s", w.Body)
					}
				}
			}
			if !strings.Contains(s.logs.String(), cause) {
				t.Error("the cause is not in the log")
			}
		})
	}
}

// Kinds that no operation returns today have an answer too.
func TestWriteErrorByKind(t *testing.T) {
	t.Parallel()
	d := &dialect{}
	for kind, want := range map[problem.Kind]int{
		problem.Invalid: 400, problem.Unauthenticated: 401, problem.Denied: 403, problem.NotFound: 404,
		problem.Conflict: 200,
		problem.Expired:  200, problem.Exhausted: 429, problem.Unavailable: 503, problem.Internal: 500,
		"another": 500,
	} {
		w := httptest.NewRecorder()
		d.writeError(w, httptest.NewRequest("GET", base+"/x", nil),
			&problem.Error{Kind: kind, Message: "m", RetryAfter: 1500 * time.Millisecond})
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", kind, w.Code, want)
		}
		if got := w.Header().Get("Retry-After"); (got == "2") != (kind == problem.Exhausted ||
			kind == problem.Unavailable) {
			t.Errorf("%s: Retry-After is %q", kind, got)
		}
	}
}

// A door without its service panics on every request. The answer is a 500 in this wire's form, and the next
// request is answered, too.
func TestPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	s := &server{handler: httpkit.CleanPaths(Door(nil, nil).Handler())}
	for _, media := range []string{mediaJSON, mediaXML} {
		w := s.call(t, "POST", "/commandcenter/api/Login", `{"username":"a","password":""}`, "Accept", media,
			"Content-Type", mediaJSON)
		if code, text := failure(t, w, "", media); w.Code != 500 || code != 500 ||
			text != "Something went wrong on the server." {
			t.Errorf("%s: got %d %s", media, w.Code, w.Body)
		}
	}
}

// Clients read the first entry of Login's list whatever the status is.
func TestLoginErrorsHaveAList(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Store.Fail("Read", &problem.Error{Kind: problem.Unavailable, Message: "away",
		Err: errors.New("the cause")})
	for body, want := range map[string]int{`{"username":"a","password":"YQ=="}`: 503, `{"password":""}`: 400,
		`{`: 400, `[]`: 400} {
		w := s.call(t, "POST", "/commandcenter/api/Login", body, "Content-Type", mediaJSON)
		entry, _ := at(tree(t, w), "errList").([]any)
		if w.Code != want || len(entry) != 1 || text(entry[0], "errLogMessage") == "" ||
			strings.Contains(w.Body.String(), "the cause") {
			t.Errorf("%s: got %d %s", body, w.Code, w.Body)
		}
		if want == 503 && w.Header().Get("Retry-After") != "1" {
			t.Errorf("503 with Retry-After %q", w.Header().Get("Retry-After"))
		}
	}
}

// A client that is refused because of too much load gets the error in either format, from every operation.
// Log-ins are a class of their own.
func TestEveryOperationIsShed(t *testing.T) {
	t.Parallel()
	gate := httpkit.NewGate(map[httpkit.Class]httpkit.Share{httpkit.Quick: {}, httpkit.List: {},
		httpkit.LogIn: {}})
	h := httpkit.Observe(httpkit.CleanPaths(Door(nil, nil).Gated(gate)), slog.New(slog.DiscardHandler),
		func(httpkit.Info, string, int, time.Duration) {})
	for _, route := range Door(nil, nil).Routes {
		if (route.Class == httpkit.LogIn) != (route.Name == operationLogin) ||
			(route.Class == httpkit.List) != slices.Contains([]string{"listOrganizations", "v4ListCompanies",
				"listUsers", "v4ListUsers"}, route.Name) || route.Class == httpkit.Free {
			t.Errorf("%s is of the class %s", route.Name, route.Class)
		}
		for _, media := range []string{mediaJSON, mediaXML} {
			r := httptest.NewRequest(route.Method, strings.ReplaceAll(route.Pattern, "{id}", "1"), nil)
			r.Header.Set("Accept", media)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			code, message := failure(t, w, "", media)
			if w.Code != http.StatusServiceUnavailable || code != 503 || message == "" ||
				w.Header().Get("Retry-After") != "1" {
				t.Errorf("%s: got %d %s, Retry-After %q", route.Name, w.Code, w.Body,
					w.Header().Get("Retry-After"))
			}
		}
	}
}
