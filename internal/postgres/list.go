// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// listing says what a list is made of.
type listing struct {
	table       string
	columns     string            // what is selected
	always      string            // a condition on all rows, or empty
	scope       string            // the column with the organization
	properties  map[string]string // the column of each property
	countedBy   string            // the property whose values are tallied
	stateCounts []stateCount      // all its values
	version     string            // the column of list_counts whose sum is the table's version
}

// query is a compiled ListParams.
type query struct {
	where       string // " WHERE …" or empty
	order       sqltext.Order
	count       string // the expression for how many match
	totalStored bool   // it is one over list_counts
	args        []any  // of where
}

// deepOffset is the offset from which on the ids of a page are found first. An index alone
// is cheaper to walk than the rows it points to.
const deepOffset = 1000

// longColumn is too long for an index, which has its beginning only. The beginning is the
// first key, so rows come in order from the index, and only rows with the same beginning
// have to be sorted.
const longColumn = "description_folded"

// listColumn reports whether a column holds a list of texts. Lists are sorted by the
// beginning alone, which the index has: most rows have no list, so many beginnings are
// equal.
func listColumn(column string) bool {
	switch column {
	case "email_domains_folded", "contact_names_folded", "contact_emails_folded":
		return true
	}
	return false
}

// compile makes the parts of a statement.
func (l listing) compile(p tenancy.ListParams) (query, error) {
	column := func(p filter.Property) (sqltext.Column, error) { return sqltext.ColumnOf(l.properties, p) }
	w := sqltext.New(dialect{}, column)
	if l.always != "" {
		w.And(l.always)
	}
	if p.Scope != tenancy.RootID {
		w.And(l.scope+" = ?", int64(p.Scope))
	}
	if err := w.AndFilter(p.Filter); err != nil {
		return query{}, err
	}
	order, err := sqltext.NewOrder(p.Sort, column, sortedBy)
	if err != nil {
		return query{}, err
	}
	q := query{where: w.Clause(), order: order, args: w.Args()}
	if q.count, q.totalStored = l.storedTotal(p); !q.totalStored {
		q.count = "(SELECT count(*) FROM " + l.table + q.where + ")"
	}
	return q, nil
}

// sortedBy returns the expressions of a column's index.
func sortedBy(c sqltext.Column) (expressions []string) {
	if c.Optional {
		expressions = append(expressions, isAbsent(c.Name))
	}
	if c.Name == longColumn || listColumn(c.Name) {
		expressions = append(expressions, "left("+c.Name+", 400)")
	}
	if !listColumn(c.Name) {
		expressions = append(expressions, c.Name)
	}
	return expressions
}

// page returns the statement for one page. Each row begins with the version and the total
// (see totalQuery), because one statement sees one state, in an Update, too. The arguments
// are those of totalQuery, the limit, the offset, and the id of the position.
func (l listing) page(q query, k *cachedTotal, s pageRange) (text string, args []any) {
	head, args := l.totalQuery(q, k)
	head += "SELECT (SELECT version FROM counted), (SELECT total FROM counted), " + l.columns +
		" FROM " + l.table
	args = append(args, s.limit, s.offset)
	limited := fmt.Sprintf(" LIMIT $%d::bigint OFFSET $%d::bigint", len(args)-1, len(args))
	condition := q.where
	if !s.fromEnd && s.from.ID != 0 {
		args = append(args, s.from.ID)
		condition += q.and() + q.order.From(l.table, dialect{}.Placeholder(len(args)))
	}
	order := q.order.SQL(s.fromEnd) + limited
	if s.fromEnd || s.offset >= deepOffset {
		return head + " JOIN (SELECT id FROM " + l.table + condition + order + ") AS page USING (id)" +
			q.order.SQL(false), args
	}
	return head + condition + order, args
}

// and returns the word that begins a further condition.
func (q query) and() string {
	if q.where == "" {
		return " WHERE "
	}
	return " AND "
}

// pageRange says how a page is reached: from the start, from the end of a list whose total
// is known, or from a cached position. The order is total, so it is the same page.
type pageRange struct {
	limit, offset int
	fromEnd       bool
	total         int                 // that the list must have, if back
	from          listmemory.Position // no ID: none
	version       int64               // that the table must have, if from
}

// fromNearerEnd returns the range from the start or from the end, whichever is nearer.
func (s pageRange) fromNearerEnd(total int) pageRange {
	if s.offset <= total/2 || s.offset >= total {
		return s
	}
	left := total - s.offset
	return pageRange{limit: min(s.limit, left), offset: max(left-s.limit, 0), fromEnd: true, total: total}
}

// isRightPage reports whether the range leads to the wanted page, now that the version and
// the total are known.
func (s pageRange) isRightPage(to listState) bool {
	return (!s.fromEnd || s.total == to.total) && (s.from.ID == 0 || s.version == to.version)
}

// listQuery answers one query for a list.
type listQuery[T any] struct {
	t         *tx
	listing   listing
	query     query
	cache     *listmemory.Memory // nil in an Update: what it sees may be undone
	keys      cacheKeys
	limit     int
	offset    int
	scan      func(sqltext.Row) (T, error)
	id        func(T) int64
	page      []T
	listState // what the last statement returned
}

// listState is what a statement returns about a list.
type listState struct {
	version int64 // of the table
	total   int   // how many match
}

// list returns a page and how many rows match in all.
func list[T any](ctx context.Context, t *tx, l listing, p tenancy.ListParams,
	scan func(sqltext.Row) (T, error), id func(T) int64) ([]T, int, error) {
	if t.lost != nil {
		return nil, 0, t.lost
	}
	q, err := l.compile(p)
	if err != nil {
		return nil, 0, t.fail("list "+l.table, err)
	}
	a := &listQuery[T]{t: t, listing: l, query: q, cache: t.cache[l.table], limit: p.Limit,
		offset: max(p.Offset, 0), scan: scan, id: id}
	a.keys = a.cacheKeys()
	if err := a.answer(ctx); err != nil {
		return nil, 0, err
	}
	return a.page, a.total, nil
}

func (a *listQuery[T]) answer(ctx context.Context) error {
	if found, err := a.readCachedPage(ctx); found || err != nil {
		return err
	}
	for try := range maxTries {
		k := a.cachedTotal()
		if a.limit > 0 && !(try == 0 && k != nil && k.valid && k.total <= a.offset) {
			found, err := a.readPage(ctx, k, try == maxTries-1)
			if found || err != nil {
				return err
			}
			if len(a.page) > 0 { // the list changed after the range was chosen
				a.page = nil
				continue
			}
		}
		// An empty page has no row with the total.
		if err := a.readTotal(ctx, k); err != nil || a.limit <= 0 || a.total <= a.offset {
			return err
		}
		// It is longer now than when the page was empty.
	}
	return nil
}

// maxTries is how often a page is read when the list changes at the same time.
const maxTries = 5

// readPage reads the page. The last try goes from the start, which always leads to the
// page.
func (a *listQuery[T]) readPage(ctx context.Context, k *cachedTotal, last bool) (found bool, err error) {
	target := pageRange{limit: a.limit, offset: a.offset}
	switch {
	case last:
	case k != nil && k.valid:
		target = a.nearestRange(target, k)
	case target.offset >= deepOffset && a.query.totalStored:
		if err := a.readTotal(ctx, k); err != nil {
			return false, err
		}
		target = target.fromNearerEnd(a.total)
	}
	text, args := a.listing.page(a.query, k, target)
	if err := a.readRows(ctx, planned(text, args...)); err != nil || len(a.page) == 0 {
		return false, err
	}
	right := target.isRightPage(a.listState)
	a.cachePage(right)
	return right, nil
}

// readTotal reads how many rows match.
func (a *listQuery[T]) readTotal(ctx context.Context, k *cachedTotal) error {
	head, args := a.listing.totalQuery(a.query, k)
	if a.query.totalStored {
		args = nil // of where, which is not in it
	}
	err := a.readState(ctx, planned(head+"SELECT version, total FROM counted", args...))
	if err == nil {
		a.cachePage(false)
	}
	return err
}

// readState runs a statement that returns a version and a total, and no rows of the list.
func (a *listQuery[T]) readState(ctx context.Context, s statement) error {
	read := func(row sqltext.Row) (state listState, err error) {
		err = row.Scan(&state.version, &state.total)
		return state, err
	}
	return a.t.run(ctx, "count "+a.listing.table, step{s, first(read, &a.listState, nil)})
}

// readRows reads the rows of the page.
func (a *listQuery[T]) readRows(ctx context.Context, s statement) error {
	scan := func(row sqltext.Row) (T, error) { return a.scan(rowWithState{row, &a.listState}) }
	return a.t.run(ctx, "list "+a.listing.table, step{s, collect(scan, &a.page)})
}

// planned returns a statement that is planned for its arguments each time: what is best
// for a rare word is bad for a common one. Only the description of its result is cached.
func planned(query string, args ...any) statement {
	return statement{query, append([]any{pgx.QueryExecModeCacheDescribe}, args...)}
}

// rowWithState is a row that begins with a listState.
type rowWithState struct {
	sqltext.Row
	state *listState
}

// Scan implements sqltext.Row.
func (r rowWithState) Scan(dest ...any) error {
	return r.Row.Scan(append([]any{&r.state.version, &r.state.total}, dest...)...)
}
