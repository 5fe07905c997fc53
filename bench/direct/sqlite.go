// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	_ "modernc.org/sqlite" // the driver

	"gatehouse/bench/fill"
)

// SQLite returns the yardsticks of a filled database nobody else has open, which
// they change. close lets go of it.
func SQLite(ctx context.Context, path string, d fill.Data) (list []Yardstick, close func() error, err error) {
	p, err := newPopulation(d)
	if err != nil {
		return nil, nil, err
	}
	s := &lite{population: p}
	if s.write, err = sql.Open("sqlite", liteDSN(path, true)); err != nil {
		return nil, nil, err
	}
	if s.read, err = sql.Open("sqlite", liteDSN(path, false)); err != nil {
		return nil, nil, errors.Join(err, s.close())
	}
	s.write.SetMaxOpenConns(1)
	if err := s.prepare(ctx); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("prepare yardsticks: %w", err), s.close())
	}
	return slices.Concat(s.single(), s.lists(), s.writes(), s.clients()), s.close, nil
}

// lite is a SQLite database under measurement.
type lite struct {
	*population
	read, write *sql.DB
	indexed     bool // what names contain
}

func (s *lite) close() error {
	var err error
	for _, db := range []*sql.DB{s.read, s.write} { // readers first, as the server does
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

// liteDSN has the settings of the server's connections.
func liteDSN(path string, write bool) string {
	q := url.Values{"_busy_timeout": {"5000"}, "_dqs": {"0"}, "_defensive": {"1"}, "_error_rc": {"1"},
		"_pragma": {"trusted_schema(OFF)", "temp_store(MEMORY)"}}
	if write {
		q.Set("mode", "rw")
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", "FULL")
		q.Set("_foreign_keys", "1")
		q["_pragma"] = append(q["_pragma"], "cache_size(-65536)", "secure_delete(ON)",
			"journal_size_limit(67108864)")
	} else {
		q.Set("mode", "ro")
		q.Set("_query_only", "1")
		q["_pragma"] = append(q["_pragma"], "cache_size(-16384)")
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return u.String()
}

// prepare makes the applications, and the numbers of requests per status that the
// best lists begin with.
func (s *lite) prepare(ctx context.Context) (err error) {
	row := s.write.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'request_search'`)
	if err := row.Scan(&s.indexed); err != nil {
		return err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	_, err = tx.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS yardstick_totals (status_folded TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
		DELETE FROM yardstick_totals;
		INSERT INTO yardstick_totals SELECT status_folded, count(*) FROM requests GROUP BY status_folded`)
	if err != nil {
		return err
	}
	m := newMinted()
	for i := range applications {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO applications (id, organization_id, name, type, lifetime_days, created_at, created_by,
				key_id, key_issued_at, key_expires_at, key_digest)
			VALUES (?1, 0, ?2, 'application', -1, ?3, ?4, ?5, ?3, NULL, ?6)`,
			s.applicationID(i), fmt.Sprint("yardstick ", i), now().UnixMilli(), actorRef, m.id(), m.bytes(hashSize))
		if err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return s.refill(ctx)
}

// session is a connection with its statements, for one goroutine.
type session struct {
	conn   *sql.Conn
	stmts  map[string]*sql.Stmt
	values []any // of the last row
	dest   []any // pointers to values
	minted minted
}

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, stmts: map[string]*sql.Stmt{}, minted: newMinted()}, nil
}

func (c *session) close() error {
	var err error
	for _, s := range c.stmts {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.conn.Close())
}

// stmt prepares a statement once. No statement can be cancelled: to watch for
// that costs the driver more than a row does.
func (c *session) stmt(query string) (*sql.Stmt, error) {
	s, ok := c.stmts[query]
	if !ok {
		var err error
		if s, err = c.conn.PrepareContext(context.Background(), query); err != nil {
			return nil, err
		}
		c.stmts[query] = s
	}
	return s, nil
}

func (c *session) exec(query string, args ...any) (int64, error) {
	s, err := c.stmt(query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// change is exec of what must change one row.
func (c *session) change(query string, args ...any) error {
	n, err := c.exec(query, args...)
	if err == nil && n != 1 {
		err = fmt.Errorf("%d rows were changed, not one: %s", n, query)
	}
	return err
}

// query reads all rows and leaves the last one in c.values.
func (c *session) query(query string, args ...any) (n int, err error) {
	s, err := c.stmt(query)
	if err != nil {
		return 0, err
	}
	rows, err := s.QueryContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	columns, err := rows.Columns()
	if err != nil {
		return 0, errors.Join(err, rows.Close())
	}
	if len(c.values) < len(columns) {
		c.values, c.dest = make([]any, len(columns)), nil
		for i := range c.values {
			c.dest = append(c.dest, &c.values[i])
		}
	}
	for rows.Next() {
		if err := rows.Scan(c.dest[:len(columns)]...); err != nil {
			return n, errors.Join(err, rows.Close())
		}
		n++
	}
	return n, errors.Join(rows.Err(), rows.Close())
}

// one is query for a row that must be there.
func (c *session) one(query string, args ...any) error {
	n, err := c.query(query, args...)
	if err == nil && n != 1 {
		err = fmt.Errorf("%d rows, not one: %s", n, query)
	}
	return err
}

// reading is a yardstick of a read. do returns what a goroutine does. There are no
// more of these than processors: more only wait for each other.
func (s *lite) reading(operation string, do func(c *session) work) Yardstick {
	return Yardstick{Operation: operation, Name: Driver, Run: func(ctx context.Context, connections int,
		d time.Duration) (r Result, err error) {
		var workers []work
		for range min(connections, runtime.GOMAXPROCS(0)) {
			c, err := newSession(ctx, s.read)
			if err != nil {
				return Result{}, err
			}
			defer func() { err = errors.Join(err, c.close()) }()
			workers = append(workers, do(c))
		}
		return warm(ctx, d, workers)
	}}
}
