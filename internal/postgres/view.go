// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"gatehouse/internal/span"
	"gatehouse/internal/tenancy"
)

// What begins the transactions.
const (
	beginUpdate = "begin"
	beginView   = "begin isolation level repeatable read read only"
)

// View implements tenancy.Store. fn runs at most once. View does not wait for the end of
// the transaction: nothing depends on it.
func (s *Store) View(ctx context.Context, fn func(tenancy.Reader) error) error {
	return s.readWith(ctx, &tx{store: s, begin: beginView}, fn)
}

// Read implements tenancy.Store. Each statement is a transaction of its own. A connection
// is taken when it is needed.
func (s *Store) Read(ctx context.Context, fn func(tenancy.Reader) error) error {
	return s.readWith(ctx, &tx{store: s, noTransaction: true}, fn)
}

func (s *Store) readWith(ctx context.Context, t *tx, fn func(tenancy.Reader) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	t.cache, t.span = s.memory, span.From(ctx)
	err := ctx.Err()
	if !t.noTransaction {
		err = t.acquireAgain(ctx)
	}
	if err != nil {
		s.running.Done()
		return driverError("connect", err)
	}
	defer func() {
		if t.conn == nil || t.noTransaction {
			defer s.running.Done()
			t.end(ctx)
			return
		}
		go func() {
			defer s.running.Done()
			t.end(ctx)
		}()
	}()
	return fn(t)
}

// acquireAgain is acquire with several tries.
func (t *tx) acquireAgain(ctx context.Context) error {
	for try := 0; ; try++ {
		err := t.acquire(ctx)
		if err == nil || try >= maxReconnects || retry(ctx, err) == never || pause(ctx, try) != nil {
			return err
		}
	}
}
