// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

// Where codes are shown once, this wire shows the text in the answer that makes the code
// and in no other: asking for it is an error, and the details only say that one lives.
func TestCodesShownOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o, token := s.Organization(t, "Orchard Ltd"), s.admin(t)
	before := s.generate(t, token, o)
	policy := tenancy.Policy{ShowCodesOnce: true}
	if _, err := s.UpdateOrganization(t.Context(), s.Root(), o.ID,
		tenancy.UpdateOrganizationParams{Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{before, s.generate(t, token, o)} {
		if code == "" {
			t.Fatal("the answer that makes a code does not show it")
		}
		for _, media := range []string{mediaJSON, mediaXML} {
			w := s.call(t, "GET", codePath(o), "", "Authtoken", token, "Accept", media)
			if strings.Contains(w.Body.String(), "GHC") || strings.Contains(w.Body.String(), "enableAuthCodeGen") {
				t.Errorf("GET shows %s", w.Body)
			}
		}
		w := s.call(t, "GET", codePath(o), "", "Authtoken", token)
		if got := at(tree(t, w), "errorCode"); w.Code != http.StatusForbidden ||
			got != float64(http.StatusForbidden) {
			t.Errorf("GET is not refused: %d %s", w.Code, w.Body)
		}
		d := s.details(t, token, number(o))
		if at(d, properties+".enableAuthCodeGen") != true || at(d, properties+".authCode") != nil {
			t.Errorf("details: %v", at(d, properties))
		}
	}
	for _, event := range s.Events(t, o.ID) {
		if event == "auth_code.reveal" {
			t.Error("a code that was not shown is recorded as shown")
		}
	}
}

// A code that this wire makes lives as long as the organization's policy allows.
func TestGeneratedCodeExpires(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o, token := s.Organization(t, "Orchard Ltd"), s.admin(t)
	policy := tenancy.Policy{MaxCodeLife: time.Hour}
	if _, err := s.UpdateOrganization(t.Context(), s.Root(), o.ID,
		tenancy.UpdateOrganizationParams{Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	code := s.generate(t, token, o)
	p := tenancy.EnrolParams{AuthCode: code, Name: "n", InstanceID: "i"}
	if _, err := s.Enrol(t.Context(), s.Anyone(), p); err != nil {
		t.Error(err)
	}
	_, stored, err := s.GetPrimaryAuthCode(t.Context(), s.Root(), o.ID)
	if err != nil || stored.Limits.Never || !stored.Limits.ExpiresAt.Equal(stored.CreatedAt.Add(time.Hour)) {
		t.Errorf("got %+v, %v", stored.Limits, err)
	}
}
