// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// makeWith makes an operator token with the access text of another.
func makeWith(t *testing.T, k *tenancytest.Kit, maker identity.IssuedOperatorToken,
	p identity.IssueOperatorTokenParams) identity.IssuedOperatorToken {
	t.Helper()
	p.Scope = allCalls()
	return must(k.IssueOperatorToken(context.Background(), must(use(k.Identity, maker))(t), p))(t)
}

// What a token makes lives no longer than the access text that made it, whatever is
// asked for, and however often either is renewed.
func TestMadeTokensLiveNoLonger(t *testing.T) {
	t.Parallel()
	for name, asked := range map[string]struct{ expires, renewable time.Duration }{
		"the usual ends":      {},
		"a year":              {365 * day, 365 * day},
		"access for a month":  {expires: 30 * day},
		"renewal for a month": {renewable: 30 * day},
		"less than the maker": {time.Minute, 2 * time.Minute},
		"just as the maker's": {time.Hour, time.Hour},
		"one second more":     {time.Hour + time.Second, time.Hour + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, k := context.Background(), tenancytest.New(t)
			now := k.Clock.Now()
			at := func(d time.Duration) (end time.Time) {
				if d != 0 {
					end = now.Add(d).Truncate(time.Second)
				}
				return end
			}
			maker := must(k.IssueOperatorToken(ctx, sessionCaller(t, k, "admin", k.AdminPassword),
				identity.IssueOperatorTokenParams{Name: "maker", Scope: allCalls(), ExpiresAt: at(time.Hour)}))(t)
			made := makeWith(t, k, maker, identity.IssueOperatorTokenParams{Name: "made", ExpiresAt: at(asked.expires),
				RenewableUntil: at(asked.renewable)})
			if made.MakerID != maker.ID || made.ExpiresAt.After(maker.ExpiresAt) ||
				made.RenewableUntil.After(maker.ExpiresAt) {
				t.Errorf("got %+v; want no end after %v", made.OperatorToken, maker.ExpiresAt)
			}
			if asked.expires == time.Minute && (!made.ExpiresAt.Equal(at(time.Minute)) ||
				!made.RenewableUntil.Equal(at(2*time.Minute))) {
				t.Errorf("got %+v; want the ends that were asked for", made.OperatorToken)
			}
			again := makeWith(t, k, made, identity.IssueOperatorTokenParams{Name: "made by made",
				ExpiresAt: at(asked.expires), RenewableUntil: at(365 * day)})
			if again.MakerID != made.ID || again.RenewableUntil.After(made.ExpiresAt) {
				t.Errorf("of the second generation: %+v", again.OperatorToken)
			}
			_ = must(renewToken(k, maker))(t) // the maker's new pair lives on, what its old text made does not
			made = must(renewToken(k, made))(t)
			if made.ExpiresAt.After(maker.ExpiresAt) {
				t.Errorf("renewed until %v, after %v", made.ExpiresAt, maker.ExpiresAt)
			}
			k.Clock.Advance(time.Hour + time.Second)
			for what, err := range map[string]error{"made": errOf(use(k.Identity, made)),
				"made by made": errOf(use(k.Identity, again))} {
				wantKind(t, what+" after the maker's end", err, problem.Unauthenticated, problem.CodeInvalidToken)
			}
			wantKind(t, "renewed after the maker's end", errOf(renewToken(k, made)), problem.Unauthenticated,
				problem.CodeInvalidPair)
		})
	}
}

// A limited token, and one that acts for an organization, makes none.
func TestLimitedTokensMakeNone(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	admin, org := sessionCaller(t, k, "admin", k.AdminPassword), k.Organization(t, "company001")
	custom := must(tenancy.NewScope(tenancy.ScopeCustom, []string{"/v4/accesstoken"}))(t)
	p := identity.IssueOperatorTokenParams{Name: "made", Scope: allCalls()}
	limited := must(k.IssueOperatorToken(ctx, admin, identity.IssueOperatorTokenParams{Name: "limited",
		Scope: custom}))(t)
	c := must(use(k.Identity, limited, "v4", "accesstoken"))(t)
	wantKind(t, "a limited one", errOf(k.IssueOperatorToken(ctx, c, p)), problem.Denied,
		problem.CodeLogInRequired)
	narrower := p
	narrower.Scope = custom
	wantKind(t, "a limited one, no wider", errOf(k.IssueOperatorToken(ctx, c, narrower)), problem.Denied,
		problem.CodeLogInRequired)

	token := issueToken(t, k, admin, "deploy")
	c = must(use(k.Identity, token))(t)
	acting := must(k.ActFor(ctx, c, org.ID))(t)
	wantKind(t, "acting for an organization", errOf(k.IssueOperatorToken(ctx, acting, p)), problem.Denied,
		problem.CodeOwnOrganizationRequired)
	wantKind(t, "for another operator", errOf(k.IssueOperatorToken(ctx, c,
		identity.IssueOperatorTokenParams{Name: "x", Scope: allCalls(), OperatorID: "x"})),
		problem.Denied, problem.CodeOwnTokensOnly)
	_ = must(k.UpdateOperatorToken(ctx, admin, token.ID, identity.UpdateOperatorTokenParams{Scope: &custom}))(t)
	wantKind(t, "limited since the caller was read", errOf(k.IssueOperatorToken(ctx, c, p)), problem.Denied,
		problem.CodeLogInRequired)
	if err := k.RevokeOperatorToken(ctx, admin, token.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "ended since the caller was read", errOf(k.IssueOperatorToken(ctx, c, p)),
		problem.Unauthenticated, problem.CodeInvalidToken)
	if list := must(k.ListOperatorTokens(ctx, admin, identity.Self))(t); len(list) != 1 {
		t.Errorf("got %+v, want the limited one alone", list)
	}
}

// What a token made ends with it: all of it, and nothing else.
func TestMadeTokensEndWithTheirMaker(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *tenancytest.Kit, tenancy.Caller,
		identity.IssuedOperatorToken){
		"revoked": func(t *testing.T, k *tenancytest.Kit, admin tenancy.Caller,
			maker identity.IssuedOperatorToken) {
			if err := k.RevokeOperatorToken(context.Background(), admin, maker.ID); err != nil {
				t.Fatal(err)
			}
		},
		"voided": func(t *testing.T, k *tenancytest.Kit, _ tenancy.Caller, maker identity.IssuedOperatorToken) {
			_ = must(renewToken(k, maker))(t)
			wantKind(t, "renewed twice", errOf(renewToken(k, maker)), problem.Unauthenticated, problem.CodeInvalidPair)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := tenancytest.New(t)
			admin := sessionCaller(t, k, "admin", k.AdminPassword)
			maker, other := issueToken(t, k, admin, "maker"), issueToken(t, k, admin, "other")
			first := makeWith(t, k, maker, identity.IssueOperatorTokenParams{Name: "first"})
			second := makeWith(t, k, first, identity.IssueOperatorTokenParams{Name: "second"})
			beside := makeWith(t, k, other, identity.IssueOperatorTokenParams{Name: "of the other"})
			for _, one := range []identity.IssuedOperatorToken{first, second, beside} {
				_ = must(use(k.Identity, one))(t) // remembered from now on
			}
			before := len(k.Events(t, tenancy.RootID))
			end(t, k, admin, maker)
			for _, one := range []identity.IssuedOperatorToken{maker, first, second} {
				wantKind(t, one.Name, errOf(use(k.Identity, one)), problem.Unauthenticated, problem.CodeInvalidToken)
				wantKind(t, one.Name+" renewed", errOf(renewToken(k, one)), problem.Unauthenticated,
					problem.CodeInvalidPair)
			}
			for _, one := range []identity.IssuedOperatorToken{other, beside} {
				if err := errOf(use(k.Identity, one)); err != nil {
					t.Errorf("%s: %v", one.Name, err)
				}
			}
			ended := 0
			for _, action := range k.Events(t, tenancy.RootID)[before:] {
				if action == "operator_token.revoke" || action == "operator_token.void" {
					ended++
				}
			}
			if ended != 3 {
				t.Errorf("the audit has %d ends, want 3", ended)
			}
		})
	}
}

// A token that is limited or ends earlier takes what it made along: all generations
// stay within it. Nothing else is touched.
func TestMadeTokensStayWithinTheirMaker(t *testing.T) {
	t.Parallel()
	const ended = time.Duration(0)
	type ends struct{ wide, narrow, second time.Duration }
	for name, c := range map[string]struct {
		scope              []string
		expires, renewable time.Duration
		want               ends
	}{
		"a new name alone": {want: ends{time.Hour, time.Hour, time.Hour}},
		"an earlier end": {expires: 10 * time.Minute,
			want: ends{10 * time.Minute, 10 * time.Minute, 10 * time.Minute}},
		"an earlier end of renewal": {renewable: 10 * time.Minute,
			want: ends{10 * time.Minute, 10 * time.Minute, 10 * time.Minute}},
		"a later end":            {expires: 2 * time.Hour, want: ends{time.Hour, time.Hour, time.Hour}},
		"limited, and one fits":  {scope: []string{"/organization"}, want: ends{ended, time.Hour, ended}},
		"limited, and none fits": {scope: []string{"/whoami"}, want: ends{ended, ended, ended}},
		"limited with an earlier end": {scope: []string{"/organization/6", "/x"}, expires: 10 * time.Minute,
			want: ends{ended, 10 * time.Minute, ended}},
		"limited to less than one has": {scope: []string{"/organization/6/authtoken"},
			want: ends{ended, ended, ended}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, k := context.Background(), tenancytest.New(t)
			admin, now := sessionCaller(t, k, "admin", k.AdminPassword), k.Clock.Now()
			at := func(d time.Duration) (end time.Time) {
				if d != 0 {
					end = now.Add(d).Truncate(time.Second)
				}
				return end
			}
			maker := must(k.IssueOperatorToken(ctx, admin, identity.IssueOperatorTokenParams{Name: "maker",
				Scope: allCalls(), ExpiresAt: at(time.Hour)}))(t)
			wide := makeWith(t, k, maker, identity.IssueOperatorTokenParams{Name: "wide", ExpiresAt: at(time.Hour)})
			second := makeWith(t, k, wide, identity.IssueOperatorTokenParams{Name: "second", ExpiresAt: at(time.Hour)})
			narrow := must(k.IssueOperatorToken(ctx, must(use(k.Identity, maker))(t),
				identity.IssueOperatorTokenParams{Name: "narrow", ExpiresAt: at(time.Hour),
					Scope: must(tenancy.NewScope(tenancy.ScopeCustom, []string{"/organization/6"}))(t)}))(t)
			other := makeWith(t, k, issueToken(t, k, admin, "other"),
				identity.IssueOperatorTokenParams{Name: "of the other"})
			_ = must(use(k.Identity, second))(t) // remembered from now on
			p := identity.UpdateOperatorTokenParams{ExpiresAt: at(c.expires), RenewableUntil: at(c.renewable)}
			if newName := "new"; c.scope == nil {
				p.Name = &newName
			} else {
				scope := must(tenancy.NewScope(tenancy.ScopeCustom, c.scope))(t)
				p.Scope = &scope
			}
			_ = must(k.UpdateOperatorToken(ctx, admin, maker.ID, p))(t)
			got := map[tenancy.OperatorTokenID]tenancy.OperatorToken{}
			for _, one := range must(k.ListOperatorTokens(ctx, admin, identity.Self))(t) {
				got[one.ID] = one
			}
			for what, w := range map[string]struct {
				id   tenancy.OperatorTokenID
				ends time.Duration
			}{"wide": {wide.ID, c.want.wide}, "narrow": {narrow.ID, c.want.narrow},
				"second": {second.ID, c.want.second}} {
				if one := got[w.id]; !one.ExpiresAt.Equal(at(w.ends)) || !one.RenewableUntil.Equal(at(w.ends)) {
					t.Errorf("%s ends at %v and %v, want %v", what, one.ExpiresAt, one.RenewableUntil, at(w.ends))
				}
			}
			if got[other.ID].RenewableUntil != other.RenewableUntil {
				t.Errorf("what another one made: %+v", got[other.ID])
			}
			if err := errOf(use(k.Identity, second)); (err == nil) != (c.want.second != ended) {
				t.Errorf("used after the change: %v", err)
			}
			if _, err := k.VerifyAudit(ctx, tenancy.RootID); err != nil {
				t.Error(err)
			}
		})
	}
}
