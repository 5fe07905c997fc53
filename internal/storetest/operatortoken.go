// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func operatorTokenTopic() topic {
	return topic{
		methods: []string{"OperatorTokens", "OperatorTokenByDigest", "SpentRefreshToken", "LockOperatorToken",
			"InsertOperatorToken",
			"UpdateOperatorToken", "RenewOperatorToken", "EndOperatorToken", "PruneOperatorTokens"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert and read": tokenRead,
			"not found":       tokenNotFound,
			"name taken":      tokenNameTaken,
			"update":          tokenUpdate,
			"renew":           tokenRenew,
			"renew by many":   tokenRenewRace,
			"end":             tokenEnd,
			"locked":          tokenLock,
			"prune":           tokenPrune,
		},
	}
}

func operatorToken(o tenancy.StoredOperator, n int) tenancy.StoredOperatorToken {
	return tenancy.StoredOperatorToken{AccessDigest: digest(2 * n), RefreshDigest: digest(2*n + 1),
		OperatorToken: tenancy.OperatorToken{OperatorID: o.ID, Operator: o.Number, Name: fmt.Sprint("Näme ", n),
			Scope:     tenancy.Scope{Kind: tenancy.ScopeAll},
			CreatedAt: storedTime(moment(n)), ExpiresAt: storedTime(moment(n + 1)),
			RenewableUntil: storedTime(moment(n + 2)), Life: 30*time.Minute + time.Millisecond}}
}

func addToken(t testing.TB, s tenancy.Store, o tenancy.StoredOperatorToken) tenancy.StoredOperatorToken {
	t.Helper()
	update(t, s, func(tx tenancy.Tx) error {
		o.ID = 0
		return tx.InsertOperatorToken(context.Background(), &o)
	})
	return o
}

func getToken(t testing.TB, s tenancy.Store, accessDigest []byte) tenancy.StoredOperatorToken {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (tenancy.StoredOperatorToken, error) {
		return tx.OperatorTokenByDigest(context.Background(), accessDigest)
	})
}

func tokenRead(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o, other := operator(t, s, "o"), operator(t, s, "other")
	custom := operatorToken(o, 2)
	custom.Scope = tenancy.Scope{Kind: tenancy.ScopeCustom, PathPrefixes: []string{"/organization/6", "/plan"}}
	ended := operatorToken(o, 3)
	ended.EndedAt, ended.EndReason = storedTime(moment(50)), tenancy.TokenReused
	custom.MakerID = 100001
	first, second, third, foreign := addToken(t, s, operatorToken(o, 1)), addToken(t, s, custom),
		addToken(t, s, ended), addToken(t, s, operatorToken(other, 4))
	if first.ID != 100001 || second.ID <= first.ID {
		t.Errorf("got ids %v, %v; want 100001 and a greater one", first.ID, second.ID)
	}
	for _, want := range []tenancy.StoredOperatorToken{first, second, third, foreign} {
		got := getToken(t, s, want.AccessDigest)
		wantUTC(t, got.CreatedAt, got.ExpiresAt, got.RenewableUntil, got.EndedAt)
		wantSame(t, "by digest", got, want)
		update(t, s, func(tx tenancy.Tx) error {
			got, err := tx.LockOperatorToken(ctx, want.ID)
			wantSame(t, "locked", got, want)
			return err
		})
	}
	list := read(t, s, func(tx tenancy.Reader) ([]tenancy.OperatorToken,
		error) {
		return tx.OperatorTokens(ctx, o.ID)
	})
	wantSame(t, "list", list, []tenancy.OperatorToken{first.OperatorToken, second.OperatorToken})
	err := s.Update(ctx, func(tx tenancy.Tx) error {
		nobodys := operatorToken(tenancy.StoredOperator{}, 9)
		return tx.InsertOperatorToken(ctx, &nobodys)
	})
	wantError(t, err, problem.Internal, problem.CodeInternal)
}

func tokenNotFound(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	addToken(t, s, operatorToken(operator(t, s, "o"), 1))
	update(t, s, func(tx tenancy.Tx) error {
		for _, d := range [][]byte{nil, digest(3), digest(9)} { // of them the second renews, which is no access
			_, err := tx.OperatorTokenByDigest(ctx, d)
			wantError(t, err, problem.NotFound, problem.CodeOperatorTokenNotFound)
			_, err = tx.SpentRefreshToken(ctx, d)
			wantError(t, err, problem.NotFound, problem.CodeOperatorTokenNotFound)
		}
		_, err := tx.LockOperatorToken(ctx, 7)
		wantError(t, err, problem.NotFound, problem.CodeOperatorTokenNotFound)
		wantError(t, tx.UpdateOperatorToken(ctx, tenancy.OperatorToken{ID: 7, Name: "n",
			Scope: tenancy.Scope{Kind: tenancy.ScopeAll}}), problem.NotFound, problem.CodeOperatorTokenNotFound)
		for _, id := range []string{"nobody", "", "\x00"} {
			if list, err := tx.OperatorTokens(ctx, id); err != nil || len(list) != 0 {
				t.Errorf("of %q: %v, %v", id, list, err)
			}
		}
		return nil
	})
}

func tokenNameTaken(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o, other := operator(t, s, "o"), operator(t, s, "other")
	first, second := addToken(t, s, operatorToken(o, 1)), addToken(t, s, operatorToken(o, 2))
	same := operatorToken(o, 3)
	same.Name = "NÄME 1"
	update(t, s, func(tx tenancy.Tx) error {
		taken := same
		wantError(t, tx.InsertOperatorToken(ctx, &taken), problem.Conflict, problem.CodeOperatorTokenNameTaken)
		renamed := second.OperatorToken
		renamed.Name = same.Name
		wantError(t, tx.UpdateOperatorToken(ctx, renamed), problem.Conflict, problem.CodeOperatorTokenNameTaken)
		_, err := tx.EndOperatorToken(ctx, second.ID, moment(9), tenancy.TokenRevoked) // it goes on
		return err
	})
	foreign := same
	foreign.OperatorID = other.ID
	addToken(t, s, foreign)
	same.AccessDigest, same.RefreshDigest = digest(40), digest(41)
	update(t, s, func(tx tenancy.Tx) error {
		_, err := tx.EndOperatorToken(ctx, first.ID, moment(9), tenancy.TokenRevoked)
		return err
	})
	addToken(t, s, same) // free again
}

func tokenUpdate(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	want := addToken(t, s, operatorToken(operator(t, s, "o"), 1))
	change := want.OperatorToken
	change.Name, change.Life = "näme 1", time.Hour
	change.Scope = tenancy.Scope{Kind: tenancy.ScopeCustom, PathPrefixes: []string{"/plan"}}
	change.ExpiresAt, change.RenewableUntil = storedTime(moment(70)), storedTime(moment(80))
	update(t, s, func(tx tenancy.Tx) error {
		kept := change
		kept.OperatorID, kept.CreatedAt = "another", moment(60) // these are not changed
		return tx.UpdateOperatorToken(ctx, kept)
	})
	want.OperatorToken = change
	wantSame(t, "changed", getToken(t, s, want.AccessDigest), want)
	update(t, s, func(tx tenancy.Tx) error {
		if _, err := tx.EndOperatorToken(ctx, want.ID, moment(90), tenancy.TokenRevoked); err != nil {
			return err
		}
		wantError(t, tx.UpdateOperatorToken(ctx, change), problem.NotFound, problem.CodeOperatorTokenNotFound)
		return nil
	})
}

// renewed is the token after a renewal, with the pair n.
func renewed(o tenancy.StoredOperatorToken, n int) tenancy.StoredOperatorToken {
	o.AccessDigest, o.RefreshDigest, o.ExpiresAt = digest(2*n), digest(2*n+1), storedTime(moment(100+n))
	return o
}

func tokenRenew(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := operator(t, s, "o")
	first, other := addToken(t, s, operatorToken(o, 1)), addToken(t, s, operatorToken(o, 2))
	second, third := renewed(first, 11), renewed(first, 12)
	mixed := first
	mixed.RefreshDigest = other.RefreshDigest
	swapped := first
	swapped.AccessDigest = other.AccessDigest
	foreign := other
	foreign.ID = first.ID
	renew := func(next, old tenancy.StoredOperatorToken, want bool) {
		t.Helper()
		update(t, s, func(tx tenancy.Tx) error {
			got, err := tx.RenewOperatorToken(ctx, next, old, moment(30))
			if got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			return err
		})
	}
	renew(second, mixed, false)
	renew(second, swapped, false)
	renew(second, foreign, false)
	renew(second, first, true)
	wantSame(t, "renewed", getToken(t, s, second.AccessDigest), second)
	renew(third, first, false)
	update(t, s, func(tx tenancy.Tx) error {
		_, err := tx.OperatorTokenByDigest(ctx, first.AccessDigest)
		wantError(t, err, problem.NotFound, problem.CodeOperatorTokenNotFound)
		_, err = tx.SpentRefreshToken(ctx, second.RefreshDigest)
		wantError(t, err, problem.NotFound, problem.CodeOperatorTokenNotFound)
		id, err := tx.SpentRefreshToken(ctx, first.RefreshDigest)
		if id != first.ID {
			t.Errorf("spent of %v, want %v", id, first.ID)
		}
		if err == nil {
			_, err = tx.EndOperatorToken(ctx, first.ID, moment(40), tenancy.TokenRevoked)
		}
		return err
	})
	renew(third, second, false)
	wantSame(t, "the other", getToken(t, s, other.AccessDigest), other)
}

func tokenRenewRace(t *testing.T, s tenancy.Store) {
	first := addToken(t, s, operatorToken(operator(t, s, "o"), 1))
	var winner, won atomic.Int32
	together(16, func(i int) {
		var mine bool
		err := s.Update(context.Background(), func(tx tenancy.Tx) (err error) {
			mine, err = tx.RenewOperatorToken(context.Background(), renewed(first, 10+i), first, moment(i))
			return err
		})
		if err != nil {
			t.Errorf("renew: %v", err)
		}
		if mine {
			winner.Store(int32(10 + i))
			won.Add(1)
		}
	})
	if won.Load() != 1 {
		t.Fatalf("got %d who renewed it, want 1", won.Load())
	}
	want := renewed(first, int(winner.Load()))
	wantSame(t, "the winner's", getToken(t, s, want.AccessDigest), want)
}

func tokenEnd(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := operator(t, s, "o")
	want, other := addToken(t, s, operatorToken(o, 1)), addToken(t, s, operatorToken(o, 2))
	var ended atomic.Int32
	together(8, func(int) {
		var mine bool
		err := s.Update(ctx, func(tx tenancy.Tx) (err error) {
			mine, err = tx.EndOperatorToken(ctx, want.ID, moment(20), tenancy.TokenReused)
			return err
		})
		if err != nil {
			t.Errorf("end: %v", err)
		}
		if mine {
			ended.Add(1)
		}
	})
	if ended.Load() != 1 {
		t.Errorf("got %d who ended it, want 1", ended.Load())
	}
	want.EndedAt, want.EndReason = storedTime(moment(20)), tenancy.TokenReused
	wantSame(t, "ended", getToken(t, s, want.AccessDigest), want)
	wantSame(t, "the other", getToken(t, s, other.AccessDigest), other)
	update(t, s, func(tx tenancy.Tx) error {
		if mine, err := tx.EndOperatorToken(ctx, 7, moment(1), tenancy.TokenRevoked); mine || err != nil {
			t.Errorf("one that is not there: %v, %v", mine, err)
		}
		return nil
	})
}

// A transaction that holds the lock is not overtaken.
func tokenLock(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	first := addToken(t, s, operatorToken(operator(t, s, "o"), 1))
	together(8, func(int) {
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			o, err := tx.LockOperatorToken(ctx, first.ID)
			if err != nil {
				return err
			}
			o.Life += time.Second
			return tx.UpdateOperatorToken(ctx, o.OperatorToken)
		})
		if err != nil {
			t.Errorf("lock and update: %v", err)
		}
	})
	first.Life += 8 * time.Second
	wantSame(t, "changed by all", getToken(t, s, first.AccessDigest), first)
}

func tokenPrune(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := operator(t, s, "o")
	var all []tenancy.StoredOperatorToken
	for n := range 6 { // renewable until 2, 3, 4 …
		all = append(all, addToken(t, s, operatorToken(o, n)))
	}
	late := operatorToken(o, 1000)
	late.EndedAt, late.EndReason = storedTime(moment(3)), tenancy.TokenRevoked
	all = append(all, addToken(t, s, late))
	update(t, s, func(tx tenancy.Tx) error {
		_, err := tx.RenewOperatorToken(ctx, renewed(all[0], 20), all[0], moment(1))
		return err
	})
	all[0] = renewed(all[0], 20)
	left := func() (n int) {
		view(t, s, func(tx tenancy.Reader) error {
			for _, one := range all {
				if _, err := tx.OperatorTokenByDigest(ctx, one.AccessDigest); err == nil {
					n++
				}
			}
			return nil
		})
		return n
	}
	for _, step := range []struct{ before, limit, want int }{{0, 10, 7}, {5, 0, 7}, {3, 5, 6}, {5, 1, 4},
		{5, 5, 3}, {5, 5, 3}} {
		update(t, s, func(tx tenancy.Tx) error {
			return tx.PruneOperatorTokens(ctx, moment(step.before),
				step.limit)
		})
		if n := left(); n != step.want {
			t.Errorf("after %+v: got %d", step, n)
		}
	}
	view(t, s, func(tx tenancy.Reader) error {
		_, err := tx.SpentRefreshToken(ctx, digest(1))
		wantError(t, err, problem.NotFound, problem.CodeOperatorTokenNotFound)
		return nil
	})
}
