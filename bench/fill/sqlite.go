// SPDX-License-Identifier: Apache-2.0

package fill

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"gatehouse/internal/secret"
)

// SQLite fills the migrated database at path, which nobody else has open.
// When it fails the database is of
// no use: there is no journal meanwhile.
func SQLite(ctx context.Context, path string, keys *secret.Keyring, s Spec) (data Data, err error) {
	p, err := newPlan(keys, s)
	if err != nil {
		return Data{}, err
	}
	q := url.Values{"mode": {"rw"}, "_journal_mode": {"OFF"}, "_synchronous": {"OFF"},
		"_pragma": {"locking_mode(EXCLUSIVE)", "cache_size(-524288)", "temp_store(MEMORY)"}}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return Data{}, err
	}
	db.SetMaxOpenConns(1)
	defer func() {
		if err = errors.Join(err, db.Close()); err == nil {
			err = flush(path)
		}
	}()
	l := sqliteLoad{db: db, plan: p}
	if err := l.run(ctx); err != nil {
		return Data{}, fmt.Errorf("fill %s: %w", path, err)
	}
	return p.data(), nil
}

// flush makes the file survive a power cut: nothing before did.
func flush(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

type sqliteLoad struct {
	db   *sql.DB
	plan *plan
}

func (l sqliteLoad) run(ctx context.Context) error {
	var there int
	if err := l.db.QueryRowContext(ctx,
		`SELECT (SELECT count(*) FROM organizations WHERE id <> 0) + (SELECT count(*) FROM requests)`).Scan(
		&there); err != nil {
		return err
	}
	if there > 0 {
		return errNotEmpty
	}
	tables := l.plan.tables(spelling{
		at: func(t time.Time) any { return t.UnixMilli() },
		flag: func(b bool) any {
			if b {
				return int64(1)
			}
			return int64(0)
		}})
	indexes, triggers, err := l.takeOff(ctx, tables)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := l.load(ctx, t); err != nil {
			return fmt.Errorf("load %s: %w", t.name, err)
		}
	}
	for _, index := range indexes {
		if _, err := l.db.ExecContext(ctx, index.restore); err != nil {
			return fmt.Errorf("index %s: %w", index.name, err)
		}
	}
	if err := l.derive(ctx, triggers); err != nil {
		return err
	}
	for _, trigger := range triggers {
		if _, err := l.db.ExecContext(ctx, trigger.restore); err != nil {
			return fmt.Errorf("trigger %s: %w", trigger.name, err)
		}
	}
	// As the server leaves it; to switch, the lock must be let go at the next read.
	_, err = l.db.ExecContext(ctx,
		`PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL; SELECT count(*) FROM settings`)
	return err
}

// object is an index, a trigger or a reference: how it goes, and how it comes back.
type object struct{ drop, name, restore string }

// takeOff drops the tables' indexes and triggers and returns them in the order in
// which they were made: the order tells the planner which of two equal indexes to take.
func (l sqliteLoad) takeOff(ctx context.Context, tables []table) (indexes, triggers []object, err error) {
	for _, t := range tables {
		rows, err := l.db.QueryContext(ctx, `SELECT type = 'index', 'DROP ' || type || ' "' || name || '"', name, sql FROM sqlite_schema
			WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid`, t.name)
		if err != nil {
			return nil, nil, err
		}
		for rows.Next() {
			var o object
			var index bool
			if err := rows.Scan(&index, &o.drop, &o.name, &o.restore); err != nil {
				return nil, nil, errors.Join(err, rows.Close())
			}
			if index {
				indexes = append(indexes, o)
			} else {
				triggers = append(triggers, o)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, nil, err
		}
	}
	for _, list := range [][]object{triggers, indexes} {
		for _, o := range list {
			if _, err := l.db.ExecContext(ctx, o.drop); err != nil {
				return nil, nil, err
			}
		}
	}
	return indexes, triggers, nil
}

// rowsPerInsert is how many rows one statement has: a call of the driver costs
// more than a row.
const rowsPerInsert = 50

// load inserts a table's rows in one transaction.
func (l sqliteLoad) load(ctx context.Context, t table) (err error) {
	tx, err := l.db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	several, err := tx.PrepareContext(ctx, t.insert(rowsPerInsert))
	if err != nil {
		return err
	}
	defer several.Close()
	var args []any
	for i := 0; i < t.rows; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(rowsPerInsert, t.rows-i)
		args = args[:0]
		for j := range n {
			args = t.row(args, i+j)
		}
		// Without the context, which the driver would watch at every statement.
		if n == rowsPerInsert {
			_, err = several.ExecContext(context.WithoutCancel(ctx), args...)
		} else {
			_, err = tx.ExecContext(context.WithoutCancel(ctx), t.insert(n), args...)
		}
		if err != nil {
			return err
		}
		i += n
	}
	return tx.Commit()
}

// insert is a statement for n rows.
func (t table) insert(n int) string {
	row := "(?" + strings.Repeat(", ?", len(t.columns)-1) + ")"
	return "INSERT INTO " + t.name + " (" + strings.Join(t.columns,
		", ") + ") VALUES " + row + strings.Repeat(", "+row, n-1)
}
