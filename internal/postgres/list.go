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
}

// query is a compiled ListParams.
type query struct {
	where string // " WHERE …" or empty
	order string // " ORDER BY …"
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
	order, err := w.orderBy(p.Sort)
	if err != nil {
		return query{}, err
	}
	q := query{order: order, args: w.args}
	if w.sql.Len() > 0 {
		q.where = " WHERE " + w.sql.String()
	}
	return q, nil
}

// orderBy gives the keys and the id behind them, which goes the way of the last
// key, so that one index on (key, id) serves both directions. Without keys the
// newest come first.
func (w *where) orderBy(keys []filter.Sort) (string, error) {
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
	return " ORDER BY " + strings.Join(terms, ", "), nil
}

// page gives the statement for one page and, in each row, how many match in all:
// one statement sees one state, even in an Update. The last two arguments are
// the limit and the offset.
func (l listing) page(q query, offset int) string {
	limit := fmt.Sprintf(" LIMIT $%d OFFSET $%d", len(q.args)+1, len(q.args)+2)
	head := "SELECT (" + l.count(q) + "), " + l.columns + " FROM " + l.table
	if offset < deep {
		return head + q.where + q.order + limit
	}
	return head + " JOIN (SELECT id FROM " + l.table + q.where + q.order + limit + ") AS page USING (id)" + q.order
}

func (l listing) count(q query) string { return "SELECT count(*) FROM " + l.table + q.where }

// list gives a page and how many match in all.
func list[T any](ctx context.Context, t *tx, l listing, p tenancy.ListParams, scan func(pgx.Row) (T, error)) ([]T, int, error) {
	doing := "list " + l.table
	if t.lost != nil {
		return nil, 0, t.lost
	}
	q, err := l.compile(p)
	if err != nil {
		return nil, 0, t.fail(doing, err)
	}
	var total int
	offset := max(p.Offset, 0)
	if p.Limit > 0 {
		counted := func(row pgx.Row) (T, error) { return scan(withTotal{row, &total}) }
		page, err := all(ctx, t, doing, counted, l.page(q, offset), append(slices.Clip(q.args), p.Limit, offset)...)
		if err != nil || len(page) > 0 || offset == 0 {
			return page, total, err
		}
	}
	err = t.run(ctx, doing, step{statement{l.count(q), q.args}, first(value[int], &total, nil)})
	return nil, total, err
}

// withTotal is a row that begins with the total.
type withTotal struct {
	pgx.Row
	total *int
}

// Scan implements pgx.Row.
func (r withTotal) Scan(dest ...any) error { return r.Row.Scan(append([]any{r.total}, dest...)...) }
