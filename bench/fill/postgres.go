// SPDX-License-Identifier: Apache-2.0

package fill

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/secret"
)

// Postgres fills the migrated database of a URL, which nobody else is at. It
// needs to own the tables, no more.
// When it fails the database is of no use: its indexes may be gone.
func Postgres(ctx context.Context, url string, keys *secret.Keyring, s Spec) (Data, error) {
	p, err := newPlan(keys, s)
	if err != nil {
		return Data{}, err
	}
	l := postgresLoad{url: url, plan: p}
	if err := l.run(ctx); err != nil {
		return Data{}, fmt.Errorf("fill PostgreSQL: %w", err)
	}
	return p.data(), nil
}

type postgresLoad struct {
	url  string
	plan *plan
}

// connect returns a connection with room to sort, which does not wait for the disk.
func (l postgresLoad) connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(l.url)
	if err != nil {
		return nil, errors.New("the database URL is not valid") // the cause would repeat it
	}
	for name, value := range map[string]string{"synchronous_commit": "off", "maintenance_work_mem": "512MB",
		"statement_timeout": "0"} {
		config.RuntimeParams[name] = value
	}
	return pgx.ConnectConfig(ctx, config)
}

// with runs fn on a connection of its own.
func (l postgresLoad) with(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := l.connect(ctx)
	if err != nil {
		return err
	}
	return errors.Join(fn(conn), conn.Close(context.WithoutCancel(ctx)))
}

func (l postgresLoad) run(ctx context.Context) error {
	tables := l.plan.tables(spelling{at: func(t time.Time) any { return t },
		flag: func(b bool) any { return b }})
	var off takenOff
	err := l.with(ctx, func(conn *pgx.Conn) (err error) {
		var there int
		if err := conn.QueryRow(ctx,
			`SELECT (SELECT count(*) FROM organizations WHERE id <> 0) + (SELECT count(*) FROM requests)`).Scan(
			&there); err != nil {
			return err
		}
		if there > 0 {
			return errNotEmpty
		}
		off, err = takeOff(ctx, conn, tables)
		return err
	})
	if err != nil {
		return err
	}
	err = l.together(ctx, len(tables), func(conn *pgx.Conn, i int) error { return load(ctx, conn, tables[i]) })
	if err != nil {
		return err
	}
	err = l.together(ctx, len(off.indexes), func(conn *pgx.Conn, i int) error {
		_, err := conn.Exec(ctx, off.indexes[i].restore)
		return err
	})
	if err != nil {
		return err
	}
	return l.with(ctx, func(conn *pgx.Conn) error { return finish(ctx, conn, tables, off) })
}

// together does n things, two at a time, each on a connection of its own.
func (l postgresLoad) together(ctx context.Context, n int, do func(conn *pgx.Conn, i int) error) error {
	var group sync.WaitGroup
	free, failed := make(chan struct{}, 2), make([]error, n)
	for i := range n {
		free <- struct{}{}
		group.Go(func() {
			failed[i] = l.with(ctx, func(conn *pgx.Conn) error { return do(conn, i) })
			<-free
		})
	}
	group.Wait()
	return errors.Join(failed...)
}

// takenOff is what makes a load slow, with the statements that bring it back.
type takenOff struct{ references, indexes, triggers []object }

// takeOff drops the tables' references and indexes, but for those of keys, and
// switches their triggers off.
func takeOff(ctx context.Context, conn *pgx.Conn, tables []table) (off takenOff, err error) {
	var list []string
	for _, t := range tables {
		list = append(list, t.name)
	}
	for _, part := range []struct {
		to    *[]object
		query string
	}{
		{&off.references, `SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(conname), conname,
			'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid)
			FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY ($1::text[]::regclass[]) ORDER BY oid`},
		{&off.indexes, `SELECT 'DROP INDEX ' || indexrelid::regclass, indexrelid::regclass::text, pg_get_indexdef(indexrelid)
			FROM pg_index WHERE indrelid = ANY ($1::text[]::regclass[])
			AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY indexrelid`},
		{&off.triggers, `SELECT 'ALTER TABLE ' || tgrelid::regclass || ' DISABLE TRIGGER ' || quote_ident(tgname), tgname,
			'ALTER TABLE ' || tgrelid::regclass || ' ENABLE TRIGGER ' || quote_ident(tgname)
			FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O' AND tgrelid = ANY ($1::text[]::regclass[]) ORDER BY oid`},
	} {
		rows, err := conn.Query(ctx, part.query, list)
		if err != nil {
			return off, err
		}
		if *part.to, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (o object, err error) {
			err = row.Scan(&o.drop, &o.name, &o.restore)
			return o, err
		}); err != nil {
			return off, err
		}
		for _, o := range *part.to {
			if _, err := conn.Exec(ctx, o.drop); err != nil {
				return off, fmt.Errorf("take off %s: %w", o.name, err)
			}
		}
	}
	return off, nil
}

// load copies a table's rows.
func load(ctx context.Context, conn *pgx.Conn, t table) error {
	i := 0
	var row []any
	n, err := conn.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromFunc(func() ([]any, error) {
		if i == t.rows {
			return nil, nil
		}
		row = t.row(row[:0], i)
		i++
		return row, nil
	}))
	if err == nil && n != int64(t.rows) {
		err = fmt.Errorf("%d rows were copied, not %d", n, t.rows)
	}
	if err != nil {
		return fmt.Errorf("load %s: %w", t.name, err)
	}
	return nil
}

// finish brings back the rest, and leaves the tables as a quiet night would:
// index-only scans need to know which pages all can see.
func finish(ctx context.Context, conn *pgx.Conn, tables []table, off takenOff) error {
	statements, err := pending(postgresDerived(), off.triggers)
	if err != nil {
		return err
	}
	for _, list := range [][]object{off.references, off.triggers} {
		for _, o := range list {
			statements = append(statements, o.restore)
		}
	}
	for _, t := range tables {
		if t.name != "auth_codes" && t.name != "clients" { // whose ids are no numbers
			statements = append(statements,
				fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('%[1]s', 'id'), (SELECT max(id) FROM %[1]s))`, t.name))
		}
	}
	statements = append(statements, `VACUUM (FREEZE, ANALYZE)`)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}
