// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"slices"
	"testing"
)

// A policy is replaced as a whole, and rules from then on.
func TestPolicy(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		path := "/organizations/" + d.organization.ID.String() + "/policy"
		const none = `{"showCodesOnce":false,"maxCodeLife":"unlimited","approveEnrolments":false}`
		const strict = `{"showCodesOnce":true,"maxCodeLife":"720h0m0s","approveEnrolments":true}`
		if a := d.want(t, d.get(t, d.admin, path), 200); a.body != none {
			t.Errorf("at first: %s", a.body)
		}
		before := d.code(t)
		for range 2 { // twice is fine
			if a := d.want(t, d.do(t, "PUT", d.admin, path, strict), 200); a.body != strict {
				t.Errorf("replaced: %s", a.body)
			}
		}
		if a := d.want(t, d.get(t, d.admin, path), 200); a.body != strict {
			t.Errorf("read again: %s", a.body)
		}
		wantProblem(t, d.post(t, d.admin, d.codes()+"/"+before.text("id")+"/reveal", ""), 403,
			"auth_code_shown_once")
		a := d.post(t, d.admin, d.codes(), `{"name":"n","expiresAt":"never","maxUses":1}`)
		if a.status != 400 || !slices.Equal(a.fields(), []string{"expiresAt expiry_needed"}) {
			t.Errorf("a code that never expires: %d %s", a.status, a.body)
		}
		if a := d.want(t, d.enrol(t, before.text("authorizationCode"), "waits"),
			202); a.text("state") != "pending" {
			t.Errorf("enrolled: %s", a.body)
		}
		d.want(t, d.do(t, "PUT", d.admin, path, none), 200)
		d.want(t, d.enrol(t, before.text("authorizationCode"), "does not wait"), 201)
		wantProblem(t, d.do(t, "PUT", d.admin, "/organizations/or-0/policy", none), 409, "root_organization")
	})
}

// No member of a policy can be left out, and no bound can be written as zero.
func TestPolicyRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	path := "/organizations/" + d.organization.ID.String() + "/policy"
	for body, want := range map[string][]string{
		`{}`: {"showCodesOnce required", "maxCodeLife required", "approveEnrolments required"},
		`{"showCodesOnce":true,"maxCodeLife":"0s","approveEnrolments":true}`:           {"maxCodeLife bad_code_life_text"},
		`{"showCodesOnce":true,"maxCodeLife":"-1h","approveEnrolments":true}`:          {"maxCodeLife bad_code_life_text"},
		`{"showCodesOnce":true,"maxCodeLife":"never","approveEnrolments":true}`:        {"maxCodeLife bad_code_life_text"},
		`{"showCodesOnce":true,"maxCodeLife":"1s","approveEnrolments":true}`:           {"maxCodeLife bad_code_life"},
		`{"showCodesOnce":"yes","maxCodeLife":"1h","approveEnrolments":true}`:          {"showCodesOnce wrong_type"},
		`{"showCodesOnce":true,"maxCodeLife":"1h","approveEnrolments":true,"other":1}`: {"other unknown_member"},
	} {
		if a := d.do(t, "PUT", d.admin, path, body); a.status != 400 || !slices.Equal(a.fields(), want) {
			t.Errorf("%s: %d %s, want %s", body, a.status, a.body, want)
		}
	}
	const same = `{"showCodesOnce":false,"maxCodeLife":"unlimited","approveEnrolments":false}`
	if a := d.want(t, d.get(t, d.admin, path), 200); a.body != same {
		t.Errorf("after refusals: %s", a.body)
	}
}
