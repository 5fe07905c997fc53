// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"testing"

	"gatehouse/internal/problem"
)

func TestTooMany(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for list, method := range map[string]string{"/organizations": "OrganizationsAfter",
		"/organization-requests": "RequestsAfter"} {
		d.Store.Fail(method, problem.TooMany())
		wantProblem(t, d.get(t, d.admin, list+"?sort=name,createdAt"), 400, "too_many")
	}
}
