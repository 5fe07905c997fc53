// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/bench/fill"
)

// Postgres returns the yardsticks of a filled database nobody else is at, which
// they change: the driver's, and pgbench's where that is on the machine. close
// lets go of it.
func Postgres(ctx context.Context, url string, d fill.Data) ([]Yardstick, func() error, error) {
	p, err := newPopulation(d)
	if err != nil {
		return nil, nil, err
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, errors.New("the database URL is not valid") // the cause would repeat it
	}
	s := &postgres{population: p, config: config}
	if err := s.with(ctx, s.prepare); err != nil {
		return nil, nil, fmt.Errorf("prepare yardsticks: %w", err)
	}
	list := slices.Concat(s.single(), s.lists(), s.writes(), s.clientReads(), s.scripts())
	return list, func() error { return nil }, nil
}

// postgres is a PostgreSQL database under measurement.
type postgres struct {
	*population
	config  *pgx.ConnConfig
	indexed bool // what names contain
}

// with runs fn on a connection of its own.
func (s *postgres) with(ctx context.Context, fn func(context.Context, *pgx.Conn) error) error {
	conn, err := pgx.ConnectConfig(ctx, s.config.Copy())
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, conn), conn.Close(context.WithoutCancel(ctx)))
}

// prepare makes the applications, the numbers of requests per status that the
// best lists begin with, and the beginnings of all chains of the audit: what
// comes second in a chain is the usual case, and pgbench has no other.
func (s *postgres) prepare(ctx context.Context, conn *pgx.Conn) error {
	if err := conn.QueryRow(ctx,
		`SELECT to_regclass('requests_name_trigrams_idx') IS NOT NULL`).Scan(&s.indexed); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `
		DROP TABLE IF EXISTS yardstick_totals;
		CREATE TABLE yardstick_totals (status_folded text COLLATE "C" PRIMARY KEY, n bigint NOT NULL);
		INSERT INTO yardstick_totals SELECT status_folded, count(*) FROM requests GROUP BY status_folded;
		ANALYZE yardstick_totals`); err != nil {
		return err
	}
	m, batch := newMinted(), &pgx.Batch{}
	for i := range applications {
		batch.Queue(`INSERT INTO applications (id, organization_id, name, type, lifetime_days, created_at, created_by,
				key_id, key_issued_at, key_expires_at, key_digest)
			VALUES ($1, 0, $2, 'application', -1, $3, $4, $5, $3, NULL, $6)`,
			s.applicationID(i), fmt.Sprint("yardstick ", i), now(), actorRef, m.id(), m.bytes(hashSize))
	}
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	if err := s.listClients(ctx, conn); err != nil {
		return err
	}
	var withCodes []int64 // of a large database, not all of them are in the samples
	for _, c := range s.data.Codes {
		withCodes = append(withCodes, c.Organization)
	}
	for _, list := range [][]int64{{0}, s.data.Active, s.data.New, withCodes} {
		if _, err := conn.Exec(ctx, `INSERT INTO audit_heads (organization_id, seq, hash) SELECT id, 0, '' FROM unnest($1::bigint[]) AS id
			ON CONFLICT DO NOTHING`, list); err != nil {
			return err
		}
	}
	if err := s.refill(ctx, conn); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `VACUUM (ANALYZE) audit_heads, applications, yardstick_codes, yardstick_clients`)
	return err
}

// client is a connection, for one goroutine.
type client struct {
	ctx    context.Context // of the run
	conn   *pgx.Conn
	minted minted
	values []any // of the last row
}

// rows reads all rows and leaves the last one in c.values.
func (c *client) rows(query string, args ...any) (n int, err error) {
	rows, err := c.conn.Query(c.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return c.drain(rows)
}

// drain reads rows to their end.
func (c *client) drain(rows pgx.Rows) (n int, err error) {
	defer rows.Close()
	for rows.Next() {
		if c.values, err = rows.Values(); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// one is rows for a row that must be there.
func (c *client) one(query string, args ...any) error {
	n, err := c.rows(query, args...)
	if err == nil && n != 1 {
		err = fmt.Errorf("%d rows, not one: %s", n, query)
	}
	return err
}

// How many connections are fastest. Reads keep a few processes of PostgreSQL busy
// on each processor, measured on two; writes wait for the disk, and those that do
// so at the same time are committed together: the server's pool has as many.
const (
	readingClients = 4 // for each processor
	writingClients = 16
)

func (s *postgres) reading(operation string, do func(c *client) work) Yardstick {
	return s.clients(operation, readingClients*runtime.GOMAXPROCS(0), do)
}

// clients is a yardstick for so many connections at once but no more than most,
// each used by one goroutine.
func (s *postgres) clients(operation string, most int, do func(c *client) work) Yardstick {
	return Yardstick{Operation: operation, Name: Driver, Run: func(ctx context.Context, connections int,
		d time.Duration) (r Result, err error) {
		if operation == Approve && s.undecided.scarce() {
			if err := s.with(ctx, s.refill); err != nil {
				return Result{}, err
			}
		}
		var workers []work
		for range min(connections, most) {
			conn, err := pgx.ConnectConfig(ctx, s.config.Copy())
			if err != nil {
				return Result{}, err
			}
			defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
			workers = append(workers, do(&client{ctx: context.WithoutCancel(ctx), conn: conn, minted: newMinted()}))
		}
		return warm(ctx, d, workers)
	}}
}
