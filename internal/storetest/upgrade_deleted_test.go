// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"slices"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// Deleted organizations had the state of rejected ones. After an upgrade they have their own,
// and all others are as they were.
func TestUpgradeOfDeletedOrganizations(t *testing.T) {
	t.Parallel()
	olderEngines(t, upgradeDeleted)
}

func upgradeDeleted(t *testing.T, o older) {
	ctx := context.Background()
	states := []tenancy.OrganizationState{tenancy.OrganizationActive, tenancy.OrganizationInactive,
		tenancy.OrganizationApplicant, tenancy.OrganizationRejected}
	for i, state := range states {
		o.organization(t, 100001+int64(i), 1, string(state), "", state)
	}
	gone := tenancy.OrganizationID(100001 + len(states))
	o.organization(t, int64(gone), 1, "gone", "", tenancy.OrganizationRejected)
	if _, err := o.db.ExecContext(ctx, "UPDATE organizations SET deleted_at = $1 WHERE id = $2", o.at(5),
		int64(gone)); err != nil {
		t.Fatal(err)
	}
	if err := o.db.Close(); err != nil {
		t.Fatal(err)
	}
	s := o.open(t)
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	for i, want := range append(states, tenancy.OrganizationDeleted) {
		id := tenancy.OrganizationID(100001 + i)
		got := read(t, s, func(tx tenancy.Reader) (tenancy.Organization, error) { return tx.Organization(ctx, id) })
		if got.State != want || got.UpdatedAt.UnixMilli() != 1 {
			t.Errorf("%d: got %q of %v, want %q", id, got.State, got.UpdatedAt, want)
		}
	}
	wantListed(t, s, 100002, 100001)
	fresh := tenancy.Organization{Name: "gone", State: tenancy.OrganizationActive, CreatedAt: moment(0),
		UpdatedAt: moment(0)}
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertOrganization(ctx, &fresh) })
	if fresh.ID != gone+1 {
		t.Errorf("the next id is %v, want %v", fresh.ID, gone+1)
	}
	wantListed(t, s, fresh.ID, 100002, 100001)
	wantError(t, s.Update(ctx, func(tx tenancy.Tx) error {
		return tx.InsertOrganization(ctx, &tenancy.Organization{ID: gone, Name: "again",
			State: tenancy.OrganizationActive})
	}), problem.Conflict, problem.CodeOrganizationIDTaken)
	wantError(t, insertNamed(s, "odd", "odd"), problem.Internal, problem.CodeInternal)
}

// Keys without an end were stored with -1 days. They have no end after an upgrade, and new ones
// are stored in the same way, so that a replica of an earlier release reads them.
func TestUpgradeOfLifetimes(t *testing.T) {
	t.Parallel()
	olderEngines(t, func(t *testing.T, o older) {
		ctx := context.Background()
		for id, days := range map[string]int{"no end": -1, "no log-in": 0, "a month": 30} {
			o.insert(t, "applications", map[string]any{"id": id, "organization_id": 0, "name": id,
				"type": "application", "lifetime_days": days,
				"created_at": o.at(1), "created_by": "", "key_id": id, "key_digest": []byte(id)})
		}
		s := o.open(t)
		t.Cleanup(func() { _ = s.Close() })
		if _, err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]*int{"no end": nil, "no log-in": new(0), "a month": new(30)} {
			a := getProgram(t, s, id)
			wantSame(t, id, a.LifetimeDays, want)
			a.ID, a.Key.ID = "new, "+id, "new, "+id
			addProgram(t, s, a)
		}
		var same int
		if err := o.db.QueryRowContext(ctx, `SELECT count(*) FROM applications AS a JOIN applications AS b ON b.id = 'new, ' || a.id
			WHERE a.lifetime_days = b.lifetime_days`).Scan(&same); err != nil || same != 3 {
			t.Errorf("%d of 3 are stored as before, %v", same, err)
		}
		if err := o.db.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// wantListed checks which organizations are in a list, the newest first.
func wantListed(t *testing.T, s tenancy.Store, want ...tenancy.OrganizationID) {
	t.Helper()
	view(t, s, func(tx tenancy.Reader) error {
		page, total, err := tx.Organizations(context.Background(), tenancy.ListParams{Limit: 10})
		var ids []tenancy.OrganizationID
		for _, o := range page {
			ids = append(ids, o.ID)
		}
		if total != len(want) || !slices.Equal(ids, want) {
			t.Errorf("listed: %v of %d, want %v", ids, total, want)
		}
		return err
	})
}
