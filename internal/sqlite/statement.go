// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"

	"gatehouse/internal/sqltext"
)

// prepared is a prepared statement of the driver.
type prepared struct {
	stmt driver.Stmt
	ctx  contextual
	args []driver.NamedValue // reused
}

// contextual is what this driver's statements can do besides.
type contextual interface {
	driver.StmtExecContext
	driver.StmtQueryContext
}

func newPrepared(stmt driver.Stmt) *prepared {
	return &prepared{stmt: stmt, ctx: stmt.(contextual)}
}

func (p *prepared) bind(args []any) ([]driver.NamedValue, error) {
	p.args = p.args[:0]
	for i, arg := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return nil, err
		}
		p.args = append(p.args, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	return p.args, nil
}

func (p *prepared) exec(ctx context.Context, args ...any) (driver.Result, error) {
	bound, err := p.bind(args)
	if err != nil {
		return nil, err
	}
	return p.ctx.ExecContext(ctx, bound)
}

// query passes the rows to fn, one after the other. A row is valid until the next one. fn
// may return io.EOF to stop.
func (p *prepared) query(ctx context.Context, fn func(sqltext.Row) error, args ...any) (err error) {
	bound, err := p.bind(args)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	rows, err := p.ctx.QueryContext(ctx, bound)
	if err != nil {
		return err
	}
	defer func() {
		if closing := rows.Close(); err == nil { // else it says the same again
			err = closing
		}
	}()
	r := row{values: make([]driver.Value, len(rows.Columns()))}
	for {
		if err := rows.Next(r.values); err != nil {
			return ended(err)
		}
		if err := fn(&r); err != nil {
			return ended(err)
		}
	}
}

func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

type row struct{ values []driver.Value }

// Scan copies the columns. Every column has one type of Go, or the schema was
// changed by hand: STRICT tables see to it.
func (r *row) Scan(dest ...any) error {
	if len(dest) != len(r.values) {
		return fmt.Errorf("a row of %d columns is read as %d", len(r.values), len(dest))
	}
	for i, d := range dest {
		if err := assign(d, r.values[i]); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

func assign(dest any, value driver.Value) error {
	switch d := dest.(type) {
	case sql.Scanner:
		return d.Scan(value)
	case *string:
		if text, ok := value.(string); ok {
			*d = text
			return nil
		}
	case *bool:
		if n, ok := value.(int64); ok {
			*d = n != 0
			return nil
		}
	default: // a number, or a type that is a text
		to := reflect.ValueOf(dest).Elem()
		switch v := value.(type) {
		case int64:
			if to.CanInt() && !to.OverflowInt(v) {
				to.SetInt(v)
				return nil
			}
		case string:
			if to.Kind() == reflect.String {
				to.SetString(v)
				return nil
			}
		}
	}
	return fmt.Errorf("a %T is no %T", value, dest)
}
