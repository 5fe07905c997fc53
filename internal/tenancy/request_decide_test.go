// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// One decision that fails stops no other, and each leaves its event.
func TestDecideRequests(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	k.Organization(t, "Taken")
	first, taken, before, last := k.Submit(t, "first"), k.Submit(t, "TAKEN"), k.Submit(t, "before"),
		k.Submit(t, "last")
	must(k.RejectRequest(ctx, k.Root(), before.ID, ""))(t)
	results := must(k.DecideRequests(ctx, k.Root(), []tenancy.Decision{
		{ID: first.ID, To: tenancy.RequestApproved, Comments: "yes"}, {ID: taken.ID, To: tenancy.RequestApproved},
		{ID: before.ID, To: tenancy.RequestApproved}, {ID: 99, To: tenancy.RequestRejected},
		{ID: last.ID, To: tenancy.RequestRejected, Comments: "no"}}))(t)
	for i, want := range []struct {
		id     tenancy.RequestID
		status tenancy.RequestStatus
		code   problem.Code
	}{{first.ID, "approved", ""}, {taken.ID, "", "organization_name_taken"}, {before.ID, "", "request_decided"},
		{99, "", "organization_request_not_found"}, {last.ID, "rejected", ""}} {
		got := results[i]
		var code problem.Code
		if got.Err != nil {
			code = problem.As(got.Err).Code
		}
		if got.ID != want.id || got.Request.Status != want.status || code != want.code {
			t.Errorf("%d: got %+v, want %+v", i, got, want)
		}
	}
	for r, want := range map[tenancy.Request]string{first: "approved yes", last: "rejected no", taken: "new "} {
		if got := must(k.GetRequest(ctx, k.Root(), r.ID))(t); string(got.Status)+" "+got.ApproverComments != want {
			t.Errorf("%s: got %+v, want %s", r.Name, got, want)
		}
	}
	if events := k.Events(t, last.OrganizationID); !slices.Equal(events,
		[]string{"organization_request.submit", "organization_request.reject"}) {
		t.Errorf("events %v", events)
	}
}

// Nothing is decided if the call itself is wrong.
func TestDecideRequestsRefused(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	r := k.Submit(t, "r")
	good := tenancy.Decision{ID: r.ID, To: tenancy.RequestApproved}
	many := func(n int) (list []tenancy.Decision) {
		for i := range n {
			list = append(list, tenancy.Decision{ID: tenancy.RequestID(i + 1), To: tenancy.RequestRejected})
		}
		return list
	}
	for what, test := range map[string]struct {
		decisions []tenancy.Decision
		code      problem.Code
	}{
		"none": {nil, problem.CodeDecisionsCount}, "too many": {append(many(tenancy.MaxDecisions), good),
			problem.CodeDecisionsCount},
		"twice": {[]tenancy.Decision{good, {ID: r.ID, To: tenancy.RequestRejected}},
			problem.CodeDecidedTwice}, "no decision": {[]tenancy.Decision{good, {ID: 5}}, problem.CodeBadDecision},
		"a status": {[]tenancy.Decision{good, {ID: 5, To: tenancy.RequestReview}}, problem.CodeBadDecision},
	} {
		_, err := k.DecideRequests(ctx, k.Root(), test.decisions)
		if wantKind(t, what, err, problem.Invalid, ""); len(problem.As(err).Fields) != 1 ||
			problem.As(err).Fields[0].Phrase.Code != test.code {
			t.Errorf("%s: got %v, want %s", what, err, test.code)
		}
	}
	if results := must(k.DecideRequests(ctx, k.Root(),
		many(tenancy.MaxDecisions)))(t); len(results) != tenancy.MaxDecisions {
		t.Errorf("%d results", len(results))
	}
	long := must(k.DecideRequests(ctx, k.Root(), []tenancy.Decision{{ID: r.ID, To: tenancy.RequestApproved,
		Comments: strings.Repeat("x", 1001)}}))(t)
	wantKind(t, "long comments", long[0].Err, problem.Invalid, "")
	tenant := k.OperatorCaller(t, "tenant", k.Operator(t, "tenant", tenancy.Administrator,
		k.Organization(t, "o").ID))
	_, err := k.DecideRequests(ctx, tenant, nil) // who may not, hears nothing of what is wrong
	wantKind(t, "a tenant", err, problem.Denied, problem.CodeRootRequired)
	if got := must(k.GetRequest(ctx, k.Root(), r.ID))(t); got.Status != tenancy.RequestNew {
		t.Errorf("it is %s", got.Status)
	}
}

// A change that expects an older state is refused, and two changes at one time of the clock
// are two states.
func TestChangesExpect(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o, r := k.Organization(t, "o"), k.Submit(t, "r")
	for i := range 3 { // the clock stands still
		name := strings.Repeat("n", i+1)
		u := tenancy.UpdateOrganizationParams{Name: &name,
			Expected: tenancy.ExpectedState{Versions: tenancy.SomeVersions(o.UpdatedAt)}}
		changed := must(k.UpdateOrganization(ctx, k.Root(), o.ID, u))(t)
		if !changed.UpdatedAt.After(o.UpdatedAt) {
			t.Errorf("changed at %v, and again at %v", o.UpdatedAt, changed.UpdatedAt)
		}
		name += "!"
		_, err := k.UpdateOrganization(ctx, k.Root(), o.ID, u)
		wantKind(t, "an organization that changed", err, problem.Conflict, problem.CodeOrganizationChanged)
		o = changed
		q := tenancy.UpdateRequestParams{RequesterComments: &name, Versions: tenancy.SomeVersions(r.UpdatedAt),
			Organization: tenancy.UpdateApplicantParams{Alias: &name, EmailDomains: &[]string{"Example.Test"}}}
		d := must(k.UpdateRequest(ctx, k.Root(), r.ID, q))(t)
		if !d.UpdatedAt.After(r.UpdatedAt) || d.Organization.Alias != name ||
			len(d.Organization.EmailDomains) != 1 || d.Organization.EmailDomains[0] != "example.test" {
			t.Errorf("changed to %+v", d)
		}
		_, err = k.UpdateRequest(ctx, k.Root(), r.ID, q)
		wantKind(t, "a request that changed", err, problem.Conflict, problem.CodeRequestChanged)
		r = d.Request
	}
	if got := must(k.ApproveRequest(ctx, k.Root(), r.ID, ""))(t); !got.UpdatedAt.After(r.UpdatedAt) {
		t.Errorf("approved at %v after a change at %v", got.UpdatedAt, r.UpdatedAt)
	}
}
