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
	"gatehouse/internal/tenancy"
)

// How often an Update is run again.
const (
	contentionLimit = 10 * time.Second // for so long, when others were in the way
	maxReconnects   = 3                // so often, when there was no connection
	firstPause      = 5 * time.Millisecond
	maxPause        = 200 * time.Millisecond
)

// errNotCommitted says that the server rolled back when asked to commit.
var errNotCommitted = errors.New("the server rolled the transaction back")

// Update implements tenancy.Store. fn runs again when the transaction was lost
// without a doubt: for as long as others were in the way, within contentionLimit,
// and maxReconnects times when the connection broke.
func (s *Store) Update(ctx context.Context, fn func(tenancy.Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	start, reconnects := time.Now(), 0
	for try := 0; ; try++ {
		again, err := s.attempt(ctx, fn)
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

// again tells whether an attempt may be made again.
type again int

const (
	never        again = iota
	afterContest       // the server ended it for the sake of others
	afterLoss          // the connection was lost, before anything was committed
)

// retry judges an error of an attempt that is sure not to have been committed.
func retry(ctx context.Context, err error) again {
	switch {
	case ctx.Err() != nil:
		return never
	case contended(err):
		return afterContest
	case disconnected(err):
		return afterLoss
	}
	return never
}

// attempt runs fn in one transaction. The error is fn's own, unless the
// transaction was lost to the database.
func (s *Store) attempt(ctx context.Context, fn func(tenancy.Tx) error) (again, error) {
	t := &tx{store: s, begin: beginUpdate}
	if err := t.acquire(ctx); err != nil {
		return retry(ctx, err), convert("connect", err)
	}
	defer t.end(ctx) // gives back the connection after a commit, and undoes all after a panic
	err := fn(t)
	switch {
	case t.lost != nil:
		s.forget(t.lost)
		if err == nil {
			err = t.lost // a function that goes on after such an error must not pass
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
		return never, nil // nothing was asked for
	}
	return s.commit(ctx, t)
}

// commit is not cut off when the caller goes, because then nobody would know
// how it ended. An answer that is lost on the way is that case: not tried again.
func (s *Store) commit(ctx context.Context, t *tx) (again, error) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitLimit)
	defer cancel()
	err := t.send(limited, []step{{statement{query: "commit"}, func(rows pgx.Rows) error {
		rows.Close()
		if rows.Err() == nil && rows.CommandTag().String() != "COMMIT" {
			return errNotCommitted
		}
		return nil
	}}})
	switch {
	case err == nil:
		return never, nil
	case !t.preceded && code(err) != "", contended(err), errors.Is(err, errNotCommitted), pgconn.SafeToRetry(err):
		// Refused, by a statement before it or by itself, or not even sent.
		s.forget(err)
		return retry(ctx, err), convert("commit", err)
	}
	s.forget(err)
	return never, convert("commit, which may have happened", err)
}

// forget drops the connections when the server they lead to has become a
// standby: the next ones find the new primary, if the URL names it.
func (s *Store) forget(err error) {
	if code(err) == readOnlyTransaction {
		s.pool.Reset()
	}
}

// pause waits longer from try to try, and not as long as others who try again.
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
