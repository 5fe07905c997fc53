// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

const properties = "organizationInfo.organizationProperties"

// code reads the organization's code over the wire. It returns "" if the answer has no code.
func (s *server) code(t testing.TB, token string, o tenancy.Organization) string {
	t.Helper()
	w := s.call(t, "GET", codePath(o), "", "Authtoken", token)
	if w.Code != http.StatusOK {
		t.Fatalf("GET: %d %s", w.Code, w.Body)
	}
	answer := tree(t, w)
	code := text(answer, properties+".authCode")
	if on := at(answer, properties+".enableAuthCodeGen"); on != (code != "") {
		t.Errorf("enableAuthCodeGen is %v with code %q", on, code)
	}
	if shown, _ := at(answer, properties).(map[string]any); code == "" && len(shown) != 1 {
		t.Errorf("without a code the field must be left out: %s", w.Body)
	}
	return code
}

// generate creates a code over the wire, as clients do.
func (s *server) generate(t testing.TB, token string, o tenancy.Organization) string {
	t.Helper()
	w := s.call(t, "POST", strings.ToLower(codePath(o)), "", "Authtoken", token, "Content-Type", mediaXML)
	answer := tree(t, w)
	if code := at(answer, "error.errorCode"); w.Code != http.StatusOK || code != float64(0) {
		t.Fatalf("POST: %d %s", w.Code, w.Body)
	}
	return text(answer, "organizationProperties.authCode")
}

func (s *server) disable(t testing.TB, token string, o tenancy.Organization) {
	t.Helper()
	w := s.call(t, "PUT", codePath(o)+"/Action/disable", "", "Authtoken", token, "Content-Type", mediaXML)
	if code := at(tree(t, w), "error.errorCode"); w.Code != http.StatusOK || code != float64(0) {
		t.Fatalf("PUT: %d %s", w.Code, w.Body)
	}
}

func TestGenerateReplacesTheCode(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o, token := s.Organization(t, "Orchard Ltd"), s.admin(t)
	first := s.generate(t, token, o)
	if got := s.code(t, token, o); got != first || got == "" {
		t.Errorf("GET shows %q, POST gave %q", got, first)
	}
	second := s.generate(t, token, o)
	if second == first || s.code(t, token, o) != second {
		t.Error("the second code does not replace the first")
	}
	for text, lives := range map[string]bool{first: false, second: true} {
		code, err := secret.ParseAuthCode(text)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Store.View(t.Context(), func(tx tenancy.Reader) error {
			stored, err := tx.AuthCodeByDigest(t.Context(), s.Keys.Digest(secret.ForAuthCode, code))
			if err == nil && stored.Living() != lives {
				t.Errorf("living is %v, want %v", stored.Living(), lives)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestDisableAndGenerateAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o, token := s.Organization(t, "Orchard Ltd"), s.admin(t)
	s.disable(t, token, o) // succeeds although there is no code
	first := s.generate(t, token, o)
	s.disable(t, token, o)
	if got := s.code(t, token, o); got != "" {
		t.Errorf("still shown: %q", got)
	}
	s.disable(t, token, o)
	second := s.generate(t, token, o)
	if second == first || s.code(t, token, o) != second {
		t.Error("no new code after the switch-off")
	}
}

func TestCodeOfTheRoot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token, root := s.admin(t), tenancy.Organization{ID: tenancy.RootID}
	if got := s.code(t, token, root); got != "" {
		t.Errorf("a code nobody made: %q", got)
	}
	made := s.generate(t, token, root)
	answer := tree(t, s.call(t, "GET", base+"/organization/0/authtoken", "", "Authtoken", token))
	if got := text(answer, "organizationInfo.organization.connectName") +
		text(answer, "organizationInfo.organization.shortName.domainName"); got != "CommcellCommcell" {
		t.Errorf("names: got %q", got)
	}
	if got := at(answer, "organizationInfo.organization.shortName.id"); got != float64(0) {
		t.Errorf("id: got %v", got)
	}
	if got := text(answer, properties+".authCode"); got != made {
		t.Errorf("code: got %q, want %q", got, made)
	}
}

func TestCodesAreAudited(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o, token := s.Organization(t, "Orchard Ltd"), s.admin(t)
	steps := []struct {
		action string
		do     func()
		events int64
	}{
		{"GET without a code", func() { s.code(t, token, o) }, 0},
		{"POST", func() { s.generate(t, token, o) }, 1},
		{"GET", func() { s.code(t, token, o) }, 1},
		{"HEAD", func() { s.call(t, "HEAD", codePath(o), "", "Authtoken", token) }, 0},
		{"GET of details", func() { s.call(t, "GET", base+"/Organization/"+number(o), "", "Authtoken", token) }, 1},
		{"HEAD of details", func() { s.call(t, "HEAD", base+"/Organization/"+number(o), "", "Authtoken", token) },
			0},
		{"PUT disable", func() { s.disable(t, token, o) }, 1},
		{"PUT disable again", func() { s.disable(t, token, o) }, 0},
		{"GET by nobody", func() { s.call(t, "GET", codePath(o), "") }, 0},
		{"GET that nobody could read", func() {
			s.call(t, "GET", codePath(o), "", "Authtoken", token, "Accept",
				"text/html")
		}, 0},
		{"POST that nobody could read", func() {
			s.call(t, "POST", codePath(o), "", "Authtoken", token, "Accept",
				"text/html")
		}, 0},
		{"POST with a body too large", func() {
			s.call(t, "POST", codePath(o), strings.Repeat(" ", 70000),
				"Authtoken", token)
		}, 0},
	}
	for _, step := range steps {
		before, err := s.VerifyAudit(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		step.do()
		after, err := s.VerifyAudit(t.Context(), o.ID)
		if got := after - before; err != nil || got != step.events {
			t.Errorf("%s: %d audit events, want %d (%v)", step.action, got, step.events, err)
		}
	}
}

// HEAD for an operation that reveals a code answers with the status of GET. The answer is the same whether or
// not there is a code.
func TestHeadRevealsNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	with, without := s.Organization(t, "Orchard Ltd"), s.Organization(t, "Meadow Ltd")
	admin := s.admin(t)
	s.generate(t, admin, with)
	auditor := s.session(t, "auditor", s.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	tenant := s.session(t, "ann", s.Operator(t, "ann", tenancy.Administrator, with.ID))
	for _, token := range []string{admin, auditor, tenant, ""} {
		for _, suffix := range []string{"/AuthToken", "/authtoken/", ""} {
			for _, accept := range []string{"", mediaJSON, mediaXML, "text/html"} {
				heads := map[tenancy.OrganizationID]http.Header{}
				for _, id := range []tenancy.OrganizationID{with.ID, without.ID, 999999} {
					path := base + "/Organization/" + strconv.FormatInt(int64(id), 10) + suffix
					before := s.reveals(t, with.ID)
					head := s.call(t, "HEAD", path, "", "Authtoken", token, "Accept", accept)
					if s.reveals(t, with.ID) != before {
						t.Errorf("HEAD %s is a reveal", path)
					}
					get := s.call(t, "GET", path, "", "Authtoken", token, "Accept", accept)
					if head.Code != get.Code ||
						head.Header().Get("Content-Type") != get.Header().Get("Content-Type") {
						t.Errorf("HEAD %s, Accept %q: %d %v, GET %d %v", path, accept, head.Code,
							head.Header(), get.Code, get.Header())
					}
					if head.Code == http.StatusOK {
						head.Header().Del("X-Request-Id")
						heads[id] = head.Header()
						if head.Header().Get("Content-Length") != "" ||
							head.Header().Get("Cache-Control") != "no-store" || head.Body.Len() != 0 {
							t.Errorf("HEAD %s: %v, %d bytes", path, head.Header(), head.Body.Len())
						}
					}
				}
				if a, b := heads[with.ID], heads[without.ID]; a != nil && b != nil &&
					!reflect.DeepEqual(a, b) {
					t.Errorf("HEAD tells a code from none: %v, %v", a, b)
				}
			}
		}
	}
}

// The audit events contain the caller, its address and the request.
func TestAuditCarriesTheOrigin(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o, token := s.Organization(t, "Orchard Ltd"), s.admin(t)
	w := s.call(t, "POST", codePath(o), "", "Authtoken", token)
	err := s.Store.View(t.Context(), func(tx tenancy.Reader) error {
		events, err := tx.AuditEvents(t.Context(), o.ID, 0, 10)
		last := events[len(events)-1]
		if last.RequestID != w.Header().Get("X-Request-Id") || last.Address != "192.0.2.1" ||
			last.ActorName != s.Admin {
			t.Errorf("got %+v", last)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTenantsStayAtHome(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	own, foreign := s.Organization(t, "Orchard Ltd"), s.Organization(t, "Meadow Ltd")
	admin := s.admin(t)
	s.generate(t, admin, own)
	s.generate(t, admin, foreign)
	tenant := s.session(t, "ann", s.Operator(t, "ann", tenancy.Administrator, own.ID))
	if s.code(t, tenant, own) == "" || s.generate(t, tenant, own) == "" {
		t.Error("a tenant does not see its own code")
	}
	s.disable(t, tenant, own)
	missing := tenancy.Organization{ID: 999999}
	for _, call := range [][2]string{{"GET", ""}, {"POST", ""}, {"PUT", "/Action/disable"}} {
		var answers []string
		for _, o := range []tenancy.Organization{foreign, missing, {ID: tenancy.RootID}} {
			w := s.call(t, call[0], codePath(o)+call[1], "", "Authtoken", tenant)
			if w.Code != http.StatusNotFound {
				t.Errorf("%s %d: got %d %s", call[0], o.ID, w.Code, w.Body)
			}
			answers = append(answers, w.Body.String())
		}
		if answers[0] != answers[1] || answers[0] != answers[2] {
			t.Errorf("%s: foreign and missing can be distinguished: %q", call[0], answers)
		}
	}
	if s.code(t, admin, foreign) == "" {
		t.Error("the foreign code is gone")
	}
}

func TestRolesWithoutCodes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o := s.Organization(t, "Orchard Ltd")
	s.generate(t, s.admin(t), o)
	for _, role := range []tenancy.Role{tenancy.Auditor, tenancy.AccountManager} {
		token := s.session(t, string(role), s.Operator(t, string(role), role, tenancy.RootID))
		w := s.call(t, "GET", codePath(o), "", "Authtoken", token)
		if code := at(tree(t, w), "errorCode"); w.Code != http.StatusForbidden || code != float64(403) {
			t.Errorf("%s: GET: %d %s", role, w.Code, w.Body)
		}
		for _, call := range [][2]string{{"POST", ""}, {"PUT", "/Action/disable"}} {
			w = s.call(t, call[0], codePath(o)+call[1], "", "Authtoken", token)
			if code := at(tree(t, w), "error.errorCode"); w.Code != http.StatusForbidden ||
				code != float64(403) {
				t.Errorf("%s: %s: %d %s", role, call[0], w.Code, w.Body)
			}
		}
	}
}

func TestOrganizationNumbers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	for _, id := range []string{"999999", "abc", "-1", "+100001", "0100001", "00", "1e5", "100001.0",
		"99999999999999999999999", "or-100001",
		"%20", "100001%00", "%2e%2e", "100001%2F..", strings.Repeat("9", 5000), "{id}", "%D9%A1"} {
		for _, method := range []string{"GET", "POST"} {
			w := s.call(t, method, base+"/Organization/"+id+"/AuthToken", "", "Authtoken", token)
			if w.Code != http.StatusNotFound {
				t.Errorf("%s %.30s: got %d %s", method, id, w.Code, w.Body)
			}
			tree(t, w)
		}
	}
}
