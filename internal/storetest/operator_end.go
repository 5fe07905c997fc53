// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// administrator makes an active administrator of the root.
func administrator(t *testing.T, s tenancy.Store, name string) tenancy.StoredOperator {
	t.Helper()
	o := operator(t, s, name)
	o.Role = tenancy.Administrator
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOperator(context.Background(), o) })
	return o
}

func operatorsOfRole(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	b, a, off, bound := administrator(t, s, "b"), administrator(t, s, "a"), administrator(t, s, "off"),
		administrator(t, s, "bound")
	operator(t, s, "auditor")
	off.Active, bound.OrganizationID = false, member(t, s, "m").ID
	update(t, s, func(tx tenancy.Tx) error {
		if err := tx.UpdateOperator(ctx, off); err != nil {
			return err
		}
		return tx.UpdateOperator(ctx, bound)
	})
	update(t, s, func(tx tenancy.Tx) error {
		got, err := tx.LockOperators(ctx, tenancy.RootID, tenancy.Administrator)
		wantSame(t, "of the root", got, []string{a.ID, b.ID})
		if err != nil {
			return err
		}
		got, err = tx.LockOperators(ctx, bound.OrganizationID, tenancy.Administrator)
		wantSame(t, "of the organization", got, []string{bound.ID})
		return err
	})
}

// Each of some administrators goes only if another one is left, all at once: one stays.
func operatorLast(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	const n = 8
	all := make([]tenancy.StoredOperator, n)
	for i := range all {
		all[i] = administrator(t, s, fmt.Sprint("o", i))
	}
	var gone atomic.Int32
	together(n, func(i int) {
		left := 0
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			ids, err := tx.LockOperators(ctx, tenancy.RootID, tenancy.Administrator)
			if left = len(ids); err != nil || left < 2 {
				return err
			}
			o, err := tx.LockOperator(ctx, all[i].ID)
			if err != nil {
				return err
			}
			o.Active = false
			return tx.UpdateOperator(ctx, o)
		})
		if err != nil {
			t.Errorf("leave: %v", err)
		}
		if left > 1 {
			gone.Add(1)
		}
	})
	if got := gone.Load(); got != n-1 {
		t.Errorf("%d of %d have left", got, n)
	}
}

func operatorDelete(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	want, other := operator(t, s, "one"), operator(t, s, "two")
	want.TOTPSealed, want.TOTPPending, want.LoginGeneration = []byte{1}, []byte{2}, 4
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOperator(ctx, want) })
	update(t, s, func(tx tenancy.Tx) error {
		if err := tx.DeleteOperator(ctx, want.ID, moment(9)); err != nil {
			return err
		}
		wantError(t, tx.DeleteOperator(ctx, want.ID, moment(9)), problem.NotFound, problem.CodeOperatorNotFound)
		wantError(t, tx.DeleteOperator(ctx, "none", moment(9)), problem.NotFound, problem.CodeOperatorNotFound)
		return nil
	})
	want.Active, want.PasswordHash, want.TOTPSealed, want.TOTPPending, want.LoginGeneration = false, "", nil,
		nil, 5
	want.DeletedAt, want.UpdatedAt = storedTime(moment(9)), storedTime(moment(9))
	wantSame(t, "the deleted one", getOperator(t, s, want.ID), want)
	wantSame(t, "the other", getOperator(t, s, other.ID), other)
	view(t, s, func(tx tenancy.Reader) error {
		_, err := tx.OperatorByUsername(ctx, "one")
		wantError(t, err, problem.NotFound, problem.CodeOperatorNotFound)
		page, n, err := tx.Operators(ctx, tenancy.ListParams{Limit: 10})
		if n != 1 || len(page) != 1 || page[0].ID != other.ID {
			t.Errorf("listed: %v of %d", page, n)
		}
		return err
	})
	again := tenancy.StoredOperator{Operator: tenancy.Operator{ID: "again", Username: "ONE",
		Role: tenancy.Auditor}}
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertOperator(ctx, &again) })
	if again.Number <= other.Number {
		t.Errorf("the number %d was given again", again.Number)
	}
}

// What one operator has ends at the time, and what others have does not.
func operatorEnds(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	one, two := operator(t, s, "one"), operator(t, s, "two")
	addSessions(t, s, session(one, 1), session(two, 2), session(one, 3))
	first, second := addToken(t, s, operatorToken(one, 1)), addToken(t, s, operatorToken(two, 2))
	for _, n := range []int{20, 30} { // the second time nothing is living
		update(t, s, func(tx tenancy.Tx) error {
			if err := tx.EndSessionsOf(ctx, one.ID, moment(n)); err != nil {
				return err
			}
			return tx.EndTokensOf(ctx, one.ID, moment(n), tenancy.TokenRevoked)
		})
	}
	at := storedTime(moment(20))
	if a, b, c := getSession(t, s, 1), getSession(t, s, 2), getSession(t, s, 3); !a.EndedAt.Equal(at) ||
		!b.EndedAt.IsZero() || !c.EndedAt.Equal(at) {
		t.Errorf("sessions ended at %v, %v, %v", a.EndedAt, b.EndedAt, c.EndedAt)
	}
	first.EndedAt, first.EndReason = at, tenancy.TokenRevoked
	wantSame(t, "its token", getToken(t, s, first.AccessDigest), first)
	wantSame(t, "another's token", getToken(t, s, second.AccessDigest), second)
}
