// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

const day = 24 * time.Hour

func allCalls() tenancy.Scope { return tenancy.Scope{Kind: tenancy.ScopeAll} }

// sessionCaller logs an operator in for a session and gives the caller.
func sessionCaller(t *testing.T, k *tenancytest.Kit, username string, password secret.Secret) tenancy.Caller {
	t.Helper()
	ctx := context.Background()
	s := must(k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: username,
		Password: password}))(t)
	return must(k.AuthenticateSession(ctx, k.Anyone().Origin, s.Text.Reveal()))(t)
}

func issueToken(t *testing.T, k *tenancytest.Kit, caller tenancy.Caller,
	name string) identity.IssuedOperatorToken {
	t.Helper()
	return must(k.IssueOperatorToken(context.Background(), caller,
		identity.IssueOperatorTokenParams{Name: name, Scope: allCalls()}))(t)
}

// use presents the access text for a call.
func use(s *identity.Service, token identity.IssuedOperatorToken, endpoint ...string) (tenancy.Caller,
	error) {
	return s.AuthenticateOperatorToken(context.Background(), tenancy.Origin{Address: "127.0.0.1"},
		token.Access.Reveal(), endpoint)
}

func renewToken(k *tenancytest.Kit, token identity.IssuedOperatorToken) (identity.IssuedOperatorToken,
	error) {
	return k.RenewOperatorToken(context.Background(), k.Anyone(), token.Access.Reveal(), token.Refresh.Reveal())
}

func TestOperatorTokenStandsForItsOperator(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	password := k.Operator(t, "ann", tenancy.Auditor, org.ID)
	ann := sessionCaller(t, k, "ann", password)
	token := issueToken(t, k, ann, " deploy ")
	if token.ID != 100001 || token.Name != "deploy" || token.OperatorID != ann.ID || token.Access.Empty() ||
		token.Refresh.Empty() {
		t.Errorf("got %+v", token)
	}
	c := must(use(k.Identity, token))(t)
	if c.Kind != tenancy.OperatorCaller || c.ID != ann.ID || c.Name != "ann" || c.Organization != org.ID ||
		c.Origin.Address != "127.0.0.1" || !c.May(tenancy.ReadOrganizations) || c.May(tenancy.RevealCodes) {
		t.Errorf("got %+v", c)
	}
	refresh := token
	refresh.Access = token.Refresh
	for _, bad := range []string{"", "x", token.Refresh.Reveal(), strings.ToLower(token.Access.Reveal()),
		token.Access.Reveal()[1:]} {
		refresh.Access = secret.Of(bad)
		wantKind(t, "text "+bad, errOf(use(k.Identity, refresh)), problem.Unauthenticated, problem.CodeInvalidToken)
	}
	wantKind(t, "as a session", errOf(k.AuthenticateSession(ctx, tenancy.Origin{}, token.Access.Reveal())),
		problem.Unauthenticated, problem.CodeInvalidToken)
	wantKind(t, "as a signed token", errOf(k.AuthenticateToken(ctx, tenancy.Origin{}, token.Access.Reveal(),
		tree)), problem.Unauthenticated, problem.CodeInvalidToken)
	wantKind(t, "refreshed as a signed token", errOf(k.RefreshToken(ctx, c)), problem.Unauthenticated,
		problem.CodeInvalidToken)
	wantKind(t, "renewed as a session", errOf(k.RenewSession(ctx, k.Anyone(), token.Access.Reveal(), "")),
		problem.Unauthenticated, problem.CodeInvalidToken)
	wantKind(t, "logged out", k.Logout(ctx, c), problem.Denied, problem.CodeNoSession)
	if err := errOf(use(k.Identity, token)); err != nil {
		t.Errorf("after all that: %v", err)
	}
	if got := k.Events(t, org.ID); !slices.Contains(got, "operator_token.issue") {
		t.Errorf("the audit has %q", got)
	}
}

func TestOperatorTokenCannotManageOperatorTokens(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	admin := sessionCaller(t, k, "admin", k.AdminPassword)
	token := issueToken(t, k, admin, "deploy")
	c := must(use(k.Identity, token))(t)
	name := "other"
	for what, err := range map[string]error{
		"change": errOf(k.UpdateOperatorToken(ctx, c, token.ID, identity.UpdateOperatorTokenParams{Name: &name})),
		"revoke": k.RevokeOperatorToken(ctx, c, token.ID),
	} {
		wantKind(t, what, err, problem.Denied, problem.CodeLogInRequired)
	}
	if list := must(k.ListOperatorTokens(ctx, c, identity.Self))(t); len(list) != 1 || list[0].Name != "deploy" {
		t.Errorf("got %+v", list)
	}
	app := k.ApplicationCaller(t, k.Application(t, "app").KeyText)
	for what, err := range map[string]error{
		"an application": errOf(k.IssueOperatorToken(ctx, app,
			identity.IssueOperatorTokenParams{Name: "b", Scope: allCalls()})),
		"the server": errOf(k.IssueOperatorToken(ctx, k.Root(),
			identity.IssueOperatorTokenParams{Name: "b", Scope: allCalls()})),
		"for another": errOf(k.IssueOperatorToken(ctx, admin,
			identity.IssueOperatorTokenParams{Name: "b", Scope: allCalls(), OperatorID: "x"})),
	} {
		wantKind(t, what, err, problem.Denied, problem.CodeOwnTokensOnly)
	}
	wantKind(t, "an application lists", errOf(k.ListOperatorTokens(ctx, app, identity.Self)), problem.NotFound,
		problem.CodeOperatorNotFound)
}

func TestOperatorTokenTimes(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	admin, n := sessionCaller(t, k, "admin", k.AdminPassword), 0
	now := k.Clock.Now()
	issue := func(expires, renewable time.Duration) (identity.IssuedOperatorToken, error) {
		n++
		p := identity.IssueOperatorTokenParams{Name: fmt.Sprint(n), Scope: allCalls()}
		if expires != 0 {
			p.ExpiresAt = now.Add(expires)
		}
		if renewable != 0 {
			p.RenewableUntil = now.Add(renewable)
		}
		return k.IssueOperatorToken(ctx, admin, p)
	}
	for _, test := range []struct{ expires, renewable, wantExpires, wantRenewable time.Duration }{
		{0, 0, 30 * time.Minute, 90 * day},
		{time.Hour, 0, time.Hour, 90 * day},
		{100 * day, 0, 100 * day, 100 * day},
		{0, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute},
		{50 * day, 40 * day, 40 * day, 40 * day},
		{400 * day, 366 * day, 365 * day, 365 * day},
		{9000 * day, 0, 365 * day, 365 * day},
	} {
		got := must(issue(test.expires, test.renewable))(t)
		if want := now.Add(test.wantExpires).Truncate(time.Second); !got.ExpiresAt.Equal(want) {
			t.Errorf("%+v: expires at %v, want %v", test, got.ExpiresAt, want)
		}
		if want := now.Add(test.wantRenewable).Truncate(time.Second); !got.RenewableUntil.Equal(want) {
			t.Errorf("%+v: renewable until %v, want %v", test, got.RenewableUntil, want)
		}
	}
	for _, past := range []time.Duration{-time.Hour, -9000 * day, time.Millisecond} {
		wantKind(t, "expired at birth", errOf(issue(past, 0)), problem.Invalid, problem.CodeInvalidInput)
		wantKind(t, "never renewable", errOf(issue(0, past)), problem.Invalid, problem.CodeInvalidInput)
	}
	for _, p := range []identity.IssueOperatorTokenParams{{Name: " ", Scope: allCalls()},
		{Name: "a\nb", Scope: allCalls()}, {Name: "a"}} {
		wantKind(t, "input", errOf(k.IssueOperatorToken(ctx, admin, p)), problem.Invalid, problem.CodeInvalidInput)
	}
	token := must(issue(0, 0))(t)
	k.Clock.Advance(token.ExpiresAt.Sub(k.Clock.Now()) - time.Millisecond)
	must(use(k.Identity, token))(t)
	k.Clock.Advance(time.Millisecond)
	wantKind(t, "at its end, remembered", errOf(use(k.Identity, token)), problem.Unauthenticated,
		problem.CodeInvalidToken)
	wantKind(t, "again", errOf(use(k.Identity, token)), problem.Unauthenticated, problem.CodeInvalidToken)
}

// Operator tokens that can be renewed no more take no place.
func TestOperatorTokensThatRanOutDoNotCount(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	admin := sessionCaller(t, k, "admin", k.AdminPassword)
	for i := range 100 {
		issueToken(t, k, admin, fmt.Sprint("token ", i))
	}
	k.Clock.Advance(14*24*time.Hour + 31*time.Minute) // their access texts ended 14 days ago
	issueToken(t, k, sessionCaller(t, k, "admin", k.AdminPassword), "one more")
}

func TestOperatorTokenNamesAndNumber(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	admin := sessionCaller(t, k, "admin", k.AdminPassword)
	first := issueToken(t, k, admin, "Token 1")
	again := func() error {
		return errOf(k.IssueOperatorToken(ctx, admin, identity.IssueOperatorTokenParams{Name: "TOKEN 1",
			Scope: allCalls()}))
	}
	wantKind(t, "the same name", again(), problem.Conflict, problem.CodeOperatorTokenNameTaken)
	for i := 2; i <= 100; i++ {
		issueToken(t, k, admin, fmt.Sprint("token ", i))
	}
	wantKind(t, "one too many", errOf(k.IssueOperatorToken(ctx, admin,
		identity.IssueOperatorTokenParams{Name: "x", Scope: allCalls()})), problem.Conflict,
		problem.CodeTooManyOperatorTokens)
	if err := k.RevokeOperatorToken(ctx, admin, first.ID); err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Errorf("with place and name free again: %v", err)
	}
	list := must(k.ListOperatorTokens(ctx, admin, admin.ID))(t)
	if len(list) != 100 || list[0].Name != "token 2" || list[99].Name != "TOKEN 1" {
		t.Errorf("%d of them, from %q to %q", len(list), list[0].Name, list[len(list)-1].Name)
	}
	k.Clock.Advance(121 * day) // renewable until 90, kept for 30 more
	admin = sessionCaller(t, k, "admin", k.AdminPassword)
	for i := range 8 { // some at a time
		_ = errOf(k.IssueOperatorToken(ctx, admin, identity.IssueOperatorTokenParams{Name: fmt.Sprint("new ", i),
			Scope: allCalls()}))
	}
	if list := must(k.ListOperatorTokens(ctx, admin, identity.Self))(t); len(list) > 8 {
		t.Errorf("%d of them are there, long after they were good for anything", len(list))
	}
}

func TestUpdateOperatorToken(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	admin := sessionCaller(t, k, "admin", k.AdminPassword)
	token, other := issueToken(t, k, admin, "deploy"), issueToken(t, k, admin, "other")
	must(use(k.Identity, token, "plan"))(t) // remembered
	update := func(p identity.UpdateOperatorTokenParams) (tenancy.OperatorToken, error) {
		return k.UpdateOperatorToken(ctx, admin, token.ID, p)
	}
	name, taken, empty := " renamed ", "OTHER", ""
	custom := must(tenancy.NewScope(tenancy.ScopeCustom, []string{"/organization"}))(t)
	got := must(update(identity.UpdateOperatorTokenParams{Name: &name, Scope: &custom,
		ExpiresAt: k.Clock.Now().Add(2 * time.Hour)}))(t)
	if got.Name != "renamed" || got.Life < time.Hour || !got.ExpiresAt.After(token.ExpiresAt) ||
		!got.RenewableUntil.Equal(token.RenewableUntil) || name != " renamed " {
		t.Errorf("got %+v", got)
	}
	wantKind(t, "outside the new scope", errOf(use(k.Identity, token, "plan")), problem.Denied,
		problem.CodeOutsideScope)
	must(use(k.Identity, token, "organization", "6"))(t)
	k.Clock.Advance(time.Hour)
	must(use(k.Identity, token, "organization"))(t)
	got = must(update(identity.UpdateOperatorTokenParams{RenewableUntil: k.Clock.Now().Add(time.Minute)}))(t)
	if !got.ExpiresAt.Equal(got.RenewableUntil) || got.Scope.Kind != tenancy.ScopeCustom ||
		got.Name != "renamed" {
		t.Errorf("got %+v", got)
	}
	wantKind(t, "nothing", errOf(update(identity.UpdateOperatorTokenParams{})), problem.Invalid,
		problem.CodeInvalidInput)
	wantKind(t, "empty name", errOf(update(identity.UpdateOperatorTokenParams{Name: &empty})), problem.Invalid,
		problem.CodeInvalidInput)
	wantKind(t, "taken name", errOf(update(identity.UpdateOperatorTokenParams{Name: &taken})), problem.Conflict,
		problem.CodeOperatorTokenNameTaken)
	wantKind(t, "past", errOf(update(identity.UpdateOperatorTokenParams{ExpiresAt: k.Clock.Now()})),
		problem.Invalid, problem.CodeInvalidInput)
	k.Clock.Advance(time.Minute)
	wantKind(t, "an end that has come",
		errOf(update(identity.UpdateOperatorTokenParams{ExpiresAt: k.Clock.Now().Add(day)})), problem.Expired,
		problem.CodeOperatorTokenExpired)
	wantKind(t, "not there", errOf(k.UpdateOperatorToken(ctx, admin, 7,
		identity.UpdateOperatorTokenParams{Name: &name})), problem.NotFound, problem.CodeOperatorTokenNotFound)
	if err := k.RevokeOperatorToken(ctx, admin, other.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "revoked", errOf(k.UpdateOperatorToken(ctx, admin, other.ID,
		identity.UpdateOperatorTokenParams{Name: &name})), problem.NotFound, "")
	wantKind(t, "revoked again", k.RevokeOperatorToken(ctx, admin, other.ID), problem.NotFound,
		problem.CodeOperatorTokenNotFound)
}

// Operators see and change their own, administrators of the root see and revoke
// everybody's, and to all others they are not there.
func TestOperatorTokensOfOthers(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	who := func(name string, role tenancy.Role, id tenancy.OrganizationID) tenancy.Caller {
		return sessionCaller(t, k, name, k.Operator(t, name, role, id))
	}
	ann, boss, auditor := who("ann", tenancy.Auditor, org.ID), who("boss", tenancy.Administrator, org.ID),
		who("auditor", tenancy.Auditor, tenancy.RootID)
	admin := sessionCaller(t, k, "admin", k.AdminPassword)
	token, name := issueToken(t, k, ann, "deploy"), "x"
	change := identity.UpdateOperatorTokenParams{Name: &name}
	for _, other := range []tenancy.Caller{boss, auditor} {
		wantKind(t, other.Name+" lists", errOf(k.ListOperatorTokens(ctx, other, ann.ID)), problem.NotFound,
			problem.CodeOperatorNotFound)
		wantKind(t, other.Name+" changes", errOf(k.UpdateOperatorToken(ctx, other, token.ID, change)),
			problem.NotFound, problem.CodeOperatorTokenNotFound)
		wantKind(t, other.Name+" revokes", k.RevokeOperatorToken(ctx, other, token.ID), problem.NotFound,
			problem.CodeOperatorTokenNotFound)
		if list := must(k.ListOperatorTokens(ctx, other, identity.Self))(t); len(list) != 0 {
			t.Errorf("%s has %+v", other.Name, list)
		}
	}
	wantKind(t, "of nobody", errOf(k.ListOperatorTokens(ctx, admin, "nobody")), problem.NotFound,
		problem.CodeOperatorNotFound)
	wantKind(t, "of nobody, not asked by an administrator", errOf(k.ListOperatorTokens(ctx, ann, "nobody")),
		problem.NotFound, problem.CodeOperatorNotFound)
	wantKind(t, "an administrator changes", errOf(k.UpdateOperatorToken(ctx, admin, token.ID, change)),
		problem.Denied, problem.CodeChangeOwnTokensOnly)
	if list := must(k.ListOperatorTokens(ctx, admin, ann.ID))(t); len(list) != 1 || list[0].ID != token.ID {
		t.Errorf("got %+v", list)
	}
	must(use(k.Identity, token))(t)
	if err := k.RevokeOperatorToken(ctx, admin, token.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "used after it was revoked", errOf(use(k.Identity, token)), problem.Unauthenticated,
		problem.CodeInvalidToken)
	wantKind(t, "renewed after it was revoked", errOf(renewToken(k, token)), problem.Unauthenticated,
		problem.CodeInvalidPair)
	if got := k.Events(t, org.ID); !slices.Contains(got, "operator_token.revoke") {
		t.Errorf("the audit has %q", got)
	}
}
