// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"errors"
	"testing"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func TestActForLimitsTheCaller(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	ctx := t.Context()
	mine, other := k.Organization(t, "Mine"), k.Organization(t, "Other")
	for name, make := range map[string]func() tenancy.Caller{
		"an operator": func() tenancy.Caller { return k.OperatorCaller(t, k.Admin, k.AdminPassword) },
		"the server":  k.Root,
	} {
		whole := make()
		acting, err := k.ActFor(ctx, whole, mine.ID)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if acting.Ref() != whole.Ref() || acting.Name != whole.Name || acting.Organization != mine.ID ||
			whole.Organization != tenancy.RootID {
			t.Errorf("%s: acts as %+v", name, acting)
		}
		for _, id := range []tenancy.OrganizationID{tenancy.RootID, other.ID} {
			if _, _, err := k.RevealPrimaryAuthCode(ctx, acting, id); !errors.Is(err, problem.NotFound) {
				t.Errorf("%s: code of %v: %v", name, id, err)
			}
			if _, _, err := k.IssuePrimaryAuthCode(ctx, acting, id); !errors.Is(err, problem.NotFound) {
				t.Errorf("%s: new code of %v: %v", name, id, err)
			}
			if _, err := k.ActFor(ctx, acting, id); !errors.Is(err, problem.NotFound) {
				t.Errorf("%s: acts for %v, too: %v", name, id, err)
			}
		}
		if _, _, err := k.IssuePrimaryAuthCode(ctx, acting, mine.ID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if list, total, err := k.ListOrganizations(ctx, acting, tenancy.ListParams{Limit: 10}); err != nil ||
			total != 1 || len(list) != 1 || list[0].ID != mine.ID {
			t.Errorf("%s: lists %v, %v", name, list, err)
		}
		if _, err := k.CreateOrganization(ctx, acting, tenancy.CreateOrganizationParams{Name: "New"}); !errors.Is(
			err, problem.Denied) {
			t.Errorf("%s: makes an organization: %v", name, err)
		}
		scope, err := tenancy.NewScope(tenancy.ScopeAll, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.IssueOperatorToken(ctx, acting, identity.IssueOperatorTokenParams{Name: "wide",
			Scope: scope}); !errors.Is(err, problem.Denied) {
			t.Errorf("%s: makes an operator token, which would not be limited: %v", name, err)
		}
	}
	if _, err := k.ActFor(ctx, k.Root(), 7); !errors.Is(err, problem.NotFound) {
		t.Errorf("for nobody: %v", err)
	}
	if _, err := k.ActFor(ctx, k.Anyone(), mine.ID); !errors.Is(err, problem.Unauthenticated) {
		t.Errorf("by nobody: %v", err)
	}
}
