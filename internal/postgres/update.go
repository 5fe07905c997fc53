// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gatehouse/internal/tenancy"
)

// How often an Update is run again.
const (
	contentionLimit = 10 * time.Second // for so long, when others were in the way
	maxReconnects   = 3                // so often, when there was no connection
	firstPause      = 5 * time.Millisecond
	maxPause        = 200 * time.Millisecond
)

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
		if err == nil || again == never {
			return err
		}
		if again == afterLoss {
			reconnects++
		}
		if reconnects > maxReconnects || time.Since(start) > contentionLimit {
			return err
		}
		if pause(ctx, try) != nil {
			return unavailable(fmt.Errorf("%w, after %w", ctx.Err(), err))
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
	began, err := s.begin(ctx, pgx.TxOptions{})
	if err != nil {
		return retry(ctx, err), convert("begin", err)
	}
	defer rollback(ctx, began) // does nothing after a commit, and its work after a panic
	t := &tx{pg: began}
	err = fn(t)
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
		return never, unavailable(ctx.Err())
	}
	return s.commit(ctx, began)
}

// commit is not cut off when the caller goes, because then nobody would know
// how it ended. An answer that is lost on the way is that case: not tried again.
func (s *Store) commit(ctx context.Context, began pgx.Tx) (again, error) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer cancel()
	err := began.Commit(limited)
	switch {
	case err == nil:
		return never, nil
	case contended(err), pgconn.SafeToRetry(err): // refused; not even sent
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
