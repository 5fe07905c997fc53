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
// the limit and the offset. When how many match is cheap to know, a page near the
// end is reached from there: the order is total, so it is the same page.
func (l listing) page(q query, offset int, fromEnd bool) string {
	limit, skip := fmt.Sprintf("$%d::bigint", len(q.args)+1), fmt.Sprintf("$%d::bigint", len(q.args)+2)
	head := "WITH counted AS MATERIALIZED (" + q.count + ") SELECT (SELECT * FROM counted), " + l.columns + " FROM " + l.table
	ids := " JOIN (SELECT id FROM " + l.table + q.where
	part := " LIMIT " + limit + " OFFSET " + skip
	switch {
	case offset < deep:
		return head + q.where + q.order + part
	case fromEnd:
		left := "(SELECT * FROM counted) - " + skip
		part = " LIMIT greatest(least(" + limit + ", " + left + "), 0) OFFSET greatest(" + left + " - " + limit + ", 0)"
		return head + ids + backwards(q.order) + part + ") AS page USING (id)" + q.order
	}
	return head + ids + q.order + part + ") AS page USING (id)" + q.order
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
	offset := max(p.Offset, 0)
	count := step{planned(q.count, q.countArgs()...), first(value[int], &total, nil)}
	rows := collect(func(row pgx.Row) (T, error) { return scan(withTotal{row, &total}) }, &page)
	for range maxLooks {
		fromEnd := false
		if p.Limit > 0 && offset >= deep && q.known { // only to choose the way
			if err := t.run(ctx, doing, count); err != nil {
				return nil, 0, err
			}
			fromEnd = offset > total/2
		}
		if p.Limit > 0 {
			args := append(slices.Clip(q.args), p.Limit, offset)
			err := t.run(ctx, doing, step{planned(l.page(q, offset, fromEnd), args...), rows})
			if err != nil || len(page) > 0 {
				return page, total, err
			}
		}
		// No row tells how many match.
		if err := t.run(ctx, doing, count); err != nil || p.Limit <= 0 || total <= offset {
			return nil, total, err
		}
		// The page was empty, but is not in the state that was counted.
	}
	return nil, total, nil
}

// maxLooks is how often an empty page is looked for again.
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
