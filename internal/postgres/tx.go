// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"gatehouse/internal/tenancy"
)

// tx is a tenancy.Tx within an Update and a tenancy.Reader within a View.
type tx struct {
	pg pgx.Tx
	// lost is the first error after which the server refuses the rest of the
	// transaction, or is gone. No statement follows.
	lost error
}

var _ tenancy.Tx = (*tx)(nil)

// exec runs a constant statement and tells how many rows it changed.
func (t *tx) exec(ctx context.Context, doing, query string, args ...any) (int64, error) {
	if t.lost != nil {
		return 0, t.lost
	}
	tag, err := t.pg.Exec(ctx, query, args...)
	if err != nil {
		return 0, t.fail(doing, err)
	}
	return tag.RowsAffected(), nil
}

// insert runs a constant INSERT … ON CONFLICT DO NOTHING. When a uniqueness rule
// refused it, the answer is the given conflict, and the transaction goes on: a
// violation would have ended it.
func (t *tx) insert(ctx context.Context, conflict *tenancy.Error, doing, query string, args ...any) error {
	n, err := t.exec(ctx, doing, query+" ON CONFLICT DO NOTHING", args...)
	if err == nil && n == 0 {
		return conflict
	}
	return err
}

// insertID runs a constant INSERT … RETURNING id. The id is 0 when ON CONFLICT DO
// NOTHING took effect.
func (t *tx) insertID(ctx context.Context, doing, query string, args ...any) (id int64, err error) {
	if t.lost != nil {
		return 0, t.lost
	}
	err = t.pg.QueryRow(ctx, query, args...).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, t.fail(doing, err)
	}
	return id, nil
}

// fail converts an error and remembers that the transaction is lost.
func (t *tx) fail(doing string, err error) error {
	if t.lost == nil {
		t.lost = convert(doing, err)
	}
	return t.lost
}

// one reads the one row of a constant query, found by its arguments. None is
// NotFound.
func one[T any](ctx context.Context, t *tx, noun string, scan func(pgx.Row) (T, error), query string, args ...any) (T, error) {
	var zero T
	if t.lost != nil {
		return zero, t.lost
	}
	for _, arg := range args {
		if text, ok := arg.(string); ok && !storable(text) {
			return zero, notFound(noun)
		}
	}
	v, err := scan(t.pg.QueryRow(ctx, query, args...))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return zero, notFound(noun)
	case err != nil:
		return zero, t.fail("read "+noun, err)
	}
	return v, nil
}

// storable tells whether the database can hold a text at all. One that it cannot
// hold is not there, and asking for it would end the transaction.
func storable(text string) bool {
	return !strings.Contains(text, "\x00") && utf8.ValidString(text)
}

// all reads the rows of a query.
func all[T any](ctx context.Context, t *tx, doing string, scan func(pgx.Row) (T, error), query string, args ...any) ([]T, error) {
	if t.lost != nil {
		return nil, t.lost
	}
	rows, err := t.pg.Query(ctx, query, args...)
	if err != nil {
		return nil, t.fail(doing, err)
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, t.fail(doing, err)
		}
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		return nil, t.fail(doing, err)
	}
	return list, nil
}

// value scans a row of one column.
func value[T any](row pgx.Row) (T, error) {
	var v T
	err := row.Scan(&v)
	return v, err
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

// instant scans either.
type instant struct{ to *time.Time }

// ScanTimestamptz implements pgtype.TimestamptzScanner.
func (i instant) ScanTimestamptz(v pgtype.Timestamptz) error {
	switch {
	case !v.Valid:
		*i.to = time.Time{}
	case v.InfinityModifier != pgtype.Finite:
		return errors.New("the column holds no time")
	default:
		*i.to = v.Time.UTC()
	}
	return nil
}

// blob is bytes as they are stored: absent ones are empty, not NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// bytesOf scans bytes; empty ones become nil again.
type bytesOf struct{ to *[]byte }

// ScanBytes implements pgtype.BytesScanner. The bytes are copied, since they
// are the driver's.
func (b bytesOf) ScanBytes(v []byte) error {
	*b.to = append([]byte(nil), v...) // nil when there are none
	return nil
}
