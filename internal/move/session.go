// SPDX-License-Identifier: Apache-2.0

package move

import (
	"context"
	"errors"
)

// ErrConflict is an error of Put: a row contradicts one that is there.
var ErrConflict = errors.New("a row contradicts one that is there")

// Session is a connection to one of the databases. One goroutine at a time uses it.
type Session interface {
	// Begin begins a transaction in which nobody else can change the database. What the session
	// does from then on is in it.
	Begin(ctx context.Context, tables []Table) error
	// Commit ends the transaction.
	Commit(ctx context.Context) error
	// Rollback ends a transaction, if there is one, and nothing of it is left.
	Rollback() error
	// Rows returns rows after the one with the key, or the first ones if it is nil, in the order
	// of Table.SelectAfter.
	Rows(ctx context.Context, t Table, after []any, limit int) ([]Row, error)
	// Last returns the last row in this order; nil if there is none.
	Last(ctx context.Context, t Table) (Row, error)
	// Count returns how many rows there are.
	Count(ctx context.Context, t Table) (int64, error)
	// Put inserts rows, all of them or none. ErrConflict.
	Put(ctx context.Context, t Table, rows []Row) error
	// Clear removes all rows of all tables.
	Clear(ctx context.Context, tables []Table) error
	// LastNumber returns the greatest number that the table's sequence has given. It is not stored
	// if the numbers are made from those that are there.
	LastNumber(ctx context.Context, t Table) (n int64, isStored bool, err error)
	// SetLastNumber has the sequence go on after a number.
	SetLastNumber(ctx context.Context, t Table, n int64) error
	// Mark returns the value of a mark; "" if there is none.
	Mark(ctx context.Context, name string) (string, error)
	// SetMark stores a mark; "" removes it.
	SetMark(ctx context.Context, name, value string) error
	// Close ends the session, and its transaction.
	Close() error
}
