// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"gatehouse/internal/jsoncolumn"
)

// Row is a row of a result, of either database.
type Row interface{ Scan(dest ...any) error }

// The types below read a column of either database into a value of Go. Scan is for
// SQLite, and the other method for PostgreSQL.

// Time reads a time. NULL becomes the zero time.
type Time struct{ To *time.Time }

// Scan implements sql.Scanner.
func (t Time) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t.To = time.Time{}
	case int64:
		*t.To = time.UnixMilli(v).UTC()
	default:
		return errors.New("the column holds no time")
	}
	return nil
}

// ScanTimestamptz implements pgtype.TimestamptzScanner.
func (t Time) ScanTimestamptz(v pgtype.Timestamptz) error {
	switch {
	case !v.Valid:
		*t.To = time.Time{}
	case v.InfinityModifier != pgtype.Finite:
		return errors.New("the column holds no time")
	default:
		*t.To = v.Time.UTC()
	}
	return nil
}

// OptionalTime reads a time, and whether there is one.
type OptionalTime struct {
	To *time.Time
	Is *bool
}

// Scan implements sql.Scanner.
func (t OptionalTime) Scan(v any) error {
	*t.Is = v != nil
	return Time{t.To}.Scan(v)
}

// ScanTimestamptz implements pgtype.TimestamptzScanner.
func (t OptionalTime) ScanTimestamptz(v pgtype.Timestamptz) error {
	*t.Is = v.Valid
	return Time{t.To}.ScanTimestamptz(v)
}

// OptionalNumber reads a whole number, and whether there is one. NULL becomes 0.
type OptionalNumber struct {
	To *int64
	Is *bool
}

// Scan implements sql.Scanner.
func (n OptionalNumber) Scan(v any) error {
	number, ok := v.(int64)
	if !ok && v != nil {
		return errors.New("the column holds no number")
	}
	return n.ScanInt64(pgtype.Int8{Int64: number, Valid: ok})
}

// ScanInt64 implements pgtype.Int64Scanner.
func (n OptionalNumber) ScanInt64(v pgtype.Int8) error {
	*n.To, *n.Is = v.Int64, v.Valid
	return nil
}

// Bytes reads bytes. Empty ones become nil.
type Bytes struct{ To *[]byte }

// Scan implements sql.Scanner.
func (b Bytes) Scan(v any) error {
	raw, ok := v.([]byte)
	if !ok && v != nil {
		return errors.New("the column holds no bytes")
	}
	return b.ScanBytes(raw)
}

// ScanBytes implements pgtype.BytesScanner. The bytes are copied, since they are the
// driver's.
func (b Bytes) ScanBytes(v []byte) error {
	*b.To = append([]byte(nil), v...) // nil when there are none
	return nil
}

// JSON reads a list or a map that package jsoncolumn has written.
type JSON[T any] struct{ To *T }

// Scan implements sql.Scanner.
func (j JSON[T]) Scan(v any) error {
	text, ok := v.(string)
	return j.ScanText(pgtype.Text{String: text, Valid: ok})
}

// ScanText implements pgtype.TextScanner.
func (j JSON[T]) ScanText(v pgtype.Text) error {
	if !v.Valid {
		return errors.New("the column holds no JSON")
	}
	return jsoncolumn.Read(v.String, j.To)
}

// Blob returns bytes as they are stored: absent ones are empty, not NULL.
func Blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Value reads a row of one column.
func Value[T any](row Row) (T, error) {
	var v T
	err := row.Scan(&v)
	return v, err
}
