// SPDX-License-Identifier: Apache-2.0

package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// Many callers renew one pair at once, through two replicas. Exactly one gets a new pair.
// The others had a copy of the old one, so the new pair is void in the end, too.
func TestRenewedAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, store tenancy.Store) {
		ctx, k := context.Background(), tenancytest.On(t, store)
		replica := tenancytest.Over(k.Store, k.Keys, k.Clock.Now, tenancytest.Options{NoLimits: true}).Identity
		for range 5 {
			s, err := k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: k.Admin,
				Password: k.AdminPassword})
			if err != nil {
				t.Fatal(err)
			}
			caller, err := k.AuthenticateSession(ctx, k.Anyone().Origin, s.Text.Reveal())
			if err != nil {
				t.Fatal(err)
			}
			first, err := k.IssueOperatorToken(ctx, caller, identity.IssueOperatorTokenParams{Name: "deploy",
				Scope: tenancy.Scope{Kind: tenancy.ScopeAll}})
			if err != nil {
				t.Fatal(err)
			}
			won, next := renewTogether(t, []*identity.Service{k.Identity, replica}, k.Anyone(), first)
			if won != 1 {
				t.Fatalf("%d got a new pair, want 1", won)
			}
			for _, token := range []identity.IssuedOperatorToken{first, next} {
				if _, err := k.AuthenticateOperatorToken(ctx, k.Anyone().Origin, token.Access.Reveal(), nil); !errors.Is(
					err, problem.Unauthenticated) {
					t.Errorf("used after all: %v", err)
				}
				if _, err := k.RenewOperatorToken(ctx, k.Anyone(), token.Access.Reveal(),
					token.Refresh.Reveal()); !errors.Is(err, problem.Unauthenticated) {
					t.Errorf("renewed after all: %v", err)
				}
			}
		}
		renewals, voids := 0, 0
		err := k.Store.View(ctx, func(tx tenancy.Reader) error {
			events, err := tx.AuditEvents(ctx, tenancy.RootID, 0, 1000)
			for _, e := range events {
				switch e.Action {
				case "operator_token.renew":
					renewals++
				case "operator_token.void":
					voids++
				}
			}
			return err
		})
		if err != nil || renewals != 5 || voids != 5 {
			t.Errorf("%d renewals and %d voids in the audit, %v; want 5 of each", renewals, voids, err)
		}
	})
}

// renewTogether presents the pair many times at once.
func renewTogether(t *testing.T, services []*identity.Service, caller tenancy.Caller,
	first identity.IssuedOperatorToken) (won int32, next identity.IssuedOperatorToken) {
	t.Helper()
	var winners atomic.Int32
	var mu sync.Mutex
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range 32 {
		group.Go(func() {
			<-start
			got, err := services[i%len(services)].RenewOperatorToken(context.Background(), caller,
				first.Access.Reveal(), first.Refresh.Reveal())
			switch {
			case err == nil:
				winners.Add(1)
				mu.Lock()
				next = got
				mu.Unlock()
			case !errors.Is(err, problem.Unauthenticated):
				t.Errorf("renew: %v", err)
			}
		})
	}
	close(start)
	group.Wait()
	return winners.Load(), next
}

func useToken(t *testing.T, k *tenancytest.Kit, token identity.IssuedOperatorToken) tenancy.Caller {
	t.Helper()
	caller, err := k.AuthenticateOperatorToken(context.Background(), k.Anyone().Origin, token.Access.Reveal(),
		nil)
	if err != nil {
		t.Fatal(err)
	}
	return caller
}

// Operator tokens make further tokens through two replicas while the first token ends. The
// end also ends every token that was made from it.
func TestMadeAndEndedAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, store tenancy.Store) {
		ctx, k := context.Background(), tenancytest.On(t, store)
		services := []*identity.Service{k.Identity, tenancytest.Over(k.Store, k.Keys, k.Clock.Now,
			tenancytest.Options{NoLimits: true}).Identity}
		s, err := k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: k.Admin,
			Password: k.AdminPassword})
		if err != nil {
			t.Fatal(err)
		}
		admin, err := k.AuthenticateSession(ctx, k.Anyone().Origin, s.Text.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		all := tenancy.Scope{Kind: tenancy.ScopeAll}
		for range 5 {
			maker, err := k.IssueOperatorToken(ctx, admin, identity.IssueOperatorTokenParams{Name: "maker",
				Scope: all})
			if err != nil {
				t.Fatal(err)
			}
			programs := []tenancy.Caller{useToken(t, k, maker)}
			for i := range 3 { // each made with the one before
				made, err := k.IssueOperatorToken(ctx, programs[i],
					identity.IssueOperatorTokenParams{Name: fmt.Sprint("generation ", i), Scope: all})
				if err != nil {
					t.Fatal(err)
				}
				programs = append(programs, useToken(t, k, made))
			}
			var group sync.WaitGroup
			for i := range 12 {
				group.Go(func() {
					p := identity.IssueOperatorTokenParams{Name: fmt.Sprint("made ", i), Scope: all}
					if _, err := services[i%2].IssueOperatorToken(ctx, programs[i%len(programs)], p); err != nil &&
						!errors.Is(err, problem.Unauthenticated) {
						t.Errorf("issue: %v", err)
					}
				})
			}
			group.Go(func() {
				if err := k.RevokeOperatorToken(ctx, admin, maker.ID); err != nil {
					t.Errorf("revoke: %v", err)
				}
			})
			group.Wait()
			if left, err := k.ListOperatorTokens(ctx, admin, identity.Self); err != nil || len(left) != 0 {
				t.Fatalf("%d are left, %v", len(left), err)
			}
		}
	})
}

// While an operator token is renewed, through another replica, it is given an earlier
// end: the new pair does not live past it.
func TestRenewedAndShortenedAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, store tenancy.Store) {
		ctx, k := context.Background(), tenancytest.On(t, store)
		replica := tenancytest.Over(k.Store, k.Keys, k.Clock.Now, tenancytest.Options{NoLimits: true}).Identity
		s, err := k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: k.Admin,
			Password: k.AdminPassword})
		if err != nil {
			t.Fatal(err)
		}
		admin, err := k.AuthenticateSession(ctx, k.Anyone().Origin, s.Text.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			token, err := k.IssueOperatorToken(ctx, admin, identity.IssueOperatorTokenParams{Name: fmt.Sprint("token ",
				i), Scope: tenancy.Scope{Kind: tenancy.ScopeAll}})
			if err != nil {
				t.Fatal(err)
			}
			end := k.Clock.Now().Add(time.Minute)
			var group sync.WaitGroup
			group.Go(func() {
				_, err := replica.RenewOperatorToken(ctx, k.Anyone(), token.Access.Reveal(), token.Refresh.Reveal())
				if err != nil {
					t.Errorf("renew: %v", err)
				}
			})
			group.Go(func() {
				if _, err := k.UpdateOperatorToken(ctx, admin, token.ID,
					identity.UpdateOperatorTokenParams{RenewableUntil: end}); err != nil {
					t.Errorf("update: %v", err)
				}
			})
			group.Wait()
		}
		list, err := k.ListOperatorTokens(ctx, admin, identity.Self)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			if one.ExpiresAt.After(one.RenewableUntil) {
				t.Errorf("%s ends at %v, after %v", one.Name, one.ExpiresAt, one.RenewableUntil)
			}
		}
	})
}
