// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// listing says what a list is made of.
type listing struct {
	table      string
	columns    string            // what is selected
	always     string            // a condition on all rows, or empty
	scope      string            // the column with the organization
	properties map[string]string // the column of each property
	// kept is the property by whose values the table's rows are counted as they
	// change. counts reads these numbers, each with the table's version.
	kept, counts string
	// search is the index of three characters in a row, and searched the column it is of.
	search, searched string
}

// lister answers one question for a list. It is made anew for each, on one state.
type lister struct {
	listing
	ctx     context.Context
	t       *tx
	p       tenancy.ListParams
	order   sqltext.Order
	first   string             // the column that decides first
	memory  *listmemory.Memory //  nil: nothing is remembered
	counts  map[string]int     // rows of the table by the kept property; nil when only some organization's count
	all     int                // rows of the table, or more
	version int64
}

// list gives a page and how many match in all. A transaction is one state, so
// that the two belong together.
func list[T any](ctx context.Context, t *tx, l listing, p tenancy.ListParams, fill func(scanner, *T) error, id func(T) int64) ([]T, int, error) {
	if t.write {
		ctx = context.WithoutCancel(ctx) // see tx.statement; a reader's list can be cancelled
	}
	if err := t.ready(true); err != nil {
		return nil, 0, err
	}
	q := &lister{listing: l, ctx: ctx, t: t, p: p}
	page, total, err := answer(q, fill, id)
	if err != nil {
		return nil, 0, t.fail("list "+l.table, err)
	}
	return page, total, nil
}

func answer[T any](q *lister, fill func(scanner, *T) error, id func(T) int64) ([]T, int, error) {
	if err := errors.Join(q.ctx.Err(), q.sorted()); err != nil {
		return nil, 0, err
	}
	if err := q.load(); err != nil {
		return nil, 0, err
	}
	total, err := q.total(q.p.Filter)
	offset := max(q.p.Offset, 0)
	if err != nil || q.p.Limit <= 0 || offset >= total {
		return nil, total, err
	}
	s, err := q.page(total, offset)
	if err != nil {
		return nil, 0, err
	}
	page := make([]T, 0, min(q.p.Limit, total-offset))
	err = q.run(s, func(row scanner) error {
		page = append(page, *new(T))
		return fill(row, &page[len(page)-1])
	})
	if err != nil {
		return nil, 0, err
	}
	q.remember(s, offset, len(page), func(i int) int64 { return id(page[i]) })
	return page, total, nil
}

// run gives the rows of a page to fn. Of a page that was found with effort the
// ids may be known.
func (q *lister) run(s statement, fn func(scanner) error) error {
	if q.memory != nil && s.dear {
		if ids, ok := q.memory.Page(q.version, listmemory.Key(s.sql, s.args)); ok {
			s = q.byIDs(ids)
		}
	}
	rows, err := q.t.conn.dynamic(s.sql)
	if err != nil {
		return err
	}
	return rows.query(q.ctx, fn, s.args...)
}

// remember keeps what a page tells about its list.
func (q *lister) remember(s statement, offset, n int, id func(i int) int64) {
	if q.memory == nil || n == 0 {
		return
	}
	if s.dear {
		ids := make([]int64, n)
		for i := range ids {
			ids[i] = id(i)
		}
		q.memory.PutPage(q.version, listmemory.Key(s.sql, s.args), ids)
	}
	if s.key != "" {
		q.memory.PutMark(q.version, s.key, listmemory.Mark{Offset: offset, ID: id(0)})
		q.memory.PutMark(q.version, s.key, listmemory.Mark{Offset: offset + n - 1, ID: id(n - 1)})
	}
}

// load reads the kept counts and the table's version.
func (q *lister) load() error {
	if !q.t.write {
		q.memory = q.t.store.memory[q.table]
	}
	s, err := q.t.statement(q.listing.counts)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	err = s.query(context.Background(), func(row scanner) error {
		var value string
		var n int
		err := row.Scan(&value, &n, &q.version)
		counts[value] = n
		q.all += n
		return err
	})
	if q.p.Scope == tenancy.RootID {
		q.counts = counts
	}
	return err
}

// statement is SQL with its arguments.
type statement struct {
	sql  string
	args []any
	key  string // of the list in the memory; empty: no places in it are remembered
	dear bool   // its page is worth remembering
}

// condition writes what of the table's rows belongs to the list and the tree.
// Texts are looked for row by row, or by the search index when indexed.
func (q *lister) condition(n filter.Node, indexed bool) (*sqltext.Where, error) {
	d := dialect{}
	if indexed && q.searchable() {
		d.search, d.searched = q.search, q.searched
	}
	return q.complete(sqltext.New(d, q.column), n)
}

// column returns the column of a property.
func (q *lister) column(p filter.Property) (sqltext.Column, error) {
	return sqltext.ColumnOf(q.properties, p)
}

// complete adds the conditions of the list to an empty one, and the tree.
func (q *lister) complete(w *sqltext.Where, n filter.Node) (*sqltext.Where, error) {
	if q.always != "" {
		w.And(q.always)
	}
	if q.p.Scope != tenancy.RootID {
		w.And(q.scope+" = ?", int64(q.p.Scope))
	}
	return w, w.AndFilter(n)
}

// searchable: the search index is of all organizations; of one there are few rows.
func (q *lister) searchable() bool { return q.p.Scope == tenancy.RootID && q.search != "" }

// number runs a statement that gives one.
func (q *lister) number(text string, args ...any) (n int, err error) {
	s, err := q.t.conn.dynamic(text)
	if err != nil {
		return 0, err
	}
	err = s.query(q.ctx, func(row scanner) error { return row.Scan(&n) }, args...)
	return n, err
}
