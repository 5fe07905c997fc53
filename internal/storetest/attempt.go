// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/internal/tenancy"
)

func attemptTopic() topic {
	return topic{
		methods: []string{"LockAttempt", "PutAttempt", "PruneAttempts"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"put and read":  attemptRead,
			"count by many": attemptRace,
			"prune":         attemptPrune,
		},
	}
}

func getAttempt(t testing.TB, s tenancy.Store, subject string) (a tenancy.Attempt) {
	t.Helper()
	update(t, s, func(tx tenancy.Tx) (err error) {
		a, err = tx.LockAttempt(context.Background(), subject)
		return err
	})
	return a
}

func attemptRead(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	for range 2 { // reading does not count
		wantSame(t, "new", getAttempt(t, s, "subject"), tenancy.Attempt{Subject: "subject"})
	}
	for _, want := range []tenancy.Attempt{
		{Subject: "subject", Failures: 3, UpdatedAt: moment(1), LockedUntil: moment(70_000)},
		{Subject: "subject", Failures: 0, UpdatedAt: moment(2)},
	} {
		update(t, s, func(tx tenancy.Tx) error { return tx.PutAttempt(ctx, want) })
		want.UpdatedAt = storedTime(want.UpdatedAt)
		if !want.LockedUntil.IsZero() {
			want.LockedUntil = storedTime(want.LockedUntil)
		}
		got := getAttempt(t, s, "subject")
		wantUTC(t, got.UpdatedAt, got.LockedUntil)
		wantSame(t, "attempt", got, want)
	}
	wantSame(t, "another", getAttempt(t, s, "Subject"), tenancy.Attempt{Subject: "Subject"})
	update(t, s, func(tx tenancy.Tx) error {
		return tx.PutAttempt(ctx, tenancy.Attempt{Subject: "unseen", Failures: 1, UpdatedAt: moment(1)})
	})
	if got := getAttempt(t, s, "unseen"); got.Failures != 1 {
		t.Errorf("put without a look: got %+v", got)
	}
}

// The first failures of a subject count too: there is no row to lock yet.
func attemptRace(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	const guesses = 48
	together(guesses, func(i int) {
		subject := fmt.Sprint("subject-", i%2)
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			a, err := tx.LockAttempt(ctx, subject)
			if err != nil {
				return err
			}
			a.Failures++
			a.UpdatedAt = moment(i)
			return tx.PutAttempt(ctx, a)
		})
		if err != nil {
			t.Errorf("count: %v", err)
		}
	})
	for _, subject := range []string{"subject-0", "subject-1"} {
		if got := getAttempt(t, s, subject).Failures; got != guesses/2 {
			t.Errorf("%s: got %d failures, want %d", subject, got, guesses/2)
		}
	}
}

func attemptPrune(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	for n := range 5 {
		update(t, s, func(tx tenancy.Tx) error {
			return tx.PutAttempt(ctx, tenancy.Attempt{Subject: fmt.Sprint(n), Failures: 1, UpdatedAt: moment(n)})
		})
	}
	for _, step := range []struct{ before, limit, want int }{{0, 9, 5}, {3, 0, 5}, {3, 2, 3}, {3, 9, 2},
		{9, 9, 0}} {
		update(t, s, func(tx tenancy.Tx) error { return tx.PruneAttempts(ctx, moment(step.before), step.limit) })
		left := 0 // an engine may store a subject that is read here with a count of zero
		for n := range 5 {
			left += getAttempt(t, s, fmt.Sprint(n)).Failures
		}
		if left != step.want {
			t.Errorf("after %+v: got %d left", step, left)
		}
	}
}
