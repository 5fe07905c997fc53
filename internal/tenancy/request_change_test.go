// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func pointer[T any](v T) *T { return &v }

func TestUpdateRequest(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	r := k.Submit(t, "Birch Tools")
	k.Clock.Advance(1e9)
	p := tenancy.UpdateRequestParams{Name: pointer(" Birch "), Status: pointer(tenancy.RequestReview),
		RequesterComments: pointer("more"), RelatedOrganization: pointer("Forest"),
		ApproverComments: pointer("who?"),
		Organization: tenancy.UpdateApplicantParams{Name: pointer("Birch & Co"), Description: pointer("wood"),
			ExternalID: pointer("E1"),
			Properties: tenancy.Properties{"type": json.RawMessage(`"company"`), "gone": json.RawMessage(`null`)}},
		Contact: tenancy.UpdateContactParams{FirstName: pointer("Grace"), LastName: pointer(""),
			Email:      pointer("grace@example.test"),
			Properties: tenancy.Properties{"customerContactId": json.RawMessage(`"C1"`)}}}
	done := must(k.UpdateRequest(ctx, k.Root(), r.ID, p))(t)
	got := must(k.GetRequestDetail(ctx, k.Root(), r.ID))(t)
	for what, d := range map[string]tenancy.RequestDetail{"answer": done, "stored": got} {
		o, c := d.Organization, d.Contact
		if d.Name != "Birch" || d.Status != tenancy.RequestReview || d.RequesterComments != "more" ||
			d.RelatedOrganization != "Forest" || d.ApproverComments != "who?" ||
			d.Email != "grace@example.test" || !d.UpdatedAt.After(d.CreatedAt) {
			t.Errorf("%s: request is %+v", what, d.Request)
		}
		if o.Name != "Birch & Co" || o.Alias != "birch-co" || o.Description != "wood" || o.ExternalID != "E1" ||
			len(o.Properties) != 1 || string(o.Properties["type"]) != `"company"` ||
			o.State != tenancy.OrganizationApplicant {
			t.Errorf("%s: organization is %+v", what, o)
		}
		if c.FirstName != "Grace" || c.LastName != "" || c.Email != "grace@example.test" ||
			string(c.Properties["customerContactId"]) != `"C1"` || c.Active {
			t.Errorf("%s: contact is %+v", what, c)
		}
	}
	must(k.UpdateRequest(ctx, k.Root(), r.ID, p))(t) // nothing differs: nothing is written
	must(k.UpdateRequest(ctx, k.Root(), r.ID, tenancy.UpdateRequestParams{}))(t)
	if got, want := k.Events(t, r.OrganizationID), []string{"organization_request.submit",
		"organization_request.update"}; !slices.Equal(got, want) {
		t.Errorf("audit: got %v, want %v", got, want)
	}
	_ = k.Store.View(ctx, func(tx tenancy.Reader) error {
		list, err := tx.AuditEvents(ctx, r.OrganizationID, 1, 1)
		if err != nil || len(list) != 1 || strings.Contains(list[0].Detail, "race") ||
			!strings.Contains(list[0].Detail, `"profile":"firstName,lastName,email,customerContactId"`) {
			t.Errorf("the audit says of a person: %v, %v", list, err)
		}
		return nil
	})
	approved := must(k.ApproveRequest(ctx, k.Root(), r.ID, ""))(t)
	if o := must(k.GetOrganization(ctx, k.Root(), approved.OrganizationID))(t); o.Name != "Birch & Co" ||
		string(o.Properties["type"]) != `"company"` {
		t.Errorf("let in as %+v", o)
	}
}

func TestUpdateRequestRefuses(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	r := k.Submit(t, "Birch Tools")
	before := must(k.GetRequestDetail(ctx, k.Root(), r.ID))(t)
	long := strings.Repeat("x", 1001)
	for field, p := range map[string]tenancy.UpdateRequestParams{
		"name":                     {Name: pointer(" ")},
		"requesterComments":        {RequesterComments: &long},
		"approverComments":         {ApproverComments: &long},
		"relatedOrganization":      {RelatedOrganization: pointer("a\nb")},
		"status":                   {Status: pointer(tenancy.RequestApproved)},
		"organization.name":        {Organization: tenancy.UpdateApplicantParams{Name: pointer("")}},
		"organization.description": {Organization: tenancy.UpdateApplicantParams{Description: &long}},
		"organization.properties.deep": {Organization: tenancy.UpdateApplicantParams{Properties: tenancy.Properties{
			"deep": json.RawMessage(strings.Repeat("[", 9) + strings.Repeat("]", 9))}}},
		"contact.properties": {Contact: tenancy.UpdateContactParams{Properties: tenancy.Properties{
			"big": json.RawMessage(`"` + strings.Repeat("x", 17<<10) + `"`)}}},
		"contact.email":           {Contact: tenancy.UpdateContactParams{Email: pointer("nobody")}},
		"contact.firstName":       {Contact: tenancy.UpdateContactParams{FirstName: pointer("a\x00b")}},
		"organization.externalId": {Organization: tenancy.UpdateApplicantParams{ExternalID: pointer("a\nb")}},
	} {
		_, err := k.UpdateRequest(ctx, k.Root(), r.ID, p)
		wantKind(t, field, err, problem.Invalid, "")
		if fields := problem.As(err).Fields; len(fields) != 1 || fields[0].Field != field {
			t.Errorf("%s: got fields %v", field, fields)
		}
	}
	for _, status := range []tenancy.RequestStatus{"", tenancy.RequestNew, tenancy.RequestRejected, "lost"} {
		_, err := k.UpdateRequest(ctx, k.Root(), r.ID, tenancy.UpdateRequestParams{Status: &status})
		wantKind(t, "status "+string(status), err, problem.Invalid, problem.CodeInvalidInput)
	}
	change := tenancy.UpdateRequestParams{Name: pointer("other"),
		Contact: tenancy.UpdateContactParams{FirstName: pointer("other")}}
	for _, method := range []string{"LockRequest", "LockOrganization", "Contact", "UpdateRequest",
		"UpdateOrganization", "UpdateContact", "InsertAuditEvent", "Commit"} {
		k.Store.Fail(method, errors.New("broken"))
		_, err := k.UpdateRequest(ctx, k.Root(), r.ID, change)
		wantKind(t, method+" failed", err, problem.Internal, "")
		k.Store.Heal()
	}
	if got := must(k.GetRequestDetail(ctx, k.Root(), r.ID))(t); got.Name != before.Name ||
		got.Contact.FirstName != before.Contact.FirstName {
		t.Errorf("something of all that stayed: %+v", got)
	}
	tenant := k.OperatorCaller(t, "tenant", k.Operator(t, "tenant", tenancy.Administrator,
		k.Organization(t, "Mine").ID))
	auditor := k.OperatorCaller(t, "auditor", k.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	manager := k.OperatorCaller(t, "manager", k.Operator(t, "manager", tenancy.AccountManager, tenancy.RootID))
	_, err := k.UpdateRequest(ctx, tenant, r.ID, change)
	wantKind(t, "tenant", err, problem.Denied, problem.CodeRootRequired)
	_, err = k.GetRequestDetail(ctx, tenant, r.ID)
	wantKind(t, "tenant reads another's", err, problem.NotFound, problem.CodeRequestNotFound)
	_, err = k.UpdateRequest(ctx, auditor, r.ID, change)
	wantKind(t, "auditor", err, problem.Denied, problem.CodePermissionMissing)
	_, err = k.UpdateRequest(ctx, k.Root(), 999999, change)
	wantKind(t, "unknown", err, problem.NotFound, problem.CodeRequestNotFound)
	must(k.UpdateRequest(ctx, manager, r.ID, change))(t)
	must(k.RejectRequest(ctx, manager, r.ID, ""))(t)
	_, err = k.UpdateRequest(ctx, k.Root(), r.ID, change)
	wantKind(t, "decided", err, problem.Conflict, problem.CodeRequestDecided)
}

// remover is an application, which may delete requests.
func remover(t *testing.T, k *tenancytest.Kit) tenancy.Caller {
	t.Helper()
	return k.ApplicationCaller(t, k.Application(t, "remover").KeyText)
}

func TestDeleteRequest(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	caller := remover(t, k)
	asked, rejected := k.Submit(t, "Birch Tools"), k.Submit(t, "Oak")
	must(k.RejectRequest(ctx, k.Root(), rejected.ID, "no"))(t)
	admin := k.OperatorCaller(t, k.Admin, k.AdminPassword)
	applications := tenancy.DeleteRequestParams{Kinds: []tenancy.CallerKind{tenancy.ApplicationCaller}}
	wantKind(t, "an operator", k.DeleteRequest(ctx, admin, asked.ID, applications), problem.Denied,
		problem.CodeCallerKind)
	wantKind(t, "nobody", k.DeleteRequest(ctx, k.Anyone(), asked.ID, tenancy.DeleteRequestParams{}),
		problem.Unauthenticated, "")
	for _, method := range []string{"LockRequest", "LockOrganization", "DeleteApplications",
		"DeleteOrganization", "EndAuthCodes", "EndSessions",
		"EndOperatorTokens", "EndOperators", "DeactivateContacts", "DeleteRequest", "DeleteContact",
		"InsertAuditEvent", "Commit"} {
		k.Store.Fail(method, errors.New("broken"))
		wantKind(t, method+" failed", k.DeleteRequest(ctx, caller, asked.ID, tenancy.DeleteRequestParams{}),
			problem.Internal, "")
		k.Store.Heal()
	}
	must(k.GetRequestDetail(ctx, k.Root(), asked.ID))(t)
	byOperator := k.Submit(t, "Elm")
	if err := k.DeleteRequest(ctx, admin, byOperator.ID, tenancy.DeleteRequestParams{}); err != nil {
		t.Errorf("an operator, where no kind is named: %v", err)
	}
	for _, r := range []tenancy.Request{asked, rejected} {
		if err := k.DeleteRequest(ctx, caller, r.ID, applications); err != nil {
			t.Fatalf("%s: %v", r.Status, err)
		}
		_, err := k.GetRequest(ctx, k.Root(), r.ID)
		wantKind(t, "the request", err, problem.NotFound, problem.CodeRequestNotFound)
		_ = k.Store.View(ctx, func(tx tenancy.Reader) error {
			_, err := tx.Contact(ctx, r.ContactID)
			wantKind(t, "the contact", err, problem.NotFound, problem.CodeContactNotFound)
			if o, err := tx.Organization(ctx, r.OrganizationID); err != nil || o.State != tenancy.OrganizationDeleted {
				t.Errorf("the organization is %+v, %v", o, err)
			}
			return nil
		})
		wantKind(t, "again", k.DeleteRequest(ctx, caller, r.ID, tenancy.DeleteRequestParams{}), problem.NotFound,
			problem.CodeRequestNotFound)
		_, err = k.ApproveRequest(ctx, k.Root(), r.ID, "")
		wantKind(t, "approve", err, problem.NotFound, problem.CodeRequestNotFound)
		if got := k.Events(t, r.OrganizationID); got[len(got)-1] != "organization_request.delete" {
			t.Errorf("audit: %v", got)
		}
	}
	if r, err := k.VerifyAudits(ctx); err != nil || r.Err() != nil {
		t.Error(err)
	}
	if _, total, err := k.ListRequests(ctx, k.Root(), tenancy.ListParams{}); total != 0 || err != nil {
		t.Errorf("%d requests stay, %v", total, err)
	}
}

// What was let in goes only once it is switched off.
func TestDeleteApprovedRequest(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	caller := remover(t, k)
	r := must(k.ApproveRequest(ctx, k.Root(), k.Submit(t, "Birch Tools").ID, ""))(t)
	_, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), r.OrganizationID)
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, "active", k.DeleteRequest(ctx, caller, r.ID, tenancy.DeleteRequestParams{}), problem.Conflict,
		problem.CodeOrganizationActive)
	must(k.GetRequest(ctx, k.Root(), r.ID))(t)
	must(k.GetOrganization(ctx, k.Root(), r.OrganizationID))(t)
	_ = k.Store.View(ctx, func(tx tenancy.Reader) error {
		if _, err := tx.PrimaryAuthCode(ctx, r.OrganizationID); err != nil {
			t.Errorf("the code went: %v", err)
		}
		return nil
	})
	must(k.UpdateOrganization(ctx, k.Root(), r.OrganizationID,
		tenancy.UpdateOrganizationParams{Active: pointer(false)}))(t)
	if err := k.DeleteRequest(ctx, caller, r.ID, tenancy.DeleteRequestParams{}); err != nil {
		t.Fatal(err)
	}
	_, err = k.GetOrganization(ctx, k.Root(), r.OrganizationID)
	wantKind(t, "the organization", err, problem.NotFound, problem.CodeOrganizationNotFound)
	_ = k.Store.View(ctx, func(tx tenancy.Reader) error {
		_, err := tx.PrimaryAuthCode(ctx, r.OrganizationID)
		wantKind(t, "the code", err, problem.NotFound, "")
		return nil
	})
	k.Organization(t, "Birch Tools") // its name is free
	// An organization that was deleted before its request.
	r = must(k.ApproveRequest(ctx, k.Root(), k.Submit(t, "Oak").ID, ""))(t)
	must(k.UpdateOrganization(ctx, k.Root(), r.OrganizationID,
		tenancy.UpdateOrganizationParams{Active: pointer(false)}))(t)
	if err := errors.Join(k.DeleteOrganization(ctx, k.Root(), r.OrganizationID),
		k.DeleteRequest(ctx, caller, r.ID, tenancy.DeleteRequestParams{})); err != nil {
		t.Error(err)
	}
}

// Of decisions, changes and deletions at once, each sees the whole of another or nothing.
func TestDeleteOrDecide(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	caller := remover(t, k)
	for range 8 {
		r := k.Submit(t, "Birch Tools")
		var deleted error
		var wg sync.WaitGroup
		wg.Go(func() { deleted = k.DeleteRequest(ctx, caller, r.ID, tenancy.DeleteRequestParams{}) })
		wg.Go(func() { _, _ = k.ApproveRequest(ctx, k.Root(), r.ID, "") })
		wg.Go(func() {
			_, _ = k.UpdateRequest(ctx, k.Root(), r.ID,
				tenancy.UpdateRequestParams{Status: pointer(tenancy.RequestReview)})
		})
		wg.Wait()
		_, err := k.GetOrganization(ctx, k.Root(), r.OrganizationID)
		if (deleted == nil) == (err == nil) {
			t.Fatalf("deleted: %v; the organization: %v", deleted, err)
		}
		if err == nil {
			wantKind(t, "delete", deleted, problem.Conflict, problem.CodeOrganizationActive)
			must(k.UpdateOrganization(ctx, k.Root(), r.OrganizationID,
				tenancy.UpdateOrganizationParams{Active: pointer(false)}))(t)
			if err := k.DeleteOrganization(ctx, k.Root(), r.OrganizationID); err != nil {
				t.Fatal(err)
			}
		}
	}
}
