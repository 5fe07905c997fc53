// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"strings"

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

// page gives the statement for one page; its arguments are those of the
// condition, the limit and the offset.
func (l listing) page(q query, offset int) string {
	if offset < deep {
		return "SELECT " + l.columns + " FROM " + l.table + q.where + q.order + " LIMIT ? OFFSET ?"
	}
	return "SELECT " + l.columns + " FROM " + l.table + " JOIN (SELECT id FROM " + l.table + q.where + q.order +
		" LIMIT ? OFFSET ?) USING (id)" + q.order
}

// list gives a page and how many match in all. A transaction is one state, so
// that the two belong together.
func list[T any](ctx context.Context, t *tx, l listing, p tenancy.ListParams, scan func(scanner) (T, error)) ([]T, int, error) {
	doing := "list " + l.table
	if t.write {
		ctx = context.WithoutCancel(ctx) // see tx.statement; a reader's list can be cancelled
	}
	q, err := l.compile(p)
	if err != nil {
		return nil, 0, t.fail(doing, err)
	}
	if err := t.ready(true); err != nil {
		return nil, 0, err
	}
	if err := t.conn.ensure(ctx); err != nil {
		return nil, 0, t.fail(doing, err)
	}
	var total int
	if err := t.conn.held.QueryRowContext(ctx, "SELECT count(*) FROM "+l.table+q.where, q.args...).Scan(&total); err != nil {
		return nil, 0, t.fail(doing, err)
	}
	offset := max(p.Offset, 0)
	if p.Limit <= 0 || offset >= total {
		return nil, total, nil
	}
	rows, err := t.conn.held.QueryContext(ctx, l.page(q, offset), append(q.args, p.Limit, offset)...)
	if err != nil {
		return nil, 0, t.fail(doing, err)
	}
	page, err := collect(rows, scan)
	if err != nil {
		return nil, 0, t.fail(doing, err)
	}
	return page, total, nil
}
