// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gatehouse/internal/problem"
	"gatehouse/internal/span"
	"gatehouse/internal/tenancy"
)

// How often an Update is run again.
const (
	contentionLimit = 10 * time.Second // while others are in the way
	maxReconnects   = 3                // times, when there was no connection
	firstPause      = 5 * time.Millisecond
	maxPause        = 200 * time.Millisecond
)

// errNotCommitted means that the server rolled back instead of committing.
var errNotCommitted = errors.New("the server rolled the transaction back")

// Update implements tenancy.Store. fn runs again when the transaction was certainly lost:
// up to contentionLimit while others are in the way, and up to maxReconnects times when
// the connection broke.
func (s *Store) Update(ctx context.Context, fn func(tenancy.Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	if queue := tenancy.QueueOf(ctx); queue != "" {
		return s.updateInQueue(ctx, queue, fn)
	}
	return s.updateAlone(ctx, fn)
}

// updateAlone is Update in a transaction of its own.
func (s *Store) updateAlone(ctx context.Context, fn func(tenancy.Tx) error) error {
	start, reconnects := time.Now(), 0
	for try := 0; ; try++ {
		again, err := s.attempt(ctx, fn, try > 0)
		switch {
		case err == nil || again == never:
			return err
		case again == afterLoss:
			reconnects++
		}
		if reconnects > maxReconnects || time.Since(start) > contentionLimit {
			return err
		}
		if pause(ctx, try) != nil {
			return problem.DatabaseUnavailable(fmt.Errorf("%w, after %w", ctx.Err(), err))
		}
	}
}

// retryKind says whether an attempt may be made again.
type retryKind int

const (
	never         retryKind = iota
	afterConflict           // the server ended it for the sake of others
	afterLoss               // the connection was lost, before anything was committed
)

// retry returns whether an attempt that certainly was not committed may be made again
// after an error.
func retry(ctx context.Context, err error) retryKind {
	switch {
	case ctx.Err() != nil:
		return never
	case contended(err):
		return afterConflict
	case disconnected(err):
		return afterLoss
	}
	return never
}

// attempt runs fn in one transaction, for the first time or again. The error is fn's own, unless the
// transaction was lost to the database.
func (s *Store) attempt(ctx context.Context, fn func(tenancy.Tx) error, again bool) (retryKind, error) {
	of := span.From(ctx)
	waiting := of.Child("wait for other writers")
	err := s.takeWriteSlot(ctx)
	waiting.End()
	if err != nil {
		return never, err
	}
	defer s.freeWriteSlot()
	t := &tx{store: s, span: of, begin: beginUpdate, again: again}
	if err := t.acquire(ctx); err != nil {
		return retry(ctx, err), driverError("connect", err)
	}
	defer t.end(ctx) // releases the connection after a commit, and rolls back after a panic
	err = fn(t)
	switch {
	case t.lost != nil:
		s.noteLoss(t.lost)
		if err == nil {
			err = t.lost // a function that ignores such an error must fail, too
		}
		// Whatever fn made of the error: what it saw was not to be.
		if again := retry(ctx, t.lost); again != never {
			return again, t.lost
		}
		return never, err
	case err != nil:
		return never, err
	case ctx.Err() != nil:
		return never, problem.DatabaseUnavailable(ctx.Err())
	case t.begin != "" && len(t.unsent) == 0:
		return never, nil // there was no statement
	}
	return s.commit(ctx, t)
}

// commit is not cut off when the caller goes, because then nobody would know how it ended.
// A lost answer is such a case, so it is not tried again.
func (s *Store) commit(ctx context.Context, t *tx) (retryKind, error) {
	defer t.span.Child("commit").End()
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitLimit)
	defer cancel()
	err := t.send(limited, []step{{statement{query: "commit"}, func(rows pgx.Rows) error {
		rows.Close()
		if rows.Err() == nil && rows.CommandTag().String() != "COMMIT" {
			return errNotCommitted
		}
		return nil
	}}})
	if err == nil && t.conn != nil && unreplicated(t.conn.Conn().PgConn()) {
		err = errUnreplicated
	}
	switch {
	case err == nil:
		return never, nil
	case !t.preceded && code(err) != "", contended(err), errors.Is(err, errNotCommitted),
		pgconn.SafeToRetry(err):
		// Refused, by a statement before it or by itself, or not even sent.
		s.noteLoss(err)
		return retry(ctx, err), driverError("commit", err)
	}
	s.noteLoss(err)
	return never, driverError("commit, which may have happened", err)
}

// noteLoss keeps what the error of an Update says about the database. It closes the connections
// when their server has become a standby. The next ones find the new primary, if the URL names it.
func (s *Store) noteLoss(err error) {
	s.health.note(err)
	if code(err) == readOnlyTransaction {
		s.pool.Reset()
	}
}

// pause waits, longer from try to try, and for a random time.
func pause(ctx context.Context, try int) error {
	longest := min(firstPause<<min(try, 10), maxPause)
	timer := time.NewTimer(longest/2 + rand.N(longest/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
