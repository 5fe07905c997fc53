// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql/driver"
	"strings"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/span"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// tx is a tenancy.Tx within an Update and a tenancy.Reader within a View or Read.
type tx struct {
	conn  *conn
	span  *span.Span // of the use case; nil: nothing is recorded
	write bool       // an Update, whose connection and transaction are the writer's
	// changed reports whether a statement of an Update has changed a row.
	changed bool
	head    prefetchedHead // of an Update
	// lost is the first error after which the transaction cannot be relied on.
	// SQLite ends a transaction by itself when the disk is full or fails, and a
	// statement after that would commit alone; so no statement follows.
	lost error

	// The rest belongs to Views and Reads. They take a connection at their first
	// statement, and what that is decides from which pool.
	store         *Store
	waitCtx       context.Context
	pool          *pool
	oneState      bool // a View: all statements see one state
	inTransaction bool
}

var _ tenancy.Tx = (*tx)(nil)

// statement prepares a constant text. It runs without the caller's context. In an Update,
// cancelling would interrupt the statement and end the transaction that several Updates
// share. In a View the driver needs more time to watch the context than to read the row.
func (t *tx) statement(query string) (*prepared, error) {
	if err := t.start(false); err != nil {
		return nil, err
	}
	return t.conn.prepared(query)
}

// start makes sure that there is a connection, and a transaction where several statements
// must see one state.
func (t *tx) start(list bool) error {
	if t.lost != nil || t.write {
		return t.lost
	}
	if t.conn == nil {
		if err := t.take(list); err != nil {
			return t.fail("wait for a connection", err)
		}
	}
	if (t.oneState || list) && !t.inTransaction {
		if err := t.conn.do("BEGIN"); err != nil {
			return t.fail("begin", err)
		}
		t.inTransaction = true
	}
	return nil
}

func (t *tx) take(list bool) (err error) {
	defer t.span.Child("wait for a connection").End()
	t.pool = t.store.readers
	if list {
		t.pool = t.store.listers
	}
	t.conn, err = t.pool.take(t.waitCtx)
	return err
}

// leave ends a View or Read.
func (t *tx) leave() {
	if t.conn == nil {
		return
	}
	if t.inTransaction {
		if err := t.conn.do("ROLLBACK"); err != nil {
			t.conn.drop()
		}
	}
	t.pool.put(t.conn)
}

// exec runs a constant statement and returns how many rows it changed.
func (t *tx) exec(ctx context.Context, doing, query string, args ...any) (int64, error) {
	result, err := t.run(ctx, doing, query, args...)
	if err != nil {
		return 0, t.fail(doing, err)
	}
	return changed(result), nil
}

// insert is exec for what a uniqueness rule may refuse. Then it returns the given
// conflict, and the transaction goes on.
func (t *tx) insert(ctx context.Context, conflict *problem.Error, doing, query string,
	args ...any) (driver.Result, error) {
	result, err := t.run(ctx, doing, query, args...)
	switch {
	case duplicate(err):
		return nil, conflict
	case err != nil:
		return nil, t.fail(doing, err)
	}
	return result, nil
}

func (t *tx) run(_ context.Context, doing, query string, args ...any) (driver.Result, error) {
	defer t.span.Child(doing).End()
	s, err := t.statement(query)
	if err != nil {
		return nil, err
	}
	result, err := s.exec(context.Background(), args...)
	t.changed = t.changed || err == nil && changed(result) > 0
	return result, err
}

// fail converts an error and stores it as the reason why the transaction is lost.
func (t *tx) fail(doing string, err error) error {
	if t.lost == nil {
		t.lost = driverError(doing, err)
		if t.conn != nil {
			t.conn.health.note(err, false) // of a write, the writer notes it
		}
	}
	return t.lost
}

// one reads the one row of a constant query. If there is none, it returns the error missing.
func one[T any](_ context.Context, t *tx, doing string, missing func() *problem.Error,
	scan func(sqltext.Row) (T, error), query string, args ...any) (v T, err error) {
	defer t.span.Child(doing).End()
	s, err := t.statement(query)
	if err != nil {
		return v, t.fail(doing, err)
	}
	found := false
	// To the end, since an UPDATE … RETURNING is not done before.
	err = s.query(context.Background(), func(row sqltext.Row) (err error) {
		found = true
		v, err = scan(row)
		return err
	}, args...)
	t.changed = t.changed || t.write && !strings.HasPrefix(strings.TrimSpace(query), "SELECT")
	switch {
	case err != nil:
		return v, t.fail(doing, err)
	case !found:
		return v, missing()
	}
	return v, nil
}

// all reads the rows of a constant query.
func all[T any](_ context.Context, t *tx, doing string, scan func(sqltext.Row) (T, error), query string,
	args ...any) ([]T, error) {
	defer t.span.Child(doing).End()
	s, err := t.statement(query)
	if err != nil {
		return nil, t.fail(doing, err)
	}
	list, err := collect(context.Background(), s, scan, args...)
	if err != nil {
		return nil, t.fail(doing, err)
	}
	return list, nil
}

// collect reads all rows.
func collect[T any](ctx context.Context, s *prepared, scan func(sqltext.Row) (T, error),
	args ...any) (list []T, err error) {
	err = s.query(ctx, func(row sqltext.Row) error {
		v, err := scan(row)
		list = append(list, v)
		return err
	}, args...)
	return list, err
}

// changed returns the number of changed rows. This driver always has it.
func changed(result driver.Result) int64 {
	n, _ := result.RowsAffected()
	return n
}

// stamp is a time as it is stored.
func stamp(t time.Time) int64 { return t.UnixMilli() }

// optional is an optional time as it is stored.
func optional(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// newID returns the number of the inserted row. This driver always has it.
func newID(result driver.Result) int64 {
	id, _ := result.LastInsertId()
	return id
}

// stamps are how this engine stores times.
func stamps() sqltext.Stamps {
	return sqltext.Stamps{Time: func(t time.Time) any { return stamp(t) }, Optional: optional}
}
