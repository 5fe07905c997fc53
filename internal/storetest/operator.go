// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"sync/atomic"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func operatorTopic() topic {
	return topic{
		methods: []string{"Operator", "OperatorByUsername", "OperatorByNumber", "Operators", "CountOperators",
			"LockOperator", "InsertOperator", "UpdateOperator", "TakeTOTPStep", "LockOperators", "DeleteOperator",
			"EndSessionsOf", "EndTokensOf"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert and read":   operatorRead,
			"not found":         operatorNotFound,
			"username taken":    operatorTaken,
			"update":            operatorUpdate,
			"take a step":       operatorStep,
			"one step for many": operatorStepRace,
			"locked":            operatorLock,
			"numbers":           operatorNumbers,
			"numbers at once":   operatorNumbersRace,
			"list":              operatorList,
			"of a role":         operatorsOfRole,
			"the last one":      operatorLast,
			"delete":            operatorDelete,
			"end what it has":   operatorEnds,
		},
	}
}

func getOperator(t testing.TB, s tenancy.Store, id string) tenancy.StoredOperator {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (tenancy.StoredOperator,
		error) {
		return tx.Operator(context.Background(), id)
	})
}

func operatorRead(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	want := tenancy.StoredOperator{
		Operator: tenancy.Operator{ID: "o1", Username: "Jürgen", Role: tenancy.AccountManager,
			OrganizationID: member(t, s, "m").ID, Active: true, CreatedAt: moment(1), UpdatedAt: moment(2),
			DisplayName: "Jürgen B.", LoginGeneration: 7},
		TOTPPending:  []byte{7, 0},
		PasswordHash: "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
		TOTPSealed:   []byte{0, 1, 0xfe},
		TOTPStep:     56_000_000,
	}
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertOperator(ctx, &want) })
	want.CreatedAt, want.UpdatedAt = storedTime(want.CreatedAt), storedTime(want.UpdatedAt)
	got := getOperator(t, s, "o1")
	wantUTC(t, got.CreatedAt)
	wantSame(t, "operator", got, want)
	for _, name := range []string{"Jürgen", "JÜRGEN", "jürgen", "ju\u0308rgen"} {
		got := read(t, s, func(tx tenancy.Reader) (tenancy.StoredOperator,
			error) {
			return tx.OperatorByUsername(ctx, name)
		})
		wantSame(t, "by name "+name, got, want)
	}
	if o := operator(t, s, "second"); getOperator(t, s, o.ID).TOTPSealed != nil {
		t.Error("got a second factor nobody enrolled")
	}
	if n := read(t, s, func(tx tenancy.Reader) (int, error) { return tx.CountOperators(ctx) }); n != 2 {
		t.Errorf("got %d operators, want 2", n)
	}
}

func operatorNotFound(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	update(t, s, func(tx tenancy.Tx) error {
		for _, name := range []string{"", "nobody", "a\x00b", "\xff\xfe", "' OR ''='", "%"} {
			_, err := tx.Operator(ctx, name)
			wantError(t, err, problem.NotFound, problem.CodeOperatorNotFound)
			_, err = tx.LockOperator(ctx, name)
			wantError(t, err, problem.NotFound, problem.CodeOperatorNotFound)
			_, err = tx.OperatorByUsername(ctx, name)
			wantError(t, err, problem.NotFound, problem.CodeOperatorNotFound)
		}
		wantError(t, tx.UpdateOperator(ctx, tenancy.StoredOperator{}), problem.NotFound,
			problem.CodeOperatorNotFound)
		if taken, err := tx.TakeTOTPStep(ctx, "nobody", 1); taken || err != nil {
			t.Errorf("got %v, %v; want false, nil", taken, err)
		}
		n, err := tx.CountOperators(ctx)
		if n != 0 {
			t.Errorf("got %d operators, want none", n)
		}
		return err
	})
}

func operatorTaken(t *testing.T, s tenancy.Store) {
	first := operator(t, s, "Admin")
	update(t, s, func(tx tenancy.Tx) error {
		for _, o := range []tenancy.Operator{{ID: "other", Username: "ADMIN"}, {ID: first.ID, Username: "other"}} {
			o.Role = tenancy.Auditor
			wantError(t, tx.InsertOperator(context.Background(), &tenancy.StoredOperator{Operator: o}),
				problem.Conflict, problem.CodeUsernameTaken)
		}
		return nil
	})
	wantSame(t, "the first", getOperator(t, s, first.ID), first)
}

func operatorUpdate(t *testing.T, s tenancy.Store) {
	want, other := operator(t, s, "one"), operator(t, s, "two")
	want.PasswordHash, want.Role, want.Active, want.TOTPSealed = "new", tenancy.Administrator, false, []byte{9}
	want.OrganizationID, want.DisplayName, want.TOTPPending = member(t, s, "m").ID, "One", []byte{3}
	want.LoginGeneration, want.UpdatedAt = 1<<40, storedTime(moment(5))
	change := want
	change.Username, change.TOTPStep, change.CreatedAt, change.DeletedAt = "ignored", 7, moment(7), moment(7)
	for _, sealed := range [][]byte{{9}, nil} {
		change.TOTPSealed, want.TOTPSealed = sealed, sealed
		update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOperator(context.Background(), change) })
		wantSame(t, "operator", getOperator(t, s, want.ID), want)
	}
	wantSame(t, "the other", getOperator(t, s, other.ID), other)
}

func operatorStep(t *testing.T, s tenancy.Store) {
	o := operator(t, s, "o")
	for _, step := range []struct {
		n    int64
		want bool
	}{{5, true}, {5, false}, {4, false}, {6, true}, {5, false}, {100, true}} {
		update(t, s, func(tx tenancy.Tx) error {
			got, err := tx.TakeTOTPStep(context.Background(), o.ID, step.n)
			if got != step.want {
				t.Errorf("step %d: got %v, want %v", step.n, got, step.want)
			}
			return err
		})
	}
	if got := getOperator(t, s, o.ID).TOTPStep; got != 100 {
		t.Errorf("got step %d, want 100", got)
	}
	for _, change := range []struct {
		sealed []byte
		want   int64
	}{{o.TOTPSealed, 100}, {[]byte{7}, 0}} {
		o.TOTPSealed = change.sealed
		update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOperator(context.Background(), o) })
		if got := getOperator(t, s, o.ID).TOTPStep; got != change.want {
			t.Errorf("after an update: got step %d, want %d", got, change.want)
		}
	}
}

func operatorStepRace(t *testing.T, s tenancy.Store) {
	o := operator(t, s, "o")
	var winners atomic.Int32
	together(32, func(int) {
		var taken bool
		err := s.Update(context.Background(), func(tx tenancy.Tx) (err error) {
			taken, err = tx.TakeTOTPStep(context.Background(), o.ID, 42)
			return err
		})
		if err != nil {
			t.Errorf("take: %v", err)
		}
		if taken {
			winners.Add(1)
		}
	})
	if n := winners.Load(); n != 1 {
		t.Errorf("got %d who used one code, want 1", n)
	}
}

// An Update that reads under the lock and stores a value derived from it loses no change.
func operatorLock(t *testing.T, s tenancy.Store) {
	o := operator(t, s, "o")
	const writers = 32
	together(writers, func(int) {
		err := s.Update(context.Background(), func(tx tenancy.Tx) error {
			o, err := tx.LockOperator(context.Background(), o.ID)
			if err != nil {
				return err
			}
			o.TOTPSealed = append(o.TOTPSealed, 1)
			return tx.UpdateOperator(context.Background(), o)
		})
		if err != nil {
			t.Errorf("update: %v", err)
		}
	})
	if n := len(getOperator(t, s, o.ID).TOTPSealed); n != writers {
		t.Errorf("%d of %d changes stayed", n, writers)
	}
}
