// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// A log-out ends the token that it is sent with and all that were refreshed from the same log-in,
// before it and after it, on every replica. Another log-in of the same caller goes on.
func TestLogoutEndsTheLogin(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	replica := tenancytest.Over(k.Store, k.Keys, k.Clock.Now,
		tenancytest.Options{Hasher: secret.NewCheapHasher(), NoLimits: true})
	password := k.Operator(t, "ada", tenancy.Auditor, tenancy.RootID)
	key := k.Application(t, "shop").KeyText.Reveal()
	for kind, login := range map[string]func() (identity.IssuedToken, error){
		"operator": func() (identity.IssuedToken, error) {
			return k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "ada", Password: password,
				Audience: tree})
		},
		"application": func() (identity.IssuedToken, error) { return k.LoginWithKey(ctx, k.Anyone(), key, tree) },
	} {
		for leaves := range 3 { // the first, the second or the third of the log-in
			first, other := must(login())(t), must(login())(t)
			tokens := []identity.IssuedToken{first}
			for range 2 {
				last := tokens[len(tokens)-1].Text.Reveal()
				c := must(k.AuthenticateToken(ctx, k.Anyone().Origin, last, tree))(t)
				tokens = append(tokens, must(k.RefreshToken(ctx, c))(t))
			}
			there := must(replica.AuthenticateToken(ctx, k.Anyone().Origin, tokens[2].Text.Reveal(), tree))(t)
			caller := must(k.AuthenticateToken(ctx, k.Anyone().Origin, tokens[leaves].Text.Reveal(), tree))(t)
			if err := k.Logout(ctx, caller); err != nil {
				t.Fatal(err)
			}
			late := must(replica.RefreshToken(ctx, there))(t) // the other replica does not know yet
			for i, token := range append(tokens, late) {
				_, err := k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), tree)
				wantKind(t, kind, err, problem.Unauthenticated, problem.CodeInvalidToken)
				if i == 3 {
					_, err = replica.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), tree)
					wantKind(t, kind+", refreshed late", err, problem.Unauthenticated, problem.CodeInvalidToken)
				}
			}
			k.Clock.Advance(time.Second)
			_, err := replica.AuthenticateToken(ctx, k.Anyone().Origin, tokens[2].Text.Reveal(), tree)
			wantKind(t, kind+", there", err, problem.Unauthenticated, problem.CodeInvalidToken)
			if _, err := k.AuthenticateToken(ctx, k.Anyone().Origin, other.Text.Reveal(), tree); err != nil {
				t.Errorf("%s: another log-in ended: %v", kind, err)
			}
		}
	}
}

// A request that found out who its caller is before the log-out changes nothing after it, also
// with a token that was refreshed from the one that was logged out.
func TestLogoutStopsChanges(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, store tenancy.Store) {
		ctx, k := context.Background(), tenancytest.On(t, store)
		first := k.OperatorCaller(t, k.Admin, k.AdminPassword)
		text := must(k.RefreshToken(ctx, first))(t).Text.Reveal()
		second := must(k.AuthenticateToken(ctx, k.Anyone().Origin, text, first.Token.Audience))(t)
		if err := k.Logout(ctx, first); err != nil {
			t.Fatal(err)
		}
		for name, caller := range map[string]tenancy.Caller{"first": first, "second": second} {
			_, err := k.CreateApplication(ctx, caller,
				identity.CreateApplicationParams{Name: "a", Type: tenancy.TypeApplication})
			wantKind(t, name, err, problem.Unauthenticated, problem.CodeInvalidToken)
		}
	})
}

// What is remembered of a log-out lasts longer than every token of the log-in, however often others
// log out and take away what is old.
func TestLogoutIsRemembered(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	caller := k.OperatorCaller(t, k.Admin, k.AdminPassword)
	k.Clock.Advance(identity.OperatorTokenLife - time.Second)
	last := must(k.RefreshToken(ctx, caller))(t)
	if err := k.Logout(ctx, caller); err != nil {
		t.Fatal(err)
	}
	for range 14 {
		k.Clock.Advance(time.Minute)
		if err := k.Logout(ctx, k.OperatorCaller(t, k.Admin, k.AdminPassword)); err != nil {
			t.Fatal(err)
		}
		_, err := k.AuthenticateToken(ctx, k.Anyone().Origin, last.Text.Reveal(), tree)
		wantKind(t, "refreshed", err, problem.Unauthenticated, problem.CodeInvalidToken)
	}
}
