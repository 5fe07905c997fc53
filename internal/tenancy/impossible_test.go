// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// A comparison with a text longer than every value finds nothing without asking the store.
func TestImpossibleFiltersAskNobody(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := k.Organization(t, "Acme")
	errBroken := errors.New("asked")
	for _, method := range []string{"Organizations", "OrganizationsAfter", "Requests", "RequestsAfter",
		"Clients", "AuthCodes"} {
		k.Store.Fail(method, errBroken)
	}
	long := strings.Repeat("x", 4000)
	parse := func(properties map[string]filter.Property, text string) filter.Node {
		n, err := filter.Parse(text, filter.NewSchema(properties))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, op := range []string{"co", "sw", "ew", "eq"} {
		text := fmt.Sprintf("name %s %q", op, long)
		organizations, requests := parse(tenancy.OrganizationProperties(), text),
			parse(tenancy.RequestProperties(), text)
		some, n, err := k.ListOrganizations(ctx, k.Root(), tenancy.ListParams{Filter: organizations, Limit: 5})
		wantNone(t, "organizations", len(some)+n, err)
		filed, n, err := k.ListRequests(ctx, k.Root(), tenancy.ListParams{Filter: requests, Limit: 5})
		wantNone(t, "requests", len(filed)+n, err)
		page, err := k.ListOrganizationsAfter(ctx, k.Root(), tenancy.PageParams{Filter: organizations, Limit: 5})
		wantNone(t, "a page of organizations", len(page.Items), err)
		next, err := k.ListRequestsAfter(ctx, k.Root(), tenancy.PageParams{Filter: requests, Limit: 5})
		wantNone(t, "a page of requests", len(next.Items), err)
		clients, err := k.ListClients(ctx, k.Root(), tenancy.ClientList{IDOrder: tenancy.IDOrder{
			Filter: parse(tenancy.ClientProperties(), text), Limit: 5}})
		wantNone(t, "clients", len(clients.Items), err)
		codes, err := k.ListAuthCodes(ctx, k.Root(), o.ID, tenancy.IDOrder{
			Filter: parse(tenancy.AuthCodeProperties(), text), Limit: 5})
		wantNone(t, "codes", len(codes.Items), err)
	}
	k.Store.Heal()
	always := parse(tenancy.OrganizationProperties(), fmt.Sprintf("name ne %q", long))
	if _, n, err := k.ListOrganizations(ctx, k.Root(), tenancy.ListParams{Filter: always, Limit: 5}); n != 1 ||
		err != nil {
		t.Errorf("ne: got %d, %v", n, err)
	}
}

func wantNone(t *testing.T, what string, n int, err error) {
	t.Helper()
	if n != 0 || err != nil {
		t.Errorf("%s: got %d, %v", what, n, err)
	}
}
