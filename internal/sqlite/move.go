// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"gatehouse/internal/move"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
)

// mover is a move.Session on a connection of its own.
type mover struct {
	conn *conn
	open bool // there is a transaction
}

var _ move.Session = (*mover)(nil)

// Mover returns a session that moves what this database has, or fills it. The caller closes it.
func (s *Store) Mover(context.Context) (move.Session, error) {
	return &mover{conn: s.newConn(writing)}, nil
}

// Begin implements move.Session.
func (m *mover) Begin(context.Context, []move.Table) error {
	if err := m.conn.do("BEGIN IMMEDIATE"); err != nil {
		return driverError("begin", err)
	}
	m.open = true
	return nil
}

// Commit implements move.Session.
func (m *mover) Commit(context.Context) error {
	if err := m.conn.do("COMMIT"); err != nil {
		return driverError("commit", err)
	}
	m.open = false
	return nil
}

// Rollback implements move.Session.
func (m *mover) Rollback() error {
	if !m.open {
		return nil
	}
	m.open = false
	return driverError("roll back", m.conn.do("ROLLBACK"))
}

// Close implements move.Session.
func (m *mover) Close() error {
	m.conn.drop()
	return nil
}

// Rows implements move.Session.
func (m *mover) Rows(ctx context.Context, t move.Table, after []any, limit int) ([]move.Row, error) {
	rows, err := m.read(ctx, t, t.SelectAfter(after != nil, ""), append(after[:len(after):len(after)], limit))
	return rows, driverError("read "+t.Name, err)
}

// Last implements move.Session.
func (m *mover) Last(ctx context.Context, t move.Table) (move.Row, error) {
	rows, err := m.read(ctx, t, t.SelectLast(""), []any{1})
	if err != nil || len(rows) == 0 {
		return nil, driverError("read "+t.Name, err)
	}
	return rows[0], nil
}

func (m *mover) read(ctx context.Context, t move.Table, query string, args []any) (list []move.Row,
	err error) {
	s, err := m.conn.prepared(query)
	if err != nil {
		return nil, err
	}
	err = s.query(ctx, func(r sqltext.Row) error {
		loaded, err := loaded(t, r.(*row))
		list = append(list, loaded)
		return err
	}, args...)
	return list, err
}

// loaded returns a row as both engines have it.
func loaded(t move.Table, r *row) (move.Row, error) {
	values := make(move.Row, len(r.values))
	for i, v := range r.values {
		column := t.Columns[i]
		n, number := v.(int64)
		text, isText := v.(string)
		raw, isBytes := v.([]byte)
		switch {
		case v == nil:
		case number && column.Kind == move.Number:
			values[i] = n
		case number && column.Kind == move.Truth && (n == 0 || n == 1):
			values[i] = n == 1
		case number && column.Kind == move.Time:
			values[i] = n * 1000
		case isText && column.Kind == move.Text:
			values[i] = text
		case isBytes && column.Kind == move.Bytes:
			values[i] = append([]byte{}, raw...)
		default:
			return nil, fmt.Errorf("the column %s has a %T, which is no %s", column.Name, v, column.Kind)
		}
	}
	return values, nil
}

// Count implements move.Session.
func (m *mover) Count(ctx context.Context, t move.Table) (int64, error) {
	return m.number(ctx, "count "+t.Name, t.SelectCount())
}

// number returns the one number of a query; 0 if it has no row.
func (m *mover) number(ctx context.Context, doing, query string, args ...any) (n int64, err error) {
	s, err := m.conn.prepared(query)
	if err == nil {
		err = s.query(ctx, func(r sqltext.Row) error { return r.Scan(&n) }, args...)
	}
	return n, driverError(doing, err)
}

// Put implements move.Session.
func (m *mover) Put(ctx context.Context, t move.Table, rows []move.Row) (err error) {
	if err := m.Begin(ctx, nil); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Rollback()) }()
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(t.Columns)), ", ")
	s, err := m.conn.prepared("INSERT INTO " + t.Name + " (" + t.ColumnList() + ") VALUES (" + marks + ")")
	if err != nil {
		return driverError("write "+t.Name, err)
	}
	for _, r := range rows {
		if _, err := s.exec(ctx, stored(t, r)...); err != nil {
			if code(err)&0xff == sqlite3.SQLITE_CONSTRAINT {
				return fmt.Errorf("%w: %w", move.ErrConflict, err)
			}
			return driverError("write "+t.Name, err)
		}
	}
	return m.Commit(ctx)
}

// stored returns a row as this engine stores it. A time is in milliseconds.
func stored(t move.Table, r move.Row) []any {
	values := slices.Clone(r)
	for i, v := range values {
		if n, is := v.(int64); is && t.Columns[i].Kind == move.Time {
			values[i] = n / 1000
		}
	}
	return values
}

// Clear implements move.Session.
func (m *mover) Clear(ctx context.Context, tables []move.Table) error {
	for _, t := range slices.Backward(tables) {
		if err := m.conn.doContext(ctx, t.DeleteAll()); err != nil {
			return driverError("empty "+t.Name, err)
		}
	}
	return nil
}

// The table of SQLite that has the last numbers, and the column that it does not count: its
// numbers are made from those that are there.
const (
	selectSequence = "SELECT seq FROM sqlite_sequence WHERE name = ?"
	operatorNumber = "number"
)

// LastNumber implements move.Session.
func (m *mover) LastNumber(ctx context.Context, t move.Table) (n int64, isStored bool, err error) {
	const doing = "read the last number"
	if t.Numbered == operatorNumber {
		n, err = m.number(ctx, doing, "SELECT coalesce(max(number), 100000) FROM "+t.Name)
		return n, false, err
	}
	n, err = m.number(ctx, doing, selectSequence, t.Name)
	return n, true, err
}

// SetLastNumber implements move.Session.
func (m *mover) SetLastNumber(ctx context.Context, t move.Table, n int64) error {
	if t.Numbered == operatorNumber {
		return nil
	}
	err := m.conn.doContext(ctx, "DELETE FROM sqlite_sequence WHERE name = ?", t.Name)
	if err == nil {
		err = m.conn.doContext(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", t.Name, n)
	}
	return driverError("set the last number", err)
}

// Mark implements move.Session.
func (m *mover) Mark(ctx context.Context, name string) (string, error) {
	s, err := m.conn.prepared(sqltext.SelectSetting)
	var value []byte
	if err == nil {
		err = s.query(ctx, func(r sqltext.Row) error { return r.Scan(sqltext.Bytes{To: &value}) }, name)
	}
	return string(bytes.TrimSpace(value)), driverError("read the mark", err)
}

// SetMark implements move.Session.
func (m *mover) SetMark(ctx context.Context, name, value string) error {
	err := m.conn.doContext(ctx, "DELETE FROM settings WHERE name = ?", name)
	if err == nil && value != "" {
		err = m.conn.doContext(ctx, sqltext.InsertSetting, name, []byte(value))
	}
	return driverError("write the mark", err)
}

// MovedColumns returns the tables with their columns, without those that only this engine has:
// search indexes, counts and versions of lists, which triggers make.
func (s *Store) MovedColumns(ctx context.Context) (tables map[string][]string, err error) {
	tables = map[string][]string{}
	err = s.view(ctx, true, func(t *tx) error {
		_, err := all(ctx, t, "list columns", func(r sqltext.Row) (string, error) {
			var table, column string
			err := r.Scan(&table, &column)
			tables[table] = append(tables[table], column)
			return table, err
		}, `SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
			WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'
			AND t.name NOT LIKE '%!_search!_pending' ESCAPE '!'
			AND t.name NOT IN ('goose_db_version', 'list_versions', 'organization_counts', 'request_counts')`)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 {
		return nil, problem.RowNotFound()
	}
	return tables, nil
}
