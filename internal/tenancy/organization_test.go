// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func TestOrganizationLife(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := must(k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: "  Straße & Söhne ",
		Description: "d", ExternalID: "x1"}))(t)
	if o.ID < 100001 || o.Name != "Straße & Söhne" || o.Alias != "strasse-söhne" || !o.Active() {
		t.Errorf("created %+v", o)
	}
	_, err := k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: "STRASSE & söhne"})
	wantKind(t, "same name folded", err, problem.Conflict, problem.CodeOrganizationNameTaken)
	k.Clock.Advance(1e9)
	name, off := "Other", false
	changed := must(k.UpdateOrganization(ctx, k.Root(), o.ID,
		tenancy.UpdateOrganizationParams{Name: &name, Active: &off}))(t)
	if changed.Name != name || changed.Active() || changed.Description != "d" || changed.ExternalID != "x1" ||
		!changed.UpdatedAt.After(o.UpdatedAt) || !changed.CreatedAt.Equal(o.CreatedAt) {
		t.Errorf("changed to %+v", changed)
	}
	if again := must(k.UpdateOrganization(ctx, k.Root(), o.ID,
		tenancy.UpdateOrganizationParams{Name: &name}))(t); !cmp.Equal(again, changed) {
		t.Errorf("no difference, yet %+v", again)
	}
	if got := k.Events(t, o.ID); len(got) != 2 {
		t.Errorf("audit: %v: an update without a difference is none", got)
	}
	taken := k.Organization(t, "Taken").Name
	_, err = k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Name: &taken})
	wantKind(t, "rename to a taken name", err, problem.Conflict, problem.CodeOrganizationNameTaken)
	_, err = k.UpdateOrganization(ctx, k.Root(), tenancy.RootID, tenancy.UpdateOrganizationParams{Name: &name})
	wantKind(t, "rename the root", err, problem.Conflict, problem.CodeRootOrganization)
	for _, bad := range []string{"", " ", strings.Repeat("x", 255), "a\nb", "a\x00b", "a\u0085b", "\xff",
		"\u200b", "a\u2028b", "a\u202eb", "\u2066a"} {
		_, err := k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: bad})
		wantKind(t, "name "+bad, err, problem.Invalid, problem.CodeInvalidInput)
	}
}

func TestUpdateOrganizationEndsTheCode(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := k.Organization(t, "company001")
	if _, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID); err != nil {
		t.Fatal(err)
	}
	must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Code: tenancy.EndCode}))(t)
	if reveal(t, k, o.ID) != "" {
		t.Error("the code lives")
	}
}

func TestOrganizationsOfOthers(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	mine, foreign := k.Organization(t, "mine"), k.Organization(t, "foreign")
	k.Submit(t, "applicant")
	tenant := k.OperatorCaller(t, "tenant", k.Operator(t, "tenant", tenancy.Administrator, mine.ID))
	if _, err := k.GetOrganization(ctx, tenant, mine.ID); err != nil {
		t.Error(err)
	}
	for _, id := range []tenancy.OrganizationID{foreign.ID, tenancy.RootID, 999999} {
		_, err := k.GetOrganization(ctx, tenant, id)
		wantKind(t, id.String(), err, problem.NotFound, problem.CodeOrganizationNotFound)
	}
	if page, total, err := k.ListOrganizations(ctx, tenant, tenancy.ListParams{Limit: 10}); err != nil ||
		total != 1 || page[0].ID != mine.ID {
		t.Errorf("the tenant sees %v of %d, %v", page, total, err)
	}
	if page, total, err := k.ListOrganizations(ctx, k.Root(), tenancy.ListParams{Limit: 10}); err != nil ||
		total != 2 || len(page) != 2 {
		t.Errorf("the root sees %v of %d, %v: members only", page, total, err)
	}
	_, err := k.CreateOrganization(ctx, tenant, tenancy.CreateOrganizationParams{Name: "new"})
	wantKind(t, "tenant creates", err, problem.Denied, problem.CodeRootRequired)
	name := "renamed"
	_, err = k.UpdateOrganization(ctx, tenant, mine.ID, tenancy.UpdateOrganizationParams{Name: &name})
	wantKind(t, "tenant renames", err, problem.Denied, problem.CodeRootRequired)
}

func TestIDsHaveOneSpelling(t *testing.T) {
	t.Parallel()
	if id, err := tenancy.ParseOrganizationID("or-100001"); id != 100001 || err != nil ||
		id.String() != "or-100001" {
		t.Errorf("got %v, %v", id, err)
	}
	for _, bad := range []string{"", "or-", "100001", "OR-100001", "or-0100001", "or--1", "or-+1", "or-1 ",
		"or-99999999999999999999", "or-1e3", "or-１"} {
		if id, err := tenancy.ParseOrganizationID(bad); !errors.Is(err, problem.NotFound) {
			t.Errorf("%q: got %v, %v", bad, id, err)
		}
	}
	for _, bad := range []string{"", "or-1", "-1", "+1", "01", "1.0", "0x1", strings.Repeat("9", 30)} {
		if id, err := tenancy.ParseOrganizationNumber(bad); !errors.Is(err, problem.NotFound) {
			t.Errorf("%q: got %v, %v", bad, id, err)
		}
		if id, err := tenancy.ParseRequestID(bad); !errors.Is(err, problem.NotFound) {
			t.Errorf("%q: got %v, %v", bad, id, err)
		}
		if id, err := tenancy.ParseOperatorTokenID(bad); id != 0 || !errors.Is(err, problem.NotFound) {
			t.Errorf("%q: got %v, %v", bad, id, err)
		}
	}
}
