// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/move"
	"gatehouse/internal/sqltext"
)

// byBytes is the clause that sorts a text by bytes.
const byBytes = `COLLATE "C"`

// mover is a move.Session on a connection of its own, without limits of time.
type mover struct {
	conn *pgx.Conn
	tx   pgx.Tx // nil: each statement is by itself
}

var _ move.Session = (*mover)(nil)

// Mover returns a session that moves what this database has, or fills it. The caller closes it.
func (s *Store) Mover(ctx context.Context) (move.Session, error) {
	config := s.pool.Config().ConnConfig
	for _, name := range []string{"statement_timeout", "idle_in_transaction_session_timeout"} {
		config.RuntimeParams[name] = "0"
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, driverError("connect", err)
	}
	return &mover{conn: conn}, nil
}

// MovedTables returns the tables that are moved, each after those that it refers to. The others
// are of goose, or counts that triggers make.
func (s *Store) MovedTables(ctx context.Context) ([]move.Table, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attidentity <> '',
			coalesce(a.attcollation <> 0 AND a.attcollation <> 'pg_catalog."C"'::regcollation, false),
			coalesce(array_position(i.indkey::int2[], a.attnum), -1)
		FROM pg_class AS c
		JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
			AND c.relname NOT IN ('goose_db_version', 'list_counts')
		ORDER BY c.relname, a.attnum`)
	if err != nil {
		return nil, driverError("list tables", err)
	}
	var tables []move.Table
	var name, column, typ string
	var numbered, local bool
	var position int
	_, err = pgx.ForEachRow(rows, []any{&name, &column, &typ, &numbered, &local, &position}, func() error {
		if len(tables) == 0 || tables[len(tables)-1].Name != name {
			tables = append(tables, move.Table{Name: name})
		}
		t := &tables[len(tables)-1]
		kind, ok := kinds()[typ]
		if !ok {
			return fmt.Errorf("the column %s of %s has the type %s, which is not moved", column, name, typ)
		}
		t.Columns = append(t.Columns, move.Column{Name: column, Kind: kind, Local: local})
		if numbered {
			t.Numbered = column
		}
		if position >= 0 { // the columns of every key are in the order of the table
			t.Key = append(t.Key, column)
		}
		return nil
	})
	if err != nil {
		return nil, driverError("list tables", err)
	}
	references, err := s.references(ctx)
	if err != nil {
		return nil, err
	}
	return move.Sorted(tables, references)
}

// ForeignTables returns the tables of the schema that no migration makes. Without the table of
// goose, no migration ever ran, and all of them are foreign.
func (s *Store) ForeignTables(ctx context.Context) ([]string, error) {
	rows, err := s.pool.Query(ctx, `SELECT relname FROM pg_class
		WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
		ORDER BY relname`)
	if err != nil {
		return nil, driverError("list tables", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, driverError("list tables", err)
	}
	ours, err := migratedTables()
	if err != nil || !slices.Contains(names, "goose_db_version") {
		return names, err
	}
	return slices.DeleteFunc(names, func(name string) bool { return ours[name] }), nil
}

// migratedTables returns the names of the tables that migrations make, and of goose's.
func migratedTables() (map[string]bool, error) {
	names := map[string]bool{"goose_db_version": true}
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	create := regexp.MustCompile(`(?m)^\s*CREATE (?:UNLOGGED )?TABLE (\w+)`)
	for _, file := range files {
		text, err := migrations.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the migration %s: %w", file, err)
		}
		for _, found := range create.FindAllSubmatch(text, -1) {
			names[string(found[1])] = true
		}
	}
	return names, nil
}

func kinds() map[string]move.Kind {
	return map[string]move.Kind{"bigint": move.Number, "text": move.Text, "bytea": move.Bytes,
		"boolean": move.Truth, "timestamp with time zone": move.Time}
}

// references returns the tables that each table refers to.
func (s *Store) references(ctx context.Context) (map[string][]string, error) {
	rows, err := s.pool.Query(ctx, `SELECT c.relname, f.relname FROM pg_constraint AS k
		JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_class AS f ON f.oid = k.confrelid
		WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace`)
	if err != nil {
		return nil, driverError("list references", err)
	}
	references, from, to := map[string][]string{}, "", ""
	_, err = pgx.ForEachRow(rows, []any{&from, &to}, func() error {
		references[from] = append(references[from], to)
		return nil
	})
	return references, driverError("list references", err)
}

// ServersAt returns how many connections of servers there are to this database.
func (s *Store) ServersAt(ctx context.Context) (n int64, err error) {
	err = s.pool.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
		AND application_name = $1`, serverName).Scan(&n)
	return n, driverError("look for servers", err)
}

// Begin implements move.Session.
func (m *mover) Begin(ctx context.Context, tables []move.Table) error {
	tx, err := m.conn.Begin(ctx)
	if err != nil {
		return driverError("begin", err)
	}
	m.tx = tx
	return driverError("lock the tables",
		m.exec(ctx, "LOCK TABLE "+strings.Join(tableNames(tables), ", ")+" IN SHARE ROW EXCLUSIVE MODE"))
}

func tableNames(tables []move.Table) (names []string) {
	for _, t := range tables {
		names = append(names, t.Name)
	}
	return names
}

// Commit implements move.Session.
func (m *mover) Commit(ctx context.Context) error {
	tx := m.tx
	m.tx = nil
	return driverError("commit", tx.Commit(ctx))
}

// Rollback implements move.Session.
func (m *mover) Rollback() error {
	if m.tx == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), endLimit)
	defer cancel()
	tx := m.tx
	m.tx = nil
	return driverError("roll back", tx.Rollback(ctx))
}

// Close implements move.Session.
func (m *mover) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), endLimit)
	defer cancel()
	return driverError("close", m.conn.Close(ctx))
}

func (m *mover) exec(ctx context.Context, query string, args ...any) error {
	_, err := m.conn.Exec(ctx, sqltext.Numbered(query), args...)
	return err
}

// Rows implements move.Session.
func (m *mover) Rows(ctx context.Context, t move.Table, after []any, limit int) ([]move.Row, error) {
	rows, err := m.read(ctx, t.SelectAfter(after != nil, byBytes), append(after[:len(after):len(after)], limit))
	return rows, driverError("read "+t.Name, err)
}

// Last implements move.Session.
func (m *mover) Last(ctx context.Context, t move.Table) (move.Row, error) {
	rows, err := m.read(ctx, t.SelectLast(byBytes), []any{1})
	if err != nil || len(rows) == 0 {
		return nil, driverError("read "+t.Name, err)
	}
	return rows[0], nil
}

func (m *mover) read(ctx context.Context, query string, args []any) ([]move.Row, error) {
	rows, err := m.conn.Query(ctx, sqltext.Numbered(query), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (move.Row, error) {
		values, err := row.Values()
		for i, v := range values {
			if at, is := v.(time.Time); is {
				values[i] = at.UnixMicro()
			}
		}
		return values, err
	})
}

// Count implements move.Session.
func (m *mover) Count(ctx context.Context, t move.Table) (n int64, err error) {
	err = m.conn.QueryRow(ctx, t.SelectCount()).Scan(&n)
	return n, driverError("count "+t.Name, err)
}

// Put implements move.Session.
func (m *mover) Put(ctx context.Context, t move.Table, rows []move.Row) error {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	_, err := m.conn.CopyFrom(ctx, pgx.Identifier{t.Name}, names,
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return stored(t, rows[i]), nil }))
	if strings.HasPrefix(code(err), "23") { // a constraint
		return fmt.Errorf("%w: %w", move.ErrConflict, err)
	}
	return driverError("write "+t.Name, err)
}

// stored returns a row as this engine stores it.
func stored(t move.Table, r move.Row) []any {
	values := make([]any, len(r))
	for i, v := range r {
		if n, is := v.(int64); is && t.Columns[i].Kind == move.Time {
			v = time.UnixMicro(n).UTC()
		}
		values[i] = v
	}
	return values
}

// Clear implements move.Session.
func (m *mover) Clear(ctx context.Context, tables []move.Table) error {
	var others []string
	for _, t := range tables {
		if t.DeleteAll() == "DELETE FROM "+t.Name { // else it has marks, which stay
			others = append(others, t.Name)
		} else if err := m.exec(ctx, t.DeleteAll()); err != nil {
			return driverError("empty "+t.Name, err)
		}
	}
	return driverError("empty the tables", m.exec(ctx, "TRUNCATE "+strings.Join(others, ", ")))
}

// LastNumber implements move.Session.
func (m *mover) LastNumber(ctx context.Context, t move.Table) (n int64, isStored bool, err error) {
	sequence, err := m.sequence(ctx, t)
	if err != nil {
		return 0, false, err
	}
	err = m.conn.QueryRow(ctx, "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM "+
		sequence).Scan(&n)
	return n, true, driverError("read "+sequence, err)
}

func (m *mover) sequence(ctx context.Context, t move.Table) (name string, err error) {
	err = m.conn.QueryRow(ctx, "SELECT pg_get_serial_sequence($1, $2)", t.Name, t.Numbered).Scan(&name)
	return name, driverError("find the sequence of "+t.Name, err)
}

// SetLastNumber implements move.Session.
func (m *mover) SetLastNumber(ctx context.Context, t move.Table, n int64) error {
	sequence, err := m.sequence(ctx, t)
	if err != nil {
		return err
	}
	return driverError("set "+sequence, m.exec(ctx, "SELECT setval(?::text::regclass, ? + 1, false)", sequence, n))
}

// Mark implements move.Session.
func (m *mover) Mark(ctx context.Context, name string) (string, error) {
	var value []byte
	err := m.conn.QueryRow(ctx, selectSetting, name).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return string(value), driverError("read the mark", err)
}

// SetMark implements move.Session.
func (m *mover) SetMark(ctx context.Context, name, value string) error {
	if err := m.exec(ctx, "DELETE FROM settings WHERE name = ?", name); err != nil || value == "" {
		return driverError("remove the mark", err)
	}
	return driverError("write the mark", m.exec(ctx, insertSetting, name, []byte(value)))
}
