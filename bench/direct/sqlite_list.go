// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gatehouse/internal/sqltext"
)

// The lists: internal/sqlite list.go. Each is one statement, and so one state,
// with the total in every row.
const (
	// Better than the server's count(*): a number that is kept.
	liteTotal = `(SELECT n FROM yardstick_totals WHERE status_folded = ?1)`

	liteListStatus = `SELECT ` + liteTotal + `, ` + sqltext.RequestColumns +
		` FROM requests WHERE status_folded = ?1
		ORDER BY created_at DESC, id DESC LIMIT ?2`

	// Few or none contain the word: one pass over the index of names finds all, and
	// only their rows are read. The server, which cannot know, reads every row for
	// the page and every name for the total.
	liteListFew = `WITH hit AS MATERIALIZED (SELECT id FROM requests WHERE instr(name_folded, ?1) > 0)
		SELECT (SELECT count(*) FROM hit), ` + sqltext.RequestColumns + ` FROM hit JOIN requests USING (id)
		ORDER BY created_at DESC, id DESC LIMIT ?2`

	// Many do: the newest rows soon make a page.
	liteListMany = `SELECT (SELECT count(*) FROM requests WHERE instr(name_folded, ?1) > 0), ` +
		sqltext.RequestColumns +
		` FROM requests
		WHERE instr(name_folded, ?1) > 0 ORDER BY created_at DESC, id DESC LIMIT ?2`

	// The same two where the schema has an index of what names contain; ?3 is the
	// word as that takes it.
	liteIndexFew = `WITH hit AS MATERIALIZED (SELECT rowid AS id FROM request_search WHERE request_search MATCH ?3)
		SELECT (SELECT count(*) FROM hit), ` + sqltext.RequestColumns + ` FROM hit JOIN requests USING (id)
		ORDER BY created_at DESC, id DESC LIMIT ?2`
	liteIndexMany = `SELECT (SELECT count(*) FROM request_search WHERE request_search MATCH ?3), ` +
		sqltext.RequestColumns +
		` FROM requests
		WHERE instr(name_folded, ?1) > 0 ORDER BY created_at DESC, id DESC LIMIT ?2`

	liteWalkFirst = `SELECT ` + sqltext.RequestColumns +
		` FROM requests ORDER BY created_at DESC, id DESC LIMIT ?`
	liteWalkNext = `SELECT ` + sqltext.RequestColumns +
		` FROM requests WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`

	// The best found for a page far down: the rows are reached from the other end,
	// which is nearer, and passed over in the index (created_at, id) alone; rows are
	// read for the page only. ?1 is how many the page has, ?2 how many come after it.
	liteOffsetNewest = `SELECT (SELECT sum(n) FROM yardstick_totals), ` + sqltext.RequestColumns + `
		FROM (SELECT id FROM requests ORDER BY created_at, id LIMIT ?1 OFFSET ?2) JOIN requests USING (id)
		ORDER BY created_at DESC, id DESC`
	liteOffsetOldest = `SELECT (SELECT sum(n) FROM yardstick_totals), ` + sqltext.RequestColumns + `
		FROM (SELECT id FROM requests ORDER BY created_at DESC, id DESC LIMIT ?1 OFFSET ?2) JOIN requests USING (id)
		ORDER BY created_at, id`
)

// behind is how many rows come after the page that begins at 90 %.
func (p *population) behind() int {
	n := p.data.Organizations
	return max(0, n-n/10*9-pageSize)
}

func (s *lite) lists() []Yardstick {
	page := func(c *session, query string, args ...any) (int, error) {
		return c.query(query, args...)
	}
	full := func(c *session, query string, args func() []any) work {
		return func() (int, error) {
			n, err := page(c, query, args()...)
			if err == nil && n != pageSize {
				err = fmt.Errorf("%d rows are no page: %s", n, query)
			}
			return 1, err
		}
	}
	offset := func() []any { return []any{pageSize, s.behind()} }
	few, many, word := liteListFew, liteListMany, func(list []string) []any {
		return []any{pick(list),
			pageSize}
	}
	if s.indexed {
		few, many = liteIndexFew, liteIndexMany
		word = func(list []string) []any { w := pick(list); return []any{w, pageSize, `"` + w + `"`} }
	}
	return []Yardstick{
		said(s.reading(ListStatus, func(c *session) work {
			return full(c, liteListStatus, func() []any { return []any{"rejected", pageSize} })
		}), liteListStatus),
		said(s.reading(ListRare, func(c *session) work {
			return func() (int, error) { _, err := page(c, few, word(s.data.Words.Rare)...); return 1, err }
		}), few),
		said(s.reading(ListCommon, func(c *session) work {
			return full(c, many, func() []any { return word(s.data.Words.Common) })
		}), many),
		said(s.reading(ListAbsent, func(c *session) work {
			return func() (int, error) {
				_, err := page(c, liteListFew, pick(s.data.Words.Absent), pageSize)
				return 1, err
			}
		}), liteListFew),
		said(s.reading(Walk, s.walk), liteWalkNext),
		said(s.cold(Offset90, func(c *session) work { return full(c, liteOffsetNewest, offset) }),
			liteOffsetNewest),
		said(s.cold(Offset90Oldest, func(c *session) work { return full(c, liteOffsetOldest, offset) }),
			liteOffsetOldest),
	}
}

// cold is a yardstick of a read that each time comes right after a write on another
// connection, as the server's does: SQLite then drops all pages that the reading
// connection remembers.
func (s *lite) cold(operation string, do func(c *session) work) Yardstick {
	return Yardstick{Operation: operation, Name: Driver, Run: func(ctx context.Context, _ int,
		d time.Duration) (r Result, err error) {
		if s.undecided.scarce() {
			if err := s.refill(ctx); err != nil {
				return Result{}, err
			}
		}
		writer, err := newSession(ctx, s.write)
		if err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, writer.close()) }()
		reader, err := newSession(ctx, s.read)
		if err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, reader.close()) }()
		return afterWrites(ctx, d, func() error { _, err := writer.group(1, s.approve); return err }, do(reader))
	}}
}

func pick(words []string) string { return words[rand.IntN(len(words))] }

// walk reads a page at a time, from the newest to the end, then again.
func (s *lite) walk(c *session) work {
	var at, id any
	return func() (n int, err error) {
		if id == nil {
			n, err = c.query(liteWalkFirst, walkPage)
		} else {
			n, err = c.query(liteWalkNext, at, id, walkPage)
		}
		id, at = c.values[0], c.values[9]
		if n < walkPage {
			id = nil
		}
		return 1, err
	}
}
