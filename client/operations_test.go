// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancytest"
)

// mustNot fails the test if there is an error.
func mustNot(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// all returns the items of a list.
func all[T any](t *testing.T, list iter.Seq2[T, error]) (items []T) {
	t.Helper()
	for item, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}

func pointer[T any](v T) *T { return &v }

// Each method does what it says on the real door. TestMain wants every operation here, or in
// another test; server compares each request and answer with the OpenAPI document.
func TestOrganizations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, ctx := s.admin(t), t.Context()
	made := tenancytest.Must(c.Organizations.Create(ctx, apitype.OrganizationParams{Name: "Birch"}))(t)
	for _, name := range []string{"Cherry", "Plum"} {
		tenancytest.Must(c.Organizations.Create(ctx, apitype.OrganizationParams{Name: name}))(t)
	}
	var names []string
	for _, o := range all(t, c.Organizations.List(ctx, client.ListOptions{Filter: `name ne "Cherry"`,
		Sort:     "name:asc",
		PageSize: 1})) {
		names = append(names, o.Name)
	}
	if !slices.Equal(names, []string{"Birch", "Plum"}) {
		t.Errorf("the list is %q", names)
	}
	var a client.Answer
	got := tenancytest.Must(c.Organizations.Get(client.WithAnswer(ctx, &a), made.ID))(t)
	if got.Name != "Birch" || a.Status != 200 || a.ETag == "" || a.RequestID == "" || a.Attempts != 1 {
		t.Errorf("got %v, %+v", got, a)
	}
	change := apitype.OrganizationChange{Description: pointer("wood")}
	changed := tenancytest.Must(c.Organizations.Update(client.WithIfMatch(ctx, a.ETag), made.ID, change))(t)
	if changed.Description != "wood" {
		t.Errorf("changed: %v", changed)
	}
	if _, err := c.Organizations.Update(client.WithIfMatch(ctx, a.ETag), made.ID,
		change); !errors.Is(err, client.ErrChanged) || client.CodeOf(err) != client.CodeOrganizationChanged {
		t.Errorf("a change of what was changed: %v", err)
	}
	policy := tenancytest.Must(c.Organizations.Policy(ctx, made.ID))(t)
	policy.ApproveEnrolments = pointer(true)
	if policy = tenancytest.Must(c.Organizations.ReplacePolicy(ctx, made.ID,
		policy))(t); !*policy.ApproveEnrolments {
		t.Errorf("policy: %v", policy)
	}
	if o := tenancytest.Must(c.Organizations.Deactivate(ctx, made.ID))(t); o.State != "inactive" {
		t.Errorf("deactivated: %v", o)
	}
	if o := tenancytest.Must(c.Organizations.Activate(ctx, made.ID,
		apitype.Activation{KeepSecrets: true}))(t); o.State != "active" {
		t.Errorf("activated: %v", o)
	}
	tenancytest.Must(c.Organizations.Deactivate(ctx, made.ID))(t)
	mustNot(t, c.Organizations.Delete(ctx, made.ID))
	if _, err := c.Organizations.Get(ctx, made.ID); !errors.Is(err, client.ErrNotFound) ||
		client.CodeOf(err) != client.CodeOrganizationNotFound {
		t.Errorf("a deleted one: %v", err)
	}
	if len(tenancytest.Must(c.Document(ctx))(t)) < 1000 {
		t.Error("the document is short")
	}
	if events := all(t, c.Audit.List(ctx, client.ListOptions{Filter: `action eq "organization.create"`,
		Sort: "at:asc"})); len(events) != 3 {
		t.Errorf("%d organizations in the audit", len(events))
	}
	mustNot(t, c.Logout(ctx))
}

func TestRequests(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, ctx := s.admin(t), t.Context()
	ids := map[string]string{}
	for _, name := range []string{"Elm", "Oak", "Ash", "Fir"} {
		r := tenancytest.Must(s.client(t).Requests.Submit(ctx,
			apitype.OrganizationRequestParams{Name: name}))(t)
		ids[name] = r.ID
	}
	if list := all(t, c.Requests.List(ctx, client.ListOptions{Sort: "name:desc",
		PageSize: 3})); len(list) != 4 ||
		list[0].Name != "Oak" {
		t.Errorf("the list is %v", list)
	}
	r := tenancytest.Must(c.Requests.Update(ctx, ids["Elm"],
		apitype.OrganizationRequestChange{Status: pointer("review")}))(t)
	if r = tenancytest.Must(c.Requests.Get(ctx, r.ID))(t); r.Status != "review" {
		t.Errorf("changed: %v", r)
	}
	if r := tenancytest.Must(c.Requests.Approve(ctx, ids["Elm"],
		apitype.DecisionComments{ApproverComments: "welcome"}))(t); r.Status != "approved" {
		t.Errorf("approved: %v", r)
	}
	if r := tenancytest.Must(c.Requests.Reject(ctx, ids["Oak"],
		apitype.DecisionComments{}))(t); r.Status != "rejected" {
		t.Errorf("rejected: %v", r)
	}
	results := tenancytest.Must(c.Requests.Decide(ctx, apitype.Decisions{Decisions: []apitype.Decision{
		{ID: ids["Ash"], Decision: "approve"}, {ID: ids["Elm"], Decision: "reject"}}}))(t).Results
	if len(results) != 2 || results[0].Status != "approved" || results[1].Problem == nil ||
		results[1].Problem.Code != client.CodeRequestDecided {
		t.Errorf("decided: %+v", results)
	}
	mustNot(t, c.Requests.Delete(ctx, ids["Fir"]))
}

func TestAuthCodesAndClients(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, ctx := s.admin(t), t.Context()
	organization := s.Organization(t, "Birch").ID.String()
	params := apitype.AuthCodeParams{Name: "spring", ExpiresAt: &apitype.Expiry{},
		MaxUses: &apitype.Uses{Count: 9}}
	code := tenancytest.Must(c.AuthCodes.Create(ctx, organization, params))(t)
	if got := tenancytest.Must(c.AuthCodes.Get(ctx, organization, code.ID))(t); got.AuthorizationCode != "" {
		t.Error("a code that is read has its text")
	}
	if got := tenancytest.Must(c.AuthCodes.Reveal(ctx, organization,
		code.ID))(t); got.AuthorizationCode != code.AuthorizationCode {
		t.Error("a revealed code has another text")
	}
	if v := tenancytest.Must(c.VerifyAuthCode(ctx, apitype.Verification{
		AuthorizationCode: code.AuthorizationCode, Explain: true}))(t); !v.Valid || v.AuthCode == nil {
		t.Errorf("verified: %+v", v)
	}
	enrolment := func(instance string) apitype.Enrolment {
		return apitype.Enrolment{AuthorizationCode: code.AuthorizationCode,
			Client: apitype.EnrolmentClient{Name: "till", InstanceID: instance}}
	}
	var a client.Answer
	first := tenancytest.Must(s.client(t).Enroll(client.WithAnswer(ctx, &a), enrolment("1")))(t)
	if a.Status != 201 || first.State != "active" {
		t.Errorf("enrolled: %v, %+v", first, a)
	}
	again := tenancytest.Must(s.client(t).Enroll(client.WithAnswer(ctx, &a), enrolment("1")))(t)
	if a.Status != 200 || again.ClientID != first.ClientID {
		t.Errorf("enrolled again: %v, %+v", again, a)
	}
	uses := tenancytest.Must(c.AuthCodes.UsesPage(ctx, organization, code.ID, client.ListOptions{}))(t)
	if all := all(t, c.AuthCodes.Uses(ctx, organization, code.ID,
		client.ListOptions{PageSize: 1})); len(all) != 2 ||
		len(uses.Items) != 2 {
		t.Errorf("uses: %v, %v", all, uses)
	}
	if p := tenancytest.Must(c.AuthCodes.PreviewRotation(ctx, organization, code.ID, time.Hour,
		7))(t); p.Days != 7 {
		t.Errorf("preview: %+v", p)
	}
	rotated := tenancytest.Must(c.AuthCodes.Rotate(ctx, organization, code.ID, time.Hour))(t)
	if old := tenancytest.Must(c.AuthCodes.EndOverlap(ctx, organization,
		code.ID))(t); old.ReplacedBy != rotated.ID {
		t.Errorf("ended: %+v", old)
	}
	if got := tenancytest.Must(c.AuthCodes.Update(ctx, organization, rotated.ID,
		apitype.AuthCodeChange{Note: pointer("n")}))(t); got.Note != "n" {
		t.Errorf("changed: %+v", got)
	}
	if got := tenancytest.Must(c.AuthCodes.Disable(ctx, organization, rotated.ID))(t); got.State != "disabled" {
		t.Errorf("disabled: %+v", got)
	}
	if got := tenancytest.Must(c.AuthCodes.Enable(ctx, organization, rotated.ID))(t); got.State != "active" {
		t.Errorf("enabled: %+v", got)
	}
	if list := all(t, c.AuthCodes.List(ctx, organization, client.ListOptions{PageSize: 1})); len(list) != 2 {
		t.Errorf("codes: %v", list)
	}
	code = rotated
	policy := tenancytest.Must(c.Organizations.Policy(ctx, organization))(t)
	policy.ApproveEnrolments = pointer(true)
	tenancytest.Must(c.Organizations.ReplacePolicy(ctx, organization, policy))(t)
	var waiting []string
	for _, instance := range []string{"2", "3"} {
		e := tenancytest.Must(s.client(t).Enroll(client.WithAnswer(ctx, &a), enrolment(instance)))(t)
		if a.Status != 202 || e.State != "pending" {
			t.Errorf("waits: %v, %+v", e, a)
		}
		waiting = append(waiting, e.ClientID)
	}
	if got := tenancytest.Must(c.Clients.Approve(ctx, waiting[0]))(t); got.State != "active" {
		t.Errorf("approved: %+v", got)
	}
	if got := tenancytest.Must(c.Clients.Refuse(ctx, waiting[1]))(t); got.State != "refused" {
		t.Errorf("refused: %+v", got)
	}
	tenancytest.Must(c.Clients.Update(ctx, first.ClientID, apitype.ClientChange{Name: pointer("till 1")}))(t)
	if got := tenancytest.Must(c.Clients.Get(ctx, first.ClientID))(t); got.Name != "till 1" {
		t.Errorf("changed: %+v", got)
	}
	if got := tenancytest.Must(c.Clients.Revoke(ctx, first.ClientID))(t); got.State != "revoked" {
		t.Errorf("revoked: %+v", got)
	}
	for want, o := range map[int]client.ClientListOptions{3: {Organization: organization},
		1: {State: "refused"}, 2: {AuthCode: code.ID, ListOptions: client.ListOptions{PageSize: 1}}} {
		if list := all(t, c.Clients.List(ctx, o)); len(list) != want {
			t.Errorf("%+v: %d clients", o, len(list))
		}
	}
}

func TestApplications(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, ctx := s.admin(t), t.Context()
	made := tenancytest.Must(c.Applications.Create(ctx,
		apitype.ApplicationParams{Name: "shop", ExpiresAt: &apitype.Expiry{}}))(t)
	tenancytest.Must(c.Applications.Create(ctx, apitype.ApplicationParams{Name: "x", Type: "extension"}))(t)
	program := s.client(t, client.WithClientKey(made.ID, made.ApplicationKey))
	all(t, program.Organizations.List(ctx, client.ListOptions{}))
	if list := all(t, c.Applications.List(ctx,
		client.ApplicationListOptions{Type: "application"})); len(list) != 1 {
		t.Errorf("applications: %v", list)
	}
	rotated := tenancytest.Must(c.Applications.RotateKey(ctx, made.ID,
		apitype.KeyRotation{Overlap: pointer("1h")}))(t)
	if rotated.ApplicationKey == "" || rotated.FormerKey == nil {
		t.Errorf("rotated: %+v", rotated)
	}
	if got := tenancytest.Must(c.Applications.EndOverlap(ctx, made.ID))(t); got.FormerKey != nil {
		t.Errorf("ended: %+v", got)
	}
	tenancytest.Must(c.Applications.Update(ctx, made.ID, apitype.ApplicationChange{Name: pointer("web")}))(t)
	if got := tenancytest.Must(c.Applications.Get(ctx, made.ID))(t); got.Name != "web" {
		t.Errorf("changed: %+v", got)
	}
	mustNot(t, c.Applications.Delete(ctx, made.ID))
}

func TestOperators(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, ctx := s.admin(t), t.Context()
	password := secret.NewPassword().Reveal()
	made := tenancytest.Must(c.Operators.Create(ctx, apitype.OperatorParams{Username: "ada",
		Password: password, Role: "auditor", OrganizationID: pointer("or-0")}))(t)
	tenancytest.Must(c.Operators.Update(ctx, made.ID, apitype.OperatorChange{DisplayName: pointer("Ada")}))(t)
	if got := tenancytest.Must(c.Operators.Get(ctx, made.ID))(t); got.DisplayName != "Ada" {
		t.Errorf("changed: %+v", got)
	}
	next := "" // the recovery code of the next log-in
	ada := s.client(t, client.WithLogin(func(context.Context) (apitype.Login, error) {
		return apitype.Login{Username: "ada", Password: password, RecoveryCode: next}, nil
	}))
	pending := tenancytest.Must(ada.Operators.StartTOTP(ctx, "me", apitype.TOTPStart{Password: password}))(t)
	codes := tenancytest.Must(ada.Operators.ConfirmTOTP(ctx, "me",
		apitype.TOTPConfirmation{TOTP: s.totp(t, pending.Secret)}))(t).RecoveryCodes
	next = codes[0] // the second factor has ended the session
	codes = tenancytest.Must(ada.Operators.RenewRecoveryCodes(ctx, "me",
		apitype.TOTPRemoval{Password: password, RecoveryCode: codes[1]}))(t).RecoveryCodes
	mustNot(t, ada.Operators.RemoveTOTP(ctx, "me", apitype.TOTPRemoval{Password: password,
		RecoveryCode: codes[0]}))
	mustNot(t, c.Operators.ChangePassword(ctx, made.ID, apitype.PasswordChange{
		Password: secret.NewPassword().Reveal()}))
	for _, change := range []func(context.Context, string) (apitype.Operator, error){c.Operators.Enable,
		c.Operators.EndSessions, c.Operators.Disable} {
		made = tenancytest.Must(change(ctx, made.ID))(t)
	}
	if made.State != "disabled" {
		t.Errorf("disabled: %+v", made)
	}
	if list := all(t, c.Operators.List(ctx, client.ListOptions{PageSize: 1})); len(list) != 2 {
		t.Errorf("operators: %v", list)
	}
	mustNot(t, c.Operators.Delete(ctx, made.ID))
}
