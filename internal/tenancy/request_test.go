// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func TestApproveLetsIn(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	r := k.Submit(t, "Birch Tools")
	if r.Status != tenancy.RequestNew || r.ID < 100001 || r.OrganizationID < 100001 || r.ContactID < 100001 {
		t.Errorf("filed as %+v", r)
	}
	if _, err := k.GetOrganization(ctx, k.Root(), r.OrganizationID); !errors.Is(err, problem.NotFound) {
		t.Errorf("an applicant is seen as an organization: %v", err)
	}
	done := must(k.ApproveRequest(ctx, k.Root(), r.ID, "welcome"))(t)
	if done.Status != tenancy.RequestApproved || done.ApproverComments != "welcome" ||
		done.DecidedBy != "system:system" {
		t.Errorf("approved as %+v", done)
	}
	org := must(k.GetOrganization(ctx, k.Root(), r.OrganizationID))(t)
	if !org.Active() || org.Name != "Birch Tools" || org.Alias != "birch-tools" {
		t.Errorf("the organization is %+v", org)
	}
	_ = k.Store.View(ctx, func(tx tenancy.Reader) error {
		if c, err := tx.Contact(ctx, r.ContactID); err != nil || !c.Active || c.OrganizationID != org.ID ||
			c.Email != "ada@example.test" {
			t.Errorf("the contact is %+v, %v", c, err)
		}
		return nil
	})
	for _, decide := range []func(context.Context, tenancy.Caller, tenancy.RequestID, string) (tenancy.Request,
		error){k.ApproveRequest, k.RejectRequest} {
		_, err := decide(ctx, k.Root(), r.ID, "")
		wantKind(t, "decided again", err, problem.Conflict, problem.CodeRequestDecided)
	}
	if got, want := k.Events(t, org.ID), []string{"organization_request.submit",
		"organization_request.approve"}; !slices.Equal(got, want) {
		t.Errorf("audit: got %v, want %v", got, want)
	}
}

func TestRejectIsFinal(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	r := k.Submit(t, "Birch Tools")
	if done := must(k.RejectRequest(ctx, k.Root(), r.ID, "no"))(t); done.Status != tenancy.RequestRejected {
		t.Errorf("rejected as %s", done.Status)
	}
	_, err := k.ApproveRequest(ctx, k.Root(), r.ID, "")
	wantKind(t, "approve after reject", err, problem.Conflict, problem.CodeRequestDecided)
	if _, err := k.GetOrganization(ctx, k.Root(), r.OrganizationID); !errors.Is(err, problem.NotFound) {
		t.Errorf("a rejected applicant is seen: %v", err)
	}
	if _, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), r.OrganizationID); !errors.Is(err, problem.NotFound) {
		t.Errorf("a rejected applicant got a code: %v", err)
	}
	if _, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), must(k.ApproveRequest(ctx, k.Root(),
		k.Submit(t, "Birch Tools").ID, ""))(t).OrganizationID); err != nil {
		t.Errorf("asking again after a rejection: %v", err)
	}
}

// A name that a member has cannot be approved a second time, and then nothing
// of the approval stays.
func TestApproveNameTaken(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	k.Organization(t, "BIRCH tools")
	r := k.Submit(t, "Birch Tools")
	_, err := k.ApproveRequest(ctx, k.Root(), r.ID, "")
	wantKind(t, "approve", err, problem.Conflict, problem.CodeOrganizationNameTaken)
	if got := must(k.GetRequest(ctx, k.Root(), r.ID))(t); got.Status != tenancy.RequestNew ||
		!got.DecidedAt.IsZero() {
		t.Errorf("half decided: %+v", got)
	}
	if done := must(k.RejectRequest(ctx, k.Root(), r.ID, ""))(t); done.Status != tenancy.RequestRejected {
		t.Error("it cannot be rejected then")
	}
}

func TestDecideAtOnceElectsOne(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	r := k.Submit(t, "Birch Tools")
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			decide := k.ApproveRequest
			if i%2 == 1 {
				decide = k.RejectRequest
			}
			if _, err := decide(ctx, k.Root(), r.ID, ""); err == nil {
				won.Add(1)
			} else if !errors.Is(err, problem.Conflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d decided, want 1", won.Load())
	}
	status := must(k.GetRequest(ctx, k.Root(), r.ID))(t).Status
	_, err := k.GetOrganization(ctx, k.Root(), r.OrganizationID)
	if (status == tenancy.RequestApproved) != (err == nil) {
		t.Errorf("request is %s, organization: %v", status, err)
	}
}

func TestSubmitRequestChecks(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	long := strings.Repeat("x", 1001)
	_, err := k.SubmitRequest(ctx, k.Anyone(), tenancy.SubmitRequestParams{Name: " ", RequesterComments: long,
		RelatedOrganization: "a\nb",
		Organization:        tenancy.CreateOrganizationParams{Name: "a\x00b"},
		Contact:             tenancy.ContactParams{Email: "Ada <ada@example.test>"}})
	wantKind(t, "all wrong", err, problem.Invalid, problem.CodeInvalidInput)
	var fields []string
	for _, f := range problem.As(err).Fields {
		fields = append(fields, f.Field)
	}
	if want := []string{"name", "requesterComments", "relatedOrganization", "organization.name",
		"contact.email"}; !slices.Equal(fields, want) {
		t.Errorf("fields: got %v, want %v", fields, want)
	}
	least := must(k.SubmitRequest(ctx, k.Anyone(), tenancy.SubmitRequestParams{Name: " Just a name "}))(t)
	if least.Name != "Just a name" {
		t.Errorf("got name %q", least.Name)
	}
	if _, total, err := k.ListRequests(ctx, k.Root(), tenancy.ListParams{}); err != nil || total != 1 {
		t.Errorf("%d requests, %v; want the good one alone", total, err)
	}
}

func TestSubmitRequestSettingAndLimit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	closed := tenancytest.New(t, func(o *tenancytest.Options) { o.PublicRequests = false })
	_, err := closed.SubmitRequest(ctx, closed.Anyone(), tenancy.SubmitRequestParams{Name: "x"})
	wantKind(t, "setting off", err, problem.Denied, problem.CodePublicRequestsOff)
	k := tenancytest.New(t, tenancytest.Limits)
	refused := 0
	for range 30 {
		if _, err := k.SubmitRequest(ctx, k.Anyone(), tenancy.SubmitRequestParams{Name: "x"}); err != nil {
			wantKind(t, "too many", err, problem.Exhausted, problem.CodeTooManyAttempts)
			refused++
		}
	}
	if refused < 15 || refused > 20 {
		t.Errorf("%d of 30 at once were refused, want 20 or, on a slow machine, a few less", refused)
	}
	other := tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.2"})
	if _, err := k.SubmitRequest(ctx, other, tenancy.SubmitRequestParams{Name: "x"}); err != nil {
		t.Errorf("another source is refused too: %v", err)
	}
}

func TestRequestsOfOthers(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	mine, foreign := k.Submit(t, "Mine"), k.Submit(t, "Foreign")
	for _, r := range []tenancy.Request{mine, foreign} {
		must(k.ApproveRequest(ctx, k.Root(), r.ID, ""))(t)
	}
	tenant := k.OperatorCaller(t, "tenant", k.Operator(t, "tenant", tenancy.Administrator, mine.OrganizationID))
	if _, err := k.GetRequest(ctx, tenant, mine.ID); err != nil {
		t.Errorf("own: %v", err)
	}
	_, err := k.GetRequest(ctx, tenant, foreign.ID)
	wantKind(t, "foreign", err, problem.NotFound, problem.CodeRequestNotFound)
	_, unknown := k.GetRequest(ctx, tenant, 999999)
	if err.Error() != unknown.Error() {
		t.Errorf("foreign and unknown can be told apart: %v, %v", err, unknown)
	}
	page, total, err := k.ListRequests(ctx, tenant, tenancy.ListParams{Limit: 10,
		Filter: filter.Not{Term: filter.Compare{
			Property: tenancy.RequestProperties()["id"], Op: filter.Eq, Value: filter.Value{Number: int64(mine.ID)}}}})
	if err != nil || total != 0 || len(page) != 0 {
		t.Errorf("a filter reaches foreign ones: %d of %d, %v", len(page), total, err)
	}
	_, err = k.ApproveRequest(ctx, tenant, mine.ID, "")
	wantKind(t, "tenant decides", err, problem.Denied, problem.CodeRootRequired)
}
