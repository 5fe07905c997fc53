// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/sqltext"
)

// The lists: internal/postgres list.go. See sqlite_list.go for what is better
// here than there.
const (
	pgListStatus = `SELECT (SELECT n FROM yardstick_totals WHERE status_folded = $1), ` +
		sqltext.RequestColumns +
		` FROM requests WHERE status_folded = $1
		ORDER BY created_at DESC, id DESC LIMIT $2`

	pgListFew = `WITH hit AS MATERIALIZED (SELECT id FROM requests WHERE strpos(name_folded, $1) > 0)
		SELECT (SELECT count(*) FROM hit), ` + sqltext.RequestColumns + ` FROM hit JOIN requests USING (id)
		ORDER BY created_at DESC, id DESC LIMIT $2`

	pgListMany = `SELECT (SELECT count(*) FROM requests WHERE strpos(name_folded, $1) > 0), ` +
		sqltext.RequestColumns +
		` FROM requests
		WHERE strpos(name_folded, $1) > 0 ORDER BY created_at DESC, id DESC LIMIT $2`

	// The same two where the schema has an index of what names contain.
	pgIndexFew = `WITH hit AS MATERIALIZED (SELECT id FROM requests WHERE name_folded LIKE $1)
		SELECT (SELECT count(*) FROM hit), ` + sqltext.RequestColumns + ` FROM hit JOIN requests USING (id)
		ORDER BY created_at DESC, id DESC LIMIT $2`
	pgIndexMany = `SELECT (SELECT count(*) FROM requests WHERE name_folded LIKE $1), ` + sqltext.RequestColumns +
		` FROM requests
		WHERE name_folded LIKE $1 ORDER BY created_at DESC, id DESC LIMIT $2`

	pgWalkFirst = `SELECT ` + sqltext.RequestColumns +
		` FROM requests ORDER BY created_at DESC, id DESC LIMIT $1`
	pgWalkNext = `SELECT ` + sqltext.RequestColumns +
		` FROM requests WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3`

	pgOffsetNewest = `SELECT (SELECT sum(n)::bigint FROM yardstick_totals), ` + sqltext.RequestColumns + `
		FROM (SELECT id FROM requests ORDER BY created_at, id LIMIT $1 OFFSET $2) AS page JOIN requests USING (id)
		ORDER BY created_at DESC, id DESC`
	pgOffsetOldest = `SELECT (SELECT sum(n)::bigint FROM yardstick_totals), ` + sqltext.RequestColumns + `
		FROM (SELECT id FROM requests ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2) AS page JOIN requests USING (id)
		ORDER BY created_at, id`
)

func (s *postgres) lists() []Yardstick {
	page := func(operation, query string, full bool, args func() []any) Yardstick {
		do := func(c *client) work {
			return func() (int, error) {
				n, err := c.rows(query, args()...)
				if err == nil && full && n != pageSize {
					err = fmt.Errorf("%d rows are no page: %s", n, query)
				}
				return 1, err
			}
		}
		if operation == Offset90 || operation == Offset90Oldest {
			return said(s.cold(operation, do), query)
		}
		return said(s.reading(operation, do), query)
	}
	few, many, around := pgListFew, pgListMany, ""
	if s.indexed {
		few, many, around = pgIndexFew, pgIndexMany, "%"
	}
	word := func(list []string) func() []any {
		return func() []any { return []any{around + pick(list) + around, pageSize} }
	}
	offset := func() []any { return []any{pageSize, s.behind()} }
	return []Yardstick{
		page(ListStatus, pgListStatus, true, func() []any { return []any{"rejected", pageSize} }),
		page(ListRare, few, false, word(s.data.Words.Rare)),
		page(ListCommon, many, true, word(s.data.Words.Common)),
		page(ListAbsent, few, false, word(s.data.Words.Absent)),
		said(s.reading(Walk, s.walk), pgWalkNext),
		page(Offset90, pgOffsetNewest, true, offset),
		page(Offset90Oldest, pgOffsetOldest, true, offset),
	}
}

// cold is a yardstick of a read that each time comes right after a write on another
// connection. Here nothing is dropped by that; the server's read comes after one, too.
func (s *postgres) cold(operation string, do func(c *client) work) Yardstick {
	return Yardstick{Operation: operation, Name: Driver, Run: func(ctx context.Context, _ int,
		d time.Duration) (r Result, err error) {
		if s.undecided.scarce() {
			if err := s.with(ctx, s.refill); err != nil {
				return Result{}, err
			}
		}
		err = s.with(ctx, func(_ context.Context, writing *pgx.Conn) error {
			return s.with(ctx, func(_ context.Context, reading *pgx.Conn) (err error) {
				writer := &client{ctx: context.WithoutCancel(ctx), conn: writing, minted: newMinted()}
				reader := &client{ctx: context.WithoutCancel(ctx), conn: reading, minted: newMinted()}
				r, err = afterWrites(ctx, d, func() error { return s.approve(writer) }, do(reader))
				return err
			})
		})
		return r, err
	}}
}

// walk reads a page at a time, from the newest to the end, then again.
func (s *postgres) walk(c *client) work {
	var at, id any
	return func() (n int, err error) {
		if id == nil {
			n, err = c.rows(pgWalkFirst, walkPage)
		} else {
			n, err = c.rows(pgWalkNext, at, id, walkPage)
		}
		if err != nil {
			return 0, err
		}
		id, at = c.values[0], c.values[9]
		if n < walkPage {
			id = nil
		}
		return 1, nil
	}
}
