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
	table      string
	columns    string            // what is selected
	always     string            // a condition on all rows, or empty
	scope      string            // the column with the organization
	properties map[string]string // the column of each property
	state      string            // the property whose values are tallied
	tallies    []tally           // all its values
	version    string            // the column of list_counts whose sum is the table's version
}

// query is a compiled ListParams.
type query struct {
	where string // " WHERE …" or empty
	order sqltext.Order
	count string // the expression for how many match
	known bool   // it is one over list_counts
	args  []any  // of where
}

// deep is the offset from which on a page is found by its ids first: an index
// alone is cheaper to walk than the rows it points to.
const deep = 1000

// longColumn is too long for an index, which has its beginning. Sorted by that
// first, rows come in order from the index, and only those that begin alike are
// left to be sorted.
const longColumn = "description_folded"

// listColumn reports whether a column holds a list of texts. It is sorted by the
// beginning alone, which its index has: most rows have none, so many begin alike.
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
	if q.count, q.known = l.kept(p); !q.known {
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

// page gives the statement for one page. Each row begins with what the list is
// (see counted): one statement sees one state, even in an Update. The arguments
// are those of counted, the limit, the offset, and the mark's.
func (l listing) page(q query, k *recalled, s span) (text string, args []any) {
	head, args := l.counted(q, k)
	head += "SELECT (SELECT version FROM counted), (SELECT total FROM counted), " + l.columns + " FROM " + l.table
	args = append(args, s.limit, s.offset)
	limited := fmt.Sprintf(" LIMIT $%d::bigint OFFSET $%d::bigint", len(args)-1, len(args))
	condition := q.where
	if !s.back && s.from.ID != 0 {
		args = append(args, s.from.ID)
		condition += q.and() + q.order.From(l.table, dialect{}.Placeholder(len(args)))
	}
	order := q.order.SQL(s.back) + limited
	if s.back || s.offset >= deep {
		return head + " JOIN (SELECT id FROM " + l.table + condition + order + ") AS page USING (id)" + q.order.SQL(false), args
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

// span is where a page lies: from the start; from the end of a list of which it is known how
// many match; or from a place that is remembered. The order is total, so that it
// is the same page.
type span struct {
	limit, offset int
	back          bool
	total         int             // that the list must have, if back
	from          listmemory.Mark // no ID: none
	version       int64           // that the table must have, if from
}

// shorter gives the shorter way to a page, from the start or the end.
func (s span) shorter(total int) span {
	if s.offset <= total/2 || s.offset >= total {
		return s
	}
	left := total - s.offset
	return span{limit: min(s.limit, left), offset: max(left-s.limit, 0), back: true, total: total}
}

// led tells whether the way led to the page, now that it is known what the list is.
func (s span) led(to state) bool {
	return (!s.back || s.total == to.total) && (s.from.ID == 0 || s.version == to.version)
}

// asking is one question for a list. It is made anew for each.
type asking[T any] struct {
	t       *tx
	listing listing
	query   query
	memory  *listmemory.Memory // nil: nothing is remembered
	names   names
	limit   int
	offset  int
	scan    func(pgx.Row) (T, error)
	id      func(T) int64
	page    []T
	state   // what the last statement said
}

// state is what a statement says of a list.
type state struct {
	version int64 // of the table
	total   int   // how many match
}

// list gives a page and how many match in all.
func list[T any](ctx context.Context, t *tx, l listing, p tenancy.ListParams, scan func(pgx.Row) (T, error), id func(T) int64) ([]T, int, error) {
	if t.lost != nil {
		return nil, 0, t.lost
	}
	q, err := l.compile(p)
	if err != nil {
		return nil, 0, t.fail("list "+l.table, err)
	}
	a := &asking[T]{t: t, listing: l, query: q, memory: t.memory[l.table], limit: p.Limit, offset: max(p.Offset, 0), scan: scan, id: id}
	a.names = a.name()
	if err := a.answer(ctx); err != nil {
		return nil, 0, err
	}
	return a.page, a.total, nil
}

func (a *asking[T]) answer(ctx context.Context) error {
	if found, err := a.again(ctx); found || err != nil {
		return err
	}
	for look := range maxLooks {
		k := a.recall()
		if a.limit > 0 && !(look == 0 && k != nil && k.known && k.total <= a.offset) {
			found, err := a.look(ctx, k, look == maxLooks-1)
			if found || err != nil {
				return err
			}
			if len(a.page) > 0 { // the list is not what it was when the way was chosen
				a.page = nil
				continue
			}
		}
		// No row tells how many match.
		if err := a.count(ctx, k); err != nil || a.limit <= 0 || a.total <= a.offset {
			return err
		}
		// It is longer now than when the page was empty.
	}
	return nil
}

// maxLooks is how often a page is looked for.
const maxLooks = 5

// look looks for the page, the last time on the way that always leads there.
func (a *asking[T]) look(ctx context.Context, k *recalled, last bool) (found bool, err error) {
	way := span{limit: a.limit, offset: a.offset}
	switch {
	case last:
	case k != nil && k.known:
		way = a.nearest(way, k)
	case way.offset >= deep && a.query.known:
		if err := a.count(ctx, k); err != nil {
			return false, err
		}
		way = way.shorter(a.total)
	}
	text, args := a.listing.page(a.query, k, way)
	if err := a.run(ctx, planned(text, args...)); err != nil || len(a.page) == 0 {
		return false, err
	}
	led := way.led(a.state)
	a.remember(led)
	return led, nil
}

// count asks how many match.
func (a *asking[T]) count(ctx context.Context, k *recalled) error {
	head, args := a.listing.counted(a.query, k)
	if a.query.known {
		args = nil // of where, which is not in it
	}
	err := a.stated(ctx, planned(head+"SELECT version, total FROM counted", args...))
	if err == nil {
		a.remember(false)
	}
	return err
}

// stated runs a statement that gives a state, and no rows.
func (a *asking[T]) stated(ctx context.Context, s statement) error {
	read := func(row pgx.Row) (said state, err error) {
		err = row.Scan(&said.version, &said.total)
		return said, err
	}
	return a.t.run(ctx, "count "+a.listing.table, step{s, first(read, &a.state, nil)})
}

// run asks for the page.
func (a *asking[T]) run(ctx context.Context, s statement) error {
	rows := collect(func(row pgx.Row) (T, error) { return a.scan(withState{row, &a.state}) }, &a.page)
	return a.t.run(ctx, "list "+a.listing.table, step{s, rows})
}

// planned is a statement that is planned anew for its arguments: what is best for
// a rare word is bad for a common one. What it answers is described once only.
func planned(query string, args ...any) statement {
	return statement{query, append([]any{pgx.QueryExecModeCacheDescribe}, args...)}
}

// withState is a row that begins with a state.
type withState struct {
	pgx.Row
	state *state
}

// Scan implements pgx.Row.
func (r withState) Scan(dest ...any) error {
	return r.Row.Scan(append([]any{&r.state.version, &r.state.total}, dest...)...)
}
