// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"gatehouse/internal/tenancy"
)

func answerTopic() topic {
	return topic{
		methods: []string{"LockAnswer", "PutAnswer", "DeleteAnswer", "PruneAnswers"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"put and read": answerRead,
			"not put":      answerNotPut,
			"one by many":  answerRace,
			"prune":        answerPrune,
		},
	}
}

func answerOf(n int) tenancy.StoredAnswer {
	return tenancy.StoredAnswer{Digest: digest(n), Request: digest(100 + n), Sealed: digest(200 + n),
		CreatedAt: storedTime(moment(n))}
}

func getAnswer(t testing.TB, s tenancy.Store, digest []byte) (a tenancy.StoredAnswer) {
	t.Helper()
	update(t, s, func(tx tenancy.Tx) (err error) {
		if a, err = tx.LockAnswer(context.Background(), digest); err != nil || len(a.Sealed) > 0 {
			return err
		}
		return tx.DeleteAnswer(context.Background(), digest)
	})
	return a
}

// putAnswer stores an answer as the domain does.
func putAnswer(t testing.TB, s tenancy.Store, a tenancy.StoredAnswer) {
	t.Helper()
	update(t, s, func(tx tenancy.Tx) error {
		if _, err := tx.LockAnswer(context.Background(), a.Digest); err != nil {
			return err
		}
		return tx.PutAnswer(context.Background(), a)
	})
}

func answerRead(t *testing.T, s tenancy.Store) {
	for range 2 { // reading stores nothing
		wantSame(t, "none", getAnswer(t, s, digest(1)), tenancy.StoredAnswer{})
	}
	want := answerOf(1)
	want.Sealed = make([]byte, 100_000)
	putAnswer(t, s, want)
	got := getAnswer(t, s, digest(1))
	wantUTC(t, got.CreatedAt)
	wantSame(t, "answer", got, want)
	wantSame(t, "of another", getAnswer(t, s, digest(2)), tenancy.StoredAnswer{})
	want = answerOf(7)
	want.Digest = digest(1)
	putAnswer(t, s, want) // in the place of one that is too old
	wantSame(t, "another answer", getAnswer(t, s, digest(1)), want)
	update(t, s, func(tx tenancy.Tx) error { // seen within the transaction, too
		ctx := context.Background()
		if _, err := tx.LockAnswer(ctx, digest(3)); err != nil {
			return err
		}
		if err := tx.PutAnswer(ctx, answerOf(3)); err != nil {
			return err
		}
		got, err := tx.LockAnswer(ctx, digest(3))
		wantSame(t, "in its transaction", got, answerOf(3))
		if err := errors.Join(err, tx.DeleteAnswer(ctx, digest(3))); err != nil {
			return err
		}
		got, err = tx.LockAnswer(ctx, digest(3))
		wantSame(t, "deleted in its transaction", got, tenancy.StoredAnswer{})
		return errors.Join(err, tx.DeleteAnswer(ctx, digest(3)))
	})
}

// A transaction that fails, or that deletes its answer, leaves none.
func answerNotPut(t *testing.T, s tenancy.Store) {
	ctx, failed := context.Background(), errors.New("failed")
	err := s.Update(ctx, func(tx tenancy.Tx) error {
		if _, err := tx.LockAnswer(ctx, digest(1)); err != nil {
			return err
		}
		if err := tx.PutAnswer(ctx, answerOf(1)); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	wantSame(t, "after a failure", getAnswer(t, s, digest(1)), tenancy.StoredAnswer{})
	update(t, s, func(tx tenancy.Tx) error { return tx.DeleteAnswer(ctx, digest(2)) })
	wantSame(t, "never there", getAnswer(t, s, digest(2)), tenancy.StoredAnswer{})
}

// Of many at once with one digest, one finds no answer and all others find its answer.
func answerRace(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	found := make([]tenancy.StoredAnswer, 32)
	together(len(found), func(i int) {
		mine := answerOf(i)
		mine.Digest = digest(i % 2)
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			former, err := tx.LockAnswer(ctx, mine.Digest)
			if found[i] = former; err != nil || len(former.Sealed) > 0 {
				return err
			}
			found[i] = mine
			return tx.PutAnswer(ctx, mine)
		})
		if err != nil {
			t.Errorf("answer: %v", err)
		}
	})
	for i, got := range found {
		wantSame(t, fmt.Sprint("answer ", i), got, getAnswer(t, s, digest(i%2)))
	}
}

func answerPrune(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	for n := range 5 {
		putAnswer(t, s, answerOf(n))
	}
	for _, step := range []struct{ before, limit, want int }{{0, 9, 5}, {3, 0, 5}, {3, 2, 3}, {3, 9, 2},
		{9, 9, 0}} {
		update(t, s, func(tx tenancy.Tx) error { return tx.PruneAnswers(ctx, moment(step.before), step.limit) })
		left := 0
		for n := range 5 {
			if len(getAnswer(t, s, digest(n)).Sealed) > 0 {
				left++
			}
		}
		if left != step.want {
			t.Errorf("after %+v: got %d left", step, left)
		}
	}
}
