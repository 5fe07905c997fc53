// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// organizationMember returns the body of an update of the company's own members and its code.
func organizationMember(o tenancy.Organization, member, code string) string {
	return fmt.Sprintf(`{"organizationInfo":{"organization":{"shortName":{"id":%s}%s},"organizationProperties":{"enableAuthCodeGen":%s}}}`,
		number(o), member, code)
}

// An update changes nothing at all if its code cannot be made.
func TestUpdateWithoutItsCodeChangesNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token, o := s.admin(t), s.Organization(t, "Orchard Ltd")
	off, on := false, true
	active := func(to *bool) {
		t.Helper()
		if _, err := s.UpdateOrganization(t.Context(), s.Root(), o.ID,
			tenancy.UpdateOrganizationParams{Active: to}); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(what, path, body string) {
		t.Helper()
		before := s.Events(t, o.ID)
		w := s.call(t, http.MethodPut, base+path, body, "Authtoken", token, "Content-Type", mediaJSON)
		code, ok := at(tree(t, w), "error.errorCode").(float64)
		if !ok {
			code, ok = at(tree(t, w), "errorCode").(float64)
		}
		if !ok || code == 0 {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
		if d := s.details(t, token, number(o)); text(d,
			"organizationInfo.organization.connectName") != "Orchard Ltd" {
			t.Errorf("%s: refused, and renamed: %v", what, d)
		}
		if after := s.Events(t, o.ID); !slices.Equal(before, after) {
			t.Errorf("%s: refused, and in the audit: %v", what, after[len(before):])
		}
	}
	active(&off)
	refused("inactive", "/Organization", organizationMember(o, `,"connectName":"Pear Ltd"`, "true"))
	refused("inactive, V4", "/V4/Company/"+number(o),
		`{"newName":"Pear Ltd","general":{"authcodeForInstallation":true}}`)
	active(&on)
	refused("deactivated in the same update", "/V4/Company/"+number(o),
		`{"newName":"Pear Ltd","general":{"authcodeForInstallation":true},"status":{"deactivate":true}}`)

	// A company that the same update activates gets its code.
	active(&off)
	s.change(t, token, http.MethodPut, "/V4/Company/"+number(o),
		`{"newName":"Pear Ltd","general":{"authcodeForInstallation":true},"status":{"deactivate":false}}`, "")
	events := s.Events(t, o.ID)
	if want := []string{"organization.update", "auth_code.issue"}; s.code(t, token, o) == "" ||
		!slices.Equal(events[len(events)-2:], want) {
		t.Errorf("the audit has %v", events)
	}
}

// Clients that ask for a code at the same time get the same one.
func TestEnsureCodeAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, store tenancy.Store) {
		s := serverOver(t, tenancytest.On(t, store))
		token, o := s.admin(t), s.Organization(t, "Orchard Ltd")
		const clients = 8
		var all sync.WaitGroup
		start := make(chan struct{})
		for i := range clients {
			all.Go(func() {
				<-start
				body := organizationMember(o, fmt.Sprintf(`,"description":"%d"`, i), "true")
				w := s.call(t, http.MethodPut, base+"/Organization", body, "Authtoken", token, "Content-Type",
					mediaJSON)
				if at(tree(t, w), "error.errorCode") != float64(0) {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
		close(start)
		all.Wait()
		made := 0
		for _, action := range s.Events(t, o.ID) {
			if action == "auth_code.issue" {
				made++
			}
		}
		if made != 1 || s.code(t, token, o) == "" {
			t.Errorf("%d clients made %d codes, want 1", clients, made)
		}
	})
}
