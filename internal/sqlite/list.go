// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/problem"
	"gatehouse/internal/span"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// listing describes a list.
type listing struct {
	table      string
	columns    string            // what is selected
	always     string            // a condition on all rows, or empty
	scope      string            // the column with the organization
	properties map[string]string // the column of each property
	// countedBy is the property for which triggers maintain the number of rows with each
	// value. countsQuery reads these numbers, each with the table's version.
	countedBy, countsQuery string
	// search is the index of trigrams, and searched the column that it indexes.
	search, searched string
}

// lister answers one query for a list, on one state of the database.
type lister struct {
	listing
	ctx       context.Context
	t         *tx
	p         tenancy.ListParams
	order     sqltext.Order
	first     string             // the column that decides first
	cache     *listmemory.Memory // nil in an Update: what it sees may be undone
	counts    map[string]int     // rows by the countedBy property; nil if the list is of one organization
	tableRows int                // rows of the table, or more
	version   int64
	budget    *budget // nil if there is no limit
	longest   int     // see longestSearched; 0 before that
}

// list returns a page and how many rows match in all. It runs in a transaction, so that
// both belong to one state.
func list[T any](ctx context.Context, t *tx, l listing, p tenancy.ListParams,
	fill func(sqltext.Row, *T) error, id func(T) int64) ([]T, int, error) {
	if t.write {
		ctx = context.WithoutCancel(ctx) // see tx.statement; a reader's list can be cancelled
	}
	if err := t.start(true); err != nil {
		return nil, 0, err
	}
	q := &lister{listing: l, ctx: ctx, t: t, p: p}
	var page []T
	var total int
	over, err := q.within(t.limits().list, func() (err error) {
		page, total, err = answer(q, fill, id)
		return err
	})
	switch {
	case over:
		return nil, 0, problem.TooMany()
	case err != nil:
		return nil, 0, t.fail("list "+l.table, err)
	}
	return page, total, nil
}

// limits returns the limits of lists; an Update has no store, and no limits.
func (t *tx) limits() limits {
	if t.write {
		return limits{}
	}
	return t.store.limits
}

// within runs the statements of a list, and reports whether they were stopped because they
// took more processor time than the limit. A list by one property without a filter has no
// limit: its pages are found by an index. Nor has one in an Update, whose filters are not
// those of strangers.
func (q *lister) within(limit time.Duration, fn func() error) (over bool, err error) {
	if q.t.write || q.p.Filter == nil && len(q.p.Sort) < 2 {
		return false, fn()
	}
	whole, asked := q.ctx, q.p.Filter
	q.p.Filter = q.shorten(asked)
	q.budget = newBudget(whole, limit)
	defer q.budget.stop()
	q.ctx = q.budget.ctx
	err = fn()
	q.ctx, q.p.Filter = whole, asked
	return err != nil && q.budget.over(), err
}

func answer[T any](q *lister, fill func(sqltext.Row, *T) error, id func(T) int64) ([]T, int, error) {
	if err := errors.Join(q.ctx.Err(), q.sorted()); err != nil {
		return nil, 0, err
	}
	if err := errors.Join(q.readCounts(), q.countSearched(q.p.Filter)); err != nil {
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
	err = q.readPage(s, func(row sqltext.Row) error {
		page = append(page, *new(T))
		return fill(row, &page[len(page)-1])
	})
	if err != nil {
		return nil, 0, err
	}
	q.cachePage(s, offset, len(page), func(i int) int64 { return id(page[i]) })
	return page, total, nil
}

// readPage passes the rows of a page to fn. If the ids of an expensive page are cached, it
// reads the rows by them.
func (q *lister) readPage(s statement, fn func(sqltext.Row) error) error {
	if q.cache != nil && s.expensive {
		if ids, ok := q.cache.Page(q.version, listmemory.Key(s.sql, s.args)); ok {
			s = q.byIDs(ids)
		}
	}
	defer q.begin("read a page").End()
	rows, err := q.t.conn.preparedForList(s.sql)
	if err != nil {
		return err
	}
	return rows.query(q.ctx, fn, s.args...)
}

// cachePage stores the ids of an expensive page, and the positions of its first and last
// row.
func (q *lister) cachePage(s statement, offset, n int, id func(i int) int64) {
	if q.cache == nil || n == 0 {
		return
	}
	if s.expensive {
		ids := make([]int64, n)
		for i := range ids {
			ids[i] = id(i)
		}
		q.cache.PutPage(q.version, listmemory.Key(s.sql, s.args), ids)
	}
	if s.positionsKey != "" {
		q.cache.PutPosition(q.version, s.positionsKey, listmemory.Position{Offset: offset, ID: id(0)})
		last := listmemory.Position{Offset: offset + n - 1, ID: id(n - 1)}
		q.cache.PutPosition(q.version, s.positionsKey, last)
	}
}

// readCounts reads the number of rows with each value, and the table's version.
func (q *lister) readCounts() error {
	if !q.t.write {
		q.cache = q.t.store.memory[q.table]
	}
	defer q.begin("read counts").End()
	s, err := q.t.statement(q.listing.countsQuery)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	err = s.query(context.Background(), func(row sqltext.Row) error {
		var value string
		var n int
		err := row.Scan(&value, &n, &q.version)
		counts[value] = n
		q.tableRows += n
		return err
	})
	if q.p.Scope == tenancy.RootID {
		q.counts = counts
	}
	return err
}

// statement is SQL with its arguments.
type statement struct {
	sql          string
	args         []any
	positionsKey string // of the list in the cache; empty: its positions are not cached
	expensive    bool   // the ids of its page are cached
}

// condition returns the condition for the rows of the list that match a tree. If indexed,
// the search index finds texts; otherwise rows are looked at one by one.
func (q *lister) condition(n filter.Node, indexed bool) (*sqltext.Where, error) {
	d := dialect{}
	if indexed && q.searchable() {
		d.search, d.searched, d.longest = q.search, q.searched, q.longestSearched()
	}
	return q.addConditions(sqltext.New(d, q.column), n)
}

// column returns the column of a property.
func (q *lister) column(p filter.Property) (sqltext.Column, error) {
	return sqltext.ColumnOf(q.properties, p)
}

// addConditions adds the conditions of the list to an empty one, and the tree.
func (q *lister) addConditions(w *sqltext.Where, n filter.Node) (*sqltext.Where, error) {
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

// readNumber runs a statement that returns one number.
func (q *lister) readNumber(text string, args ...any) (n int, err error) {
	defer q.begin("count").End()
	s, err := q.t.conn.preparedForList(text)
	if err != nil {
		return 0, err
	}
	err = s.query(q.ctx, func(row sqltext.Row) error { return row.Scan(&n) }, args...)
	return n, err
}

// begin begins a span for a statement of the list.
func (q *lister) begin(doing string) *span.Span {
	s := q.t.span.Child(doing)
	s.SetText("db.collection.name", q.table)
	return s
}
