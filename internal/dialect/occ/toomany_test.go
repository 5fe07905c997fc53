// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"strings"
	"testing"

	"gatehouse/internal/problem"
)

// A list that would look at too many rows is refused as a bad filter, and the message says
// what to do.
func TestTooMany(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	c.Store.Fail("Organizations", problem.TooMany())
	c.Store.Fail("Requests", problem.TooMany())
	for path, number := range map[string]string{"/organizations?q=name+co+%22in%22": "100070",
		"/organizationRequests?q=name+co+%22in%22": "85000"} {
		a := c.do(t, "GET", admin+path, token, "")
		wantError(t, path, a, 400, number)
		if !strings.Contains(a.text("message"), "such as eq or sw") {
			t.Errorf("%s: %s", path, a.body)
		}
	}
}
