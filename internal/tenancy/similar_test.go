// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// A caller gets the names that it may read elsewhere, and no others.
func TestSimilarNamesAreThoseTheCallerMayRead(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	acme := k.Organization(t, "Acme")
	r, waiting := k.Submit(t, "\u0410cme"), k.Submit(t, "\uff21cme")
	of := acme.ID
	find := func(c tenancy.Caller) (members, requests int) {
		t.Helper()
		found := must(k.FindSimilarNames(ctx, c, []tenancy.OrganizationID{of}, []tenancy.RequestID{r.ID}))(t)
		for _, one := range found {
			switch {
			case one.Request == 0 && one.Organization == acme.ID:
				members++
			case one.Request == waiting.ID, one.Request == r.ID && one.OfOrganization == acme.ID:
				requests++
			default:
				t.Errorf("found %+v", one)
			}
		}
		return members, requests
	}
	for name, test := range map[string]struct {
		caller            tenancy.Caller
		members, requests int
	}{
		"the server": {k.Root(), 1, 3},
		"an auditor": {k.OperatorCaller(t, "auditor",
			k.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID)), 1, 3},
		"an account manager": {k.OperatorCaller(t, "manager",
			k.Operator(t, "manager", tenancy.AccountManager, tenancy.RootID)), 1, 3},
		"of the organization": {k.OperatorCaller(t, "own", k.Operator(t, "own", tenancy.Administrator, acme.ID)),
			0, 0}, "with one permission": {k.Root().Grant(tenancy.ReadOrganizations), 1, 0},
		"with the other":       {k.Root().Grant(tenancy.ReadRequests), 0, 3},
		"with another yet":     {k.Root().Grant(tenancy.ReadClients), 0, 0},
		"for one organization": {must(k.ActFor(ctx, k.Root(), acme.ID))(t), 0, 0},
	} {
		if members, requests := find(test.caller); members != test.members || requests != test.requests {
			t.Errorf("%s: %d members and %d requests, want %d and %d", name, members, requests, test.members,
				test.requests)
		}
	}
	_, err := k.FindSimilarNames(ctx, k.Anyone(), nil, []tenancy.RequestID{r.ID})
	wantKind(t, "anyone", err, problem.Unauthenticated, problem.CodeLoginRequired)
}

// A name that many have is shown with a few of them.
func TestSimilarNamesAreFew(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	var requests []tenancy.RequestID
	for range 5 {
		requests = append(requests, k.Submit(t, "Acme").ID)
	}
	found := must(k.FindSimilarNames(ctx, k.Root(), nil, requests))(t)
	if len(found) != 3*len(requests) {
		t.Errorf("%d names for %d requests", len(found), len(requests))
	}
}
