// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gatehouse/internal/listmemory"
	"gatehouse/internal/problem"
	"gatehouse/internal/span"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// tx is a tenancy.Tx within an Update and a tenancy.Reader within a View or a
// Read. What it sends, and when, is in pipeline.go.
type tx struct {
	store *Store
	span  *span.Span // of the use case; nil: nothing is recorded
	conn  *pgxpool.Conn
	// begin is the statement that begins the transaction. It goes before the first
	// statement, and is empty from then on. A Read has no transaction.
	begin         string
	noTransaction bool // a Read: each statement is by itself
	// unsent are statements that go with the next one, or with COMMIT. See InsertAuditEvent.
	unsent []statement
	// preceded reports whether everything before the steps of the last batch was done.
	preceded bool
	// memory is of lists, by table; nil in an Update: what it sees may yet be undone.
	cache map[string]*listmemory.Memory
	// lockedCode is the code that LockEnrolment found last, whose organization is locked.
	lockedCode string
	// again reports whether an earlier run of the Update was lost.
	again bool
	// heads are the ends of chains this transaction has locked.
	heads map[tenancy.OrganizationID]tenancy.AuditHead
	// shared is the context of the statements of an Update that others share: a caller who
	// goes must not end it. It is nil otherwise.
	shared context.Context
	// lost is the first error after which the server refuses the rest of the
	// transaction, or is gone. No statement follows.
	lost error
}

var _ tenancy.Tx = (*tx)(nil)

// Clauses of PostgreSQL that follow a statement of package sqltext.
const (
	forNoKeyUpdate = ` FOR NO KEY UPDATE`
	returningID    = ` RETURNING id`
)

// exec runs a constant statement and returns how many rows it changed.
func (t *tx) exec(ctx context.Context, doing, query string, args ...any) (n int64, err error) {
	err = t.run(ctx, doing, step{statement{query, args}, changed(&n)})
	return n, err
}

// changed reads how many rows a statement changed.
func changed(n *int64) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		rows.Close()
		*n = rows.CommandTag().RowsAffected()
		return nil
	}
}

// ignore reads an answer that says nothing.
func ignore(pgx.Rows) error { return nil }

// insert runs a constant INSERT … ON CONFLICT DO NOTHING. When a uniqueness rule
// refused it, the answer is the given conflict, and the transaction goes on: a
// violation would have ended it.
func (t *tx) insert(ctx context.Context, conflict *problem.Error, doing, query string, args ...any) error {
	n, err := t.exec(ctx, doing, query, args...)
	if err == nil && n == 0 {
		return conflict
	}
	return err
}

// insertID runs a constant INSERT … RETURNING id. The id is 0 when ON CONFLICT DO
// NOTHING took effect.
func (t *tx) insertID(ctx context.Context, doing, query string, args ...any) (id int64, err error) {
	read := first(sqltext.Value[int64], &id, nil)
	return id, t.run(ctx, doing, step{statement{query, args}, read})
}

// one reads the one row of a constant query, found by its arguments. If there is none, it
// returns the error missing.
func one[T any](ctx context.Context, t *tx, doing string, missing func() *problem.Error,
	scan func(sqltext.Row) (T, error), query string, args ...any) (T, error) {
	var v, zero T
	if t.lost != nil {
		return zero, t.lost
	}
	for _, arg := range args {
		if text, ok := arg.(string); ok && !storable(text) {
			return zero, missing()
		}
	}
	found := false
	ask := t.readShared
	if !t.noTransaction || t.conn != nil {
		ask = func(ctx context.Context, doing string, s step) error { return t.run(ctx, doing, s) }
	}
	err := ask(ctx, doing, step{statement{query, args}, first(scan, &v, &found)})
	switch {
	case err != nil:
		return zero, err
	case !found:
		return zero, missing()
	}
	return v, nil
}

// first reads the first row, if there is one.
func first[T any](scan func(sqltext.Row) (T, error), v *T, found *bool) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		if found != nil {
			*found = false // of an earlier try
		}
		if !rows.Next() {
			return nil
		}
		if found != nil {
			*found = true
		}
		var err error
		*v, err = scan(rows)
		return err
	}
}

// storable reports whether the database can store a text at all. It has no row with a text
// that it cannot store, and such an argument would end the transaction.
func storable(text string) bool {
	return !strings.Contains(text, "\x00") && utf8.ValidString(text)
}

// all reads the rows of a query, found by its arguments.
func all[T any](ctx context.Context, t *tx, doing string, scan func(sqltext.Row) (T, error), query string,
	args ...any) (list []T, err error) {
	for _, arg := range args {
		if text, ok := arg.(string); ok && !storable(text) {
			return nil, t.lost
		}
	}
	if err := t.run(ctx, doing, step{statement{query, args}, collect(scan, &list)}); err != nil {
		return nil, err
	}
	return list, nil
}

// collect reads all rows.
func collect[T any](scan func(sqltext.Row) (T, error), list *[]T) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		*list = nil // of an earlier try
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				return err
			}
			*list = append(*list, v)
		}
		return nil
	}
}

// stamp is a time as it is stored.
func stamp(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// optional is an optional time as it is stored.
func optional(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// stamps are how this engine stores times.
func stamps() sqltext.Stamps {
	return sqltext.Stamps{Time: func(t time.Time) any { return stamp(t) }, Optional: optional}
}
