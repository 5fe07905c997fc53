// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"
)

// A filter that compares a property with a value that it never has is refused, with the values
// that there are. Without that, the list is empty and looks as if nothing were there.
func TestValuesThatAListNeverHas(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, c := range []struct{ list, filter, want string }{
		{"/organizations", `state eq "maybe"`, "active, inactive"},
		{"/organizations", `state eq "deleted"`, "active, inactive"},
		{"/organization-requests", `name co "a" or status eq "pending"`,
			"new, review, moreInfoNeeded, approved, rejected"},
		{"/clients", `not (state ne "gone")`, "pending, active, refused, revoked"},
		{"/audit", `outcome eq "maybe"`, "success, failure"},
	} {
		a := d.get(t, d.admin, c.list+query("filter", c.filter))
		wantProblem(t, a, 400, "bad_filter")
		if !strings.Contains(a.body, "it is one of: "+c.want) {
			t.Errorf("%s: %s", c.filter, a.body)
		}
	}
	for list, filter := range map[string]string{"/organizations": `state eq "ACTIVE"`,
		"/organization-requests": `status sw "moreInfo"`, "/audit": `outcome ew "ure"`} {
		d.want(t, d.get(t, d.admin, list+query("filter", filter)), 200)
	}
}
