// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

// The answer that makes a code is the only one that shows it, also where codes are shown
// once. A code of this wire lives as long as the organization's policy allows.
func TestCodesShownOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	o, token := c.Organization(t, "o"), c.operator(t, admin, c.Admin, c.AdminPassword)
	policy := tenancy.Policy{ShowCodesOnce: true, MaxCodeLife: time.Hour}
	if _, err := c.UpdateOrganization(t.Context(), c.Root(), o.ID,
		tenancy.UpdateOrganizationParams{Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	path := admin + "/organizations/" + o.ID.String()
	code := c.do(t, "POST", path+"/authorizationCode", token, "").text("authorizationCode")
	if _, err := c.Enrol(t.Context(), c.Anyone(), tenancy.EnrolParams{AuthCode: code, Name: "n",
		InstanceID: "i"}); err != nil {
		t.Errorf("the code lets nobody in: %v", err)
	}
	for _, a := range []answer{c.do(t, "GET", path, token, ""),
		c.do(t, "GET", path+"?expand=contacts", token, ""), c.do(t, "GET", path+"/authorizationCode", token, "")} {
		if strings.Contains(a.body, code) {
			t.Errorf("shown again: %s", a.body)
		}
	}
	c.Clock.Advance(time.Hour)
	if _, err := c.Enrol(t.Context(), c.Anyone(), tenancy.EnrolParams{AuthCode: code, Name: "n",
		InstanceID: "j"}); err == nil {
		t.Error("the code lets somebody in after the longest life")
	}
}
