// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func TestRenewOperatorToken(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	admin := sessionCaller(t, k, "admin", k.AdminPassword)
	first := issueToken(t, k, admin, "deploy")
	must(use(k.Identity, first))(t)
	k.Clock.Advance(13 * day) // long expired
	second := must(renewToken(k, first))(t)
	if second.ID != first.ID || second.Name != "deploy" || !second.RenewableUntil.Equal(first.RenewableUntil) ||
		second.Access.Reveal() == first.Access.Reveal() || second.Refresh.Reveal() == first.Refresh.Reveal() {
		t.Errorf("got %+v", second)
	}
	if left := second.ExpiresAt.Sub(k.Clock.Now()); left > 30*time.Minute || left < 30*time.Minute-time.Second {
		t.Errorf("ends in %v", left)
	}
	wantKind(t, "the old access text", errOf(use(k.Identity, first)), problem.Unauthenticated,
		problem.CodeInvalidToken)
	third := must(renewToken(k, second))(t) // before it ends
	must(use(k.Identity, third))(t)
	wantKind(t, "the access text before, which did not end", errOf(use(k.Identity, second)),
		problem.Unauthenticated, problem.CodeInvalidToken)
	k.Clock.Advance(third.ExpiresAt.Add(14*day - time.Millisecond).Sub(k.Clock.Now()))
	fourth := must(renewToken(k, third))(t)
	for fourth.RenewableUntil.Sub(k.Clock.Now()) > 13*day {
		k.Clock.Advance(13 * day)
		fourth = must(renewToken(k, fourth))(t)
	}
	k.Clock.Advance(fourth.RenewableUntil.Sub(k.Clock.Now()) - time.Minute)
	last := must(renewToken(k, fourth))(t)
	if !last.ExpiresAt.Equal(last.RenewableUntil) {
		t.Errorf("ends at %v, past %v", last.ExpiresAt, last.RenewableUntil)
	}
	k.Clock.Advance(time.Minute)
	wantKind(t, "past its last day", errOf(renewToken(k, last)), problem.Unauthenticated,
		problem.CodeInvalidPair)
}

func TestRenewOperatorTokenTooLate(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	token := issueToken(t, k, sessionCaller(t, k, "admin", k.AdminPassword), "deploy")
	k.Clock.Advance(token.ExpiresAt.Add(14 * day).Sub(k.Clock.Now()))
	wantKind(t, "two weeks after its end", errOf(renewToken(k, token)), problem.Unauthenticated,
		problem.CodeInvalidPair)
}

// Who shows a spent renewing text has a copy of it: everything ends.
func TestReusedPairVoidsTheChain(t *testing.T) {
	t.Parallel()
	for name, present := range map[string]func(first,
		third identity.IssuedOperatorToken) identity.IssuedOperatorToken{
		"the old pair": func(first, _ identity.IssuedOperatorToken) identity.IssuedOperatorToken { return first },
		"old renewing, new access": func(first, third identity.IssuedOperatorToken) identity.IssuedOperatorToken {
			third.Refresh = first.Refresh
			return third
		},
		"old renewing, nobody's access": func(first,
			_ identity.IssuedOperatorToken) identity.IssuedOperatorToken {
			return withNewAccess(first)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, k := context.Background(), tenancytest.New(t)
			org := k.Organization(t, "company001")
			ann := sessionCaller(t, k, "ann", k.Operator(t, "ann", tenancy.Auditor, org.ID))
			first, other := issueToken(t, k, ann, "deploy"), issueToken(t, k, ann, "other")
			third := must(renewToken(k, must(renewToken(k, first))(t)))(t)
			must(use(k.Identity, third))(t)
			wantKind(t, "presented again", errOf(renewToken(k, present(first, third))), problem.Unauthenticated,
				problem.CodeInvalidPair)
			wantKind(t, "the newest access text", errOf(use(k.Identity, third)), problem.Unauthenticated,
				problem.CodeInvalidToken)
			wantKind(t, "the newest pair", errOf(renewToken(k, third)), problem.Unauthenticated,
				problem.CodeInvalidPair)
			if list := must(k.ListOperatorTokens(ctx, ann, identity.Self))(t); len(list) != 1 ||
				list[0].ID != other.ID {
				t.Errorf("left is %+v", list)
			}
			must(renewToken(k, other))(t)
			wantKind(t, "presented a third time", errOf(renewToken(k, first)), problem.Unauthenticated,
				problem.CodeInvalidPair)
			told := 0
			for _, action := range k.Events(t, org.ID) {
				if action == "operator_token.void" {
					told++
				}
			}
			if told != 1 {
				t.Errorf("%d events tell of it", told)
			}
		})
	}
}

func withNewAccess(i identity.IssuedOperatorToken) identity.IssuedOperatorToken {
	i.Access, _ = secret.NewOperatorToken()
	return i
}

// What proves nothing changes nothing: an access text stands in many a log.
func TestRefusedPairsVoidNothing(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	admin := sessionCaller(t, k, "admin", k.AdminPassword)
	first, other := issueToken(t, k, admin, "deploy"), issueToken(t, k, admin, "other")
	second := must(renewToken(k, first))(t)
	access, refresh := secret.NewOperatorToken()
	for name, pair := range map[string]identity.IssuedOperatorToken{
		"old access, nobody's renewing":     {Access: first.Access, Refresh: refresh},
		"current access, nobody's renewing": {Access: second.Access, Refresh: refresh},
		"nobody's access":                   {Access: access, Refresh: second.Refresh},
		"old access, current renewing":      {Access: first.Access, Refresh: second.Refresh},
		"of another":                        {Access: second.Access, Refresh: other.Refresh},
		"swapped":                           {Access: second.Refresh, Refresh: second.Access},
		"nothing":                           {},
		"no renewing":                       {Access: second.Access},
	} {
		wantKind(t, name, errOf(renewToken(k, pair)), problem.Unauthenticated, problem.CodeInvalidPair)
	}
	must(use(k.Identity, second))(t)
	must(renewToken(k, second))(t)
	must(renewToken(k, other))(t)
}

func TestRenewalsThatFailChangeNothing(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	admin := sessionCaller(t, k, "admin", k.AdminPassword)
	first := issueToken(t, k, admin, "deploy")
	away := problem.New(problem.Unavailable, "away", "Away.")
	for _, method := range []string{"OperatorTokenByDigest", "LockOperatorToken", "RenewOperatorToken",
		"InsertAuditEvent", "Commit"} {
		k.Store.Fail(method, away)
		wantKind(t, method, errOf(renewToken(k, first)), problem.Unavailable, "away")
		k.Store.Heal()
	}
	must(use(k.Identity, first))(t)
	second := must(renewToken(k, first))(t)
	for _, method := range []string{"SpentRefreshToken", "LockOperatorToken", "EndOperatorToken",
		"InsertAuditEvent"} {
		k.Store.Fail(method, away)
		wantKind(t, method, errOf(renewToken(k, first)), problem.Unavailable,
			"away") // not refused before it is void
		k.Store.Heal()
	}
	must(use(k.Identity, second))(t)
	if got := k.Events(t, tenancy.RootID); !slices.Contains(got, "operator_token.renew") ||
		slices.Contains(got, "operator_token.void") {
		t.Errorf("the audit has %q", got)
	}
}

// Rights are those of the operator at the time of use.
func TestOperatorTokenFollowsItsOperator(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	off, on := false, true
	set := func(k *tenancytest.Kit, id string, change func(o *tenancy.StoredOperator)) error {
		return k.Change(ctx, func(tx tenancy.Tx) error {
			o, err := tx.LockOperator(ctx, id)
			if err != nil {
				return err
			}
			change(&o)
			return tx.UpdateOperator(ctx, o)
		})
	}
	k := tenancytest.New(t)
	org := k.Organization(t, "company001")
	ann := sessionCaller(t, k, "ann", k.Operator(t, "ann", tenancy.Administrator, org.ID))
	token := issueToken(t, k, ann, "deploy")
	gone := func(when string) {
		t.Helper()
		wantKind(t, when+", used", errOf(use(k.Identity, token)), problem.Unauthenticated, problem.CodeInvalidToken)
		wantKind(t, when+", renewed", errOf(renewToken(k, token)), problem.Unauthenticated, problem.CodeInvalidPair)
	}
	if c := must(use(k.Identity, token))(t); !c.May(tenancy.RevealCodes) {
		t.Error("not an administrator's")
	}
	if err := set(k, ann.ID, func(o *tenancy.StoredOperator) { o.Role = tenancy.Auditor }); err != nil {
		t.Fatal(err)
	}
	if c := must(use(k.Identity, token))(t); c.May(tenancy.RevealCodes) {
		t.Error("still an administrator's")
	}
	if err := set(k, ann.ID, func(o *tenancy.StoredOperator) { o.Active = false }); err != nil {
		t.Fatal(err)
	}
	gone("operator off")
	wantKind(t, "one more by who is off", errOf(k.IssueOperatorToken(ctx, ann,
		identity.IssueOperatorTokenParams{Name: "x", Scope: allCalls()})), problem.Unauthenticated,
		problem.CodeInvalidToken)
	if err := set(k, ann.ID, func(o *tenancy.StoredOperator) { o.Active = true }); err != nil {
		t.Fatal(err)
	}
	must(use(k.Identity, token))(t)
	must(k.UpdateOrganization(ctx, k.Root(), org.ID, tenancy.UpdateOrganizationParams{Active: &off}))(t)
	gone("organization off")
	must(k.UpdateOrganization(ctx, k.Root(), org.ID, tenancy.UpdateOrganizationParams{Active: &on,
		KeepSecrets: true}))(t)
	must(renewToken(k, token))(t)
}
