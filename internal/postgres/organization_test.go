// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// Ids that the sequence comes to and that are taken, as when one was chosen in
// the moment another was given, are passed over, and not called taken names.
func TestTakenIDsArePassedOver(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), opened(t)
	insert := func(o tenancy.Organization) (tenancy.OrganizationID, error) {
		err := s.Update(ctx, func(x tenancy.Tx) error { return x.InsertOrganization(ctx, &o) })
		return o.ID, err
	}
	for i, state := range []tenancy.OrganizationState{tenancy.OrganizationActive,
		tenancy.OrganizationApplicant} {
		first := tenancy.OrganizationID(100001 + 10*i)
		for id := first; id < first+5; id++ {
			if _, err := insert(tenancy.Organization{ID: id, Name: id.String(),
				State: tenancy.OrganizationActive}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.pool.Exec(ctx, `SELECT setval('organizations_id_seq', $1, false)`,
			int64(first)); err != nil {
			t.Fatal(err)
		}
		if id, err := insert(tenancy.Organization{Name: "new " + string(state), State: state}); err != nil ||
			id != first+5 {
			t.Errorf("%s: got %v, %v, want %v", state, id, err, first+5)
		}
	}
	_, err := insert(tenancy.Organization{Name: "NEW active", State: tenancy.OrganizationActive})
	if e := problem.As(err); e.Code != "organization_name_taken" {
		t.Errorf("got %v", err)
	}
}
