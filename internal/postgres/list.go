// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// listing says what a list is made of.
type listing struct {
	table   string
	columns string // what is selected
	always  string // a condition on all rows, or empty
	scope   string // the column with the organization
	column  func(property string) (string, bool)
	state   string  // the property whose values are tallied
	tallies []tally // all its values
}

// query is a compiled ListParams.
type query struct {
	where string // " WHERE …" or empty
	order string // " ORDER BY …"
	count string // the query for how many match
	known bool   // count is cheap
	args  []any  // of where
}

// deep is the offset from which on a page is found by its ids first: an index
// alone is cheaper to walk than the rows it points to.
const deep = 1000

// longColumn is too long for an index, which has its beginning. Sorted by that
// first, rows come in order from the index, and only those that begin alike are
// left to be sorted.
const longColumn = "description_folded"

// compile makes the parts of a statement.
func (l listing) compile(p tenancy.ListParams) (query, error) {
	w := where{columns: l.column}
	join := func() {
		if w.sql.Len() > 0 {
			w.sql.WriteString(" AND ")
		}
	}
	w.add(l.always)
	if p.Scope != tenancy.RootID {
		join()
		w.add(l.scope+" = ?", int64(p.Scope))
	}
	if p.Filter != nil {
		join()
		if err := w.terms("", []filter.Node{p.Filter}); err != nil {
			return query{}, err
		}
	}
	order, err := w.ordered(p.Sort)
	if err != nil {
		return query{}, err
	}
	q := query{order: order, args: w.args}
	if w.sql.Len() > 0 {
		q.where = " WHERE " + w.sql.String()
	}
	if q.count, q.known = l.kept(p); !q.known {
		q.count = "SELECT count(*) FROM " + l.table + q.where
	}
	return q, nil
}

const orderBy = " ORDER BY "

// ordered gives the keys and the id behind them, which goes the way of the last
// key, so that one index on (key, id) serves both directions. Without keys the
// newest come first.
func (w *where) ordered(keys []filter.Sort) (string, error) {
	var terms []string
	direction, total := "", false
	for _, key := range keys {
		column, err := w.columnOf(key.Property)
		if err != nil {
			return "", err
		}
		direction = ""
		if key.Descending {
			direction = " DESC"
		}
		if column == longColumn {
			terms = append(terms, "left("+column+", 400)"+direction)
		}
		terms = append(terms, column+direction)
		if total = column == "id"; total {
			break // nothing is left to be decided
		}
	}
	switch {
	case len(terms) == 0:
		terms = []string{"created_at DESC", "id DESC"}
	case !total:
		terms = append(terms, "id"+direction)
	}
	return orderBy + strings.Join(terms, ", "), nil
}

// backwards turns an order round.
func backwards(order string) string {
	terms := strings.Split(strings.TrimPrefix(order, orderBy), ", ")
	for i, term := range terms {
		if strings.HasPrefix(term, "left(") { // its comma is not one between terms
			continue
		}
		if forward, down := strings.CutSuffix(term, " DESC"); down {
			terms[i] = forward
		} else {
			terms[i] += " DESC"
		}
	}
	return orderBy + strings.Join(terms, ", ")
}

// page gives the statement for one page and, in each row, how many match in all:
// one statement sees one state, even in an Update. The last two arguments are
// the limit and the offset.
func (l listing) page(q query, s span) string {
	part := fmt.Sprintf(" LIMIT $%d::bigint OFFSET $%d::bigint", len(q.args)+1, len(q.args)+2)
	head := "WITH counted AS MATERIALIZED (" + q.count + ") SELECT (SELECT * FROM counted), " + l.columns + " FROM " + l.table
	ids := " JOIN (SELECT id FROM " + l.table + q.where
	switch {
	case s.back:
		return head + ids + backwards(q.order) + part + ") AS page USING (id)" + q.order
	case s.offset >= deep:
		return head + ids + q.order + part + ") AS page USING (id)" + q.order
	}
	return head + q.where + q.order + part
}

// span is where a page lies: from the start, or from the end of a list that was
// counted. The order is total, so that it is the same page.
type span struct {
	limit, offset int
	back          bool
	total         int // that the list must have, if back
}

// shorter gives the shorter way to a page.
func (s span) shorter(total int) span {
	if s.offset <= total/2 || s.offset >= total {
		return s
	}
	left := total - s.offset
	return span{limit: min(s.limit, left), offset: max(left-s.limit, 0), back: true, total: total}
}

// list gives a page and how many match in all.
func list[T any](ctx context.Context, t *tx, l listing, p tenancy.ListParams, scan func(pgx.Row) (T, error)) (page []T, total int, err error) {
	doing := "list " + l.table
	if t.lost != nil {
		return nil, 0, t.lost
	}
	q, err := l.compile(p)
	if err != nil {
		return nil, 0, t.fail(doing, err)
	}
	count := step{planned(q.count, q.countArgs()...), first(value[int], &total, nil)}
	rows := collect(func(row pgx.Row) (T, error) { return scan(withTotal{row, &total}) }, &page)
	for look := range maxLooks {
		way := span{limit: p.Limit, offset: max(p.Offset, 0)}
		if p.Limit > 0 && way.offset >= deep && q.known && look < maxLooks-1 {
			if err := t.run(ctx, doing, count); err != nil {
				return nil, 0, err
			}
			way = way.shorter(total)
		}
		if p.Limit > 0 {
			args := append(slices.Clip(q.args), way.limit, way.offset)
			if err := t.run(ctx, doing, step{planned(l.page(q, way), args...), rows}); err != nil {
				return nil, 0, err
			}
			if len(page) > 0 && (!way.back || way.total == total) {
				return page, total, nil
			}
		}
		// No row tells how many match.
		if err := t.run(ctx, doing, count); err != nil || p.Limit <= 0 || total <= max(p.Offset, 0) {
			return nil, total, err
		}
		// The list has changed between: it is longer now than when the page was
		// empty, or not as long as when the way was chosen.
	}
	return nil, total, nil
}

// maxLooks is how often a page is looked for.
const maxLooks = 5

// countArgs are the arguments of count.
func (q query) countArgs() []any {
	if q.known {
		return nil
	}
	return q.args
}

// planned is a statement that is planned anew for its arguments: what is best for
// a rare word is bad for a common one. What it answers is described once only.
func planned(query string, args ...any) statement {
	return statement{query, append([]any{pgx.QueryExecModeCacheDescribe}, args...)}
}

// withTotal is a row that begins with the total.
type withTotal struct {
	pgx.Row
	total *int
}

// Scan implements pgx.Row.
func (r withTotal) Scan(dest ...any) error { return r.Row.Scan(append([]any{r.total}, dest...)...) }
