// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func organizationTopic() topic {
	return topic{
		methods: []string{"Organization", "Organizations", "OrganizationsAfter", "LockOrganization",
			"InsertOrganization", "UpdateOrganization", "DeleteOrganization",
			"EndAuthCodes", "DeleteApplications", "EndApplicationKeys", "EndLogins", "EndSessions",
			"EndOperatorTokens", "EndOperators", "DeactivateContacts"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert and read":          organizationRead,
			"the root":                 organizationRoot,
			"not found":                organizationNotFound,
			"update":                   organizationUpdate,
			"name taken":               organizationNameTaken,
			"name taken by activation": organizationActivation,
			"goes on after a conflict": organizationAfterConflict,
			"lock":                     organizationLock,
			"one name for one of many": organizationNameRace,
			"list shows members":       organizationMembers,
			"longest texts":            organizationLongest,
			"chosen ids":               organizationChosen,
			"ids chosen all at once":   organizationChosenRace,
			"details":                  organizationDetails,
			"delete":                   organizationDelete,
			"end keys and log-ins":     organizationEnds,
			"delete leaves the lists":  organizationDeleteLists,
			"pages":                    organizationPages,
			"pages of what changes":    organizationPagesChanging,
		},
	}
}

func organizationRead(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	want := tenancy.Organization{Name: "Große Firma 公司", Alias: "große-firma",
		Description: "of %_\\'\" things\nin lines", ExternalID: "X-1",
		State: tenancy.OrganizationInactive, CreatedAt: moment(0), UpdatedAt: moment(1)}
	update(t, s, func(tx tenancy.Tx) error {
		want.ID = 0
		if err := tx.InsertOrganization(ctx, &want); err != nil {
			return err
		}
		inside, err := tx.Organization(ctx, want.ID)
		if inside.Name != want.Name {
			t.Errorf("within the transaction: got %+v", inside)
		}
		return err
	})
	if want.ID < 100001 {
		t.Errorf("got number %d, want one from 100001", want.ID)
	}
	got := read(t, s, func(tx tenancy.Reader) (tenancy.Organization,
		error) {
		return tx.Organization(ctx, want.ID)
	})
	wantUTC(t, got.CreatedAt, got.UpdatedAt)
	want.CreatedAt, want.UpdatedAt = storedTime(want.CreatedAt), storedTime(want.UpdatedAt)
	wantSame(t, "organization", got, want)
	if next := member(t, s, "next"); next.ID <= want.ID {
		t.Errorf("got number %d after %d", next.ID, want.ID)
	}
}

func organizationRoot(t *testing.T, s tenancy.Store) {
	got := read(t, s, func(tx tenancy.Reader) (tenancy.Organization, error) {
		return tx.Organization(context.Background(), tenancy.RootID)
	})
	if got.CreatedAt.IsZero() {
		t.Error("the root was created at no time")
	}
	wantUTC(t, got.CreatedAt, got.UpdatedAt)
	want := tenancy.Organization{Name: "Gatehouse", Alias: "gatehouse", State: tenancy.OrganizationActive,
		CreatedAt: got.CreatedAt, UpdatedAt: got.CreatedAt}
	wantSame(t, "root", got, want)
}

func organizationNotFound(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	update(t, s, func(tx tenancy.Tx) error {
		for _, id := range []tenancy.OrganizationID{1, -1, 100001, 1 << 62} {
			_, err := tx.Organization(ctx, id)
			wantError(t, err, problem.NotFound, problem.CodeOrganizationNotFound)
			_, err = tx.LockOrganization(ctx, id)
			wantError(t, err, problem.NotFound, problem.CodeOrganizationNotFound)
			wantError(t, tx.UpdateOrganization(ctx, tenancy.Organization{ID: id, Name: "x", State: "active"}),
				problem.NotFound, problem.CodeOrganizationNotFound)
		}
		// What is not there must answer as what is no id at all.
		_, got := tx.Organization(ctx, 5)
		_, want := tenancy.ParseOrganizationID("nonsense")
		if got == nil || want == nil || got.Error() != want.Error() {
			t.Errorf("got %v, want %v", got, want)
		}
		return nil
	})
}

func organizationUpdate(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	other := member(t, s, "other")
	before := member(t, s, "before")
	want := tenancy.Organization{ID: before.ID, Name: "after", Alias: "alias", Description: "text",
		ExternalID: "id",
		State:      tenancy.OrganizationInactive, CreatedAt: moment(999), UpdatedAt: moment(5)}
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOrganization(ctx, want) })
	want.CreatedAt, want.UpdatedAt = before.CreatedAt, storedTime(want.UpdatedAt)
	got := read(t, s, func(tx tenancy.Reader) (tenancy.Organization,
		error) {
		return tx.Organization(ctx, before.ID)
	})
	wantSame(t, "organization", got, want)
	got = read(t, s, func(tx tenancy.Reader) (tenancy.Organization,
		error) {
		return tx.Organization(ctx, other.ID)
	})
	wantSame(t, "the other", got, other)
}

// insertNamed inserts an organization with a name and a state, and returns the error.
func insertNamed(s tenancy.Store, name string, state tenancy.OrganizationState) error {
	return s.Update(context.Background(), func(tx tenancy.Tx) error {
		return tx.InsertOrganization(context.Background(), &tenancy.Organization{Name: name, State: state,
			CreatedAt: moment(0), UpdatedAt: moment(0)})
	})
}

func organizationNameTaken(t *testing.T, s tenancy.Store) {
	member(t, s, "Straße")
	for name, taken := range map[string]bool{"Straße": true, "STRASSE": true, "strasse": true, "Strasse ": false,
		"Strase": false, "gateHOUSE": true} {
		for _, state := range []tenancy.OrganizationState{tenancy.OrganizationActive,
			tenancy.OrganizationInactive} {
			if taken {
				wantError(t, insertNamed(s, name, state), problem.Conflict, problem.CodeOrganizationNameTaken)
			}
		}
	}
	for _, state := range []tenancy.OrganizationState{tenancy.OrganizationApplicant,
		tenancy.OrganizationApplicant, tenancy.OrganizationRejected, tenancy.OrganizationDeleted} {
		if err := insertNamed(s, "strasse", state); err != nil {
			t.Errorf("a name may be asked for by many, but as %s: %v", state, err)
		}
	}
	if err := insertNamed(s, "Strasse ", tenancy.OrganizationActive); err != nil {
		t.Errorf("another name: %v", err)
	}
}

func organizationActivation(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	holder := member(t, s, "Name")
	applicant := tenancy.Organization{Name: "NAME", State: tenancy.OrganizationApplicant, CreatedAt: moment(0),
		UpdatedAt: moment(0)}
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertOrganization(ctx, &applicant) })
	activate := func() error {
		o := applicant
		o.State = tenancy.OrganizationActive
		return s.Update(ctx, func(tx tenancy.Tx) error { return tx.UpdateOrganization(ctx, o) })
	}
	wantError(t, activate(), problem.Conflict, problem.CodeOrganizationNameTaken)
	holder.Name = "Renamed"
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOrganization(ctx, holder) })
	if err := activate(); err != nil {
		t.Errorf("the name is free again, but: %v", err)
	}
}

func organizationAfterConflict(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	a, b := member(t, s, "a"), member(t, s, "b")
	update(t, s, func(tx tenancy.Tx) error {
		o := tenancy.Organization{Name: "A", State: tenancy.OrganizationActive}
		wantError(t, tx.InsertOrganization(ctx, &o), problem.Conflict, problem.CodeOrganizationNameTaken)
		if o.ID != 0 {
			t.Errorf("got number %d for what was refused", o.ID)
		}
		renamed := b
		renamed.Name = "A"
		wantError(t, tx.UpdateOrganization(ctx, renamed), problem.Conflict, problem.CodeOrganizationNameTaken)
		a.Description = "went on"
		return tx.UpdateOrganization(ctx, a)
	})
	got := read(t, s, func(tx tenancy.Reader) (tenancy.Organization,
		error) {
		return tx.Organization(ctx, a.ID)
	})
	wantSame(t, "the one that was changed afterwards", got, a)
	got = read(t, s, func(tx tenancy.Reader) (tenancy.Organization, error) { return tx.Organization(ctx, b.ID) })
	wantSame(t, "the one that was refused", got, b)
}

// Read, add one, write: with the lock no addition is lost.
func organizationLock(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "counter")
	const adders = 32
	together(adders, func(int) {
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			o, err := tx.LockOrganization(ctx, o.ID)
			if err != nil {
				return err
			}
			n, _ := strconv.Atoi(o.Description)
			o.Description = strconv.Itoa(n + 1)
			return tx.UpdateOrganization(ctx, o)
		})
		if err != nil {
			t.Errorf("update: %v", err)
		}
	})
	got := read(t, s, func(tx tenancy.Reader) (tenancy.Organization,
		error) {
		return tx.Organization(ctx, o.ID)
	})
	if want := strconv.Itoa(adders); got.Description != want {
		t.Errorf("got %s, want %s", got.Description, want)
	}
}

func organizationNameRace(t *testing.T, s tenancy.Store) {
	results := make([]error, 32)
	together(len(results), func(i int) { results[i] = insertNamed(s, "Wanted", tenancy.OrganizationActive) })
	made := 0
	for _, err := range results {
		switch {
		case err == nil:
			made++
		case !errors.Is(err, problem.Conflict):
			t.Errorf("got %v, want a conflict", err)
		}
	}
	if made != 1 {
		t.Errorf("got %d organizations of one name, want 1", made)
	}
}

func organizationMembers(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	for _, state := range []tenancy.OrganizationState{"active", "inactive", "applicant", "rejected"} {
		if err := insertNamed(s, "in state "+string(state), state); err != nil {
			t.Fatal(err)
		}
	}
	list := func(p tenancy.ListParams) (names []string) {
		view(t, s, func(tx tenancy.Reader) error {
			page, total, err := tx.Organizations(ctx, p)
			if total != len(page) {
				t.Errorf("got total %d for %d", total, len(page))
			}
			for _, o := range page {
				wantUTC(t, o.CreatedAt, o.UpdatedAt)
				names = append(names, o.Name)
				if p.Limit == 10 { // the scope of an organization has that organization only
					own, total, err := tx.Organizations(ctx, tenancy.ListParams{Scope: o.ID, Limit: 5})
					if err != nil || total != 1 || len(own) != 1 || !cmp.Equal(own[0], o) {
						t.Errorf("scope %v: got %v, %d, %v", o.ID, own, total, err)
					}
				}
			}
			return err
		})
		return names
	}
	wantSame(t, "members, newest first", list(tenancy.ListParams{Limit: 10}),
		[]string{"in state inactive", "in state active"})
	wantSame(t, "foreign scope", list(tenancy.ListParams{Limit: 9, Scope: 5}), nil)
}

func organizationLongest(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	// Four bytes a character that no engine can compress much.
	var long strings.Builder
	for i := range 1000 {
		long.WriteRune(rune(0x20000 + i*37%0xA000))
	}
	name := string([]rune(long.String())[:254])
	o := tenancy.Organization{Name: name, Alias: name, Description: long.String(), ExternalID: name,
		State: tenancy.OrganizationActive}
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertOrganization(ctx, &o) })
	got := read(t, s, func(tx tenancy.Reader) (tenancy.Organization,
		error) {
		return tx.Organization(ctx, o.ID)
	})
	wantSame(t, "organization", got, o)
}
