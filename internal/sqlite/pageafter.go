// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// pageAfter returns the rows of a list after a position. It runs in a transaction, so that
// the number of rows, by which it chooses an index, is of the same state. If finding out
// how many rows match costs too much, it looks at some of the rows only.
func pageAfter[T any](ctx context.Context, t *tx, l listing, p tenancy.PageParams,
	scan func(sqltext.Row) (T, error), id func(T) int64) (page tenancy.Page[T], err error) {
	if t.write {
		ctx = context.WithoutCancel(ctx) // see tx.statement
	}
	if err := t.start(true); err != nil {
		return page, err
	}
	q := &lister{listing: l, ctx: ctx, t: t, p: tenancy.ListParams{Scope: p.Scope, Filter: p.Filter,
		Sort: p.Sort, Limit: p.Limit + 1}}
	over := p.Stepwise
	if !over {
		over, err = q.within(t.limits().page, func() error {
			s, keys, err := q.after(p.After)
			if err == nil && s.sql != "" {
				err = q.readPage(s, sqltext.ReadPage(&page, keys, p.Limit, scan, id))
			}
			return err
		})
	}
	if over {
		page = tenancy.Page[T]{}
		q.columns = l.columns
		over, err = q.within(t.limits().list, func() error { return window(q, p, &page, scan, id) })
	}
	switch {
	case over:
		return tenancy.Page[T]{}, problem.TooMany()
	case err != nil:
		return tenancy.Page[T]{}, t.fail("list "+l.table, err)
	}
	return page, nil
}

// window reads a page among the next rows in the order of the list.
func window[T any](q *lister, p tenancy.PageParams, page *tenancy.Page[T],
	scan func(sqltext.Row) (T, error), id func(T) int64) error {
	if err := q.sorted(); err != nil {
		return err
	}
	keys, values, err := q.position(p.After)
	if err != nil {
		return err
	}
	all := q.p.Filter
	q.p.Filter = nil
	w, err := q.walkCondition()
	if q.p.Filter = all; err != nil {
		return err
	}
	q.and(w, values)
	v := sqltext.Window{Table: q.table, Columns: q.columns + keys.Selected(), List: w, Order: q.order,
		LooksAt: p.LooksAt, Limit: p.Limit}
	text, args, err := v.Page(q.p.Filter)
	if err != nil {
		return err
	}
	err = q.readPage(statement{sql: text, args: args}, sqltext.ReadPage(page, keys, p.Limit, scan, id))
	if err == nil && page.Next == nil {
		var end tenancy.Page[T]
		text, args := v.Last()
		err = q.readPage(statement{sql: text, args: args}, sqltext.ReadPage(&end, keys, 1, scan, id))
		page.Next = end.Next
	}
	if page.Next != nil {
		page.Next.Stepwise = true
	}
	return err
}

// position returns the keys of the order and their values at a position; nil without one.
func (q *lister) position(p *tenancy.Position) (keys sqltext.Keys, values []any, err error) {
	if keys, err = sqltext.NewKeys(q.p.Sort, q.column); err != nil || p == nil {
		return keys, nil, err
	}
	values, err = keys.Values(*p, sortedValues, func(at time.Time) any { return stamp(at) })
	return keys, values, err
}

// after makes the statement for a page, and returns its keys. The statement is empty if no
// row matches.
func (q *lister) after(p *tenancy.Position) (s statement, keys sqltext.Keys, err error) {
	if err := errors.Join(q.ctx.Err(), q.sorted(), q.readCounts()); err != nil {
		return s, nil, err
	}
	keys, values, err := q.position(p)
	if err != nil {
		return s, nil, err
	}
	if err := q.countSearched(q.p.Filter); err != nil {
		return s, nil, err
	}
	total, err := q.total(q.p.Filter)
	if err != nil || total == 0 {
		return s, nil, err
	}
	q.columns += keys.Selected()
	s, err = q.statementAfter(total, values)
	return s, keys, err
}

// sortedValues returns the value of the expression of sortedBy where the column has the
// text.
func sortedValues(c sqltext.Column, text string) []any {
	if c.Optional && text == "" {
		return []any{[]byte{0xff}}
	}
	return []any{text}
}

// statementAfter chooses, as page does, between the search index, a walk along the order,
// and the index that SQLite chooses. values are nil at the beginning of the list.
func (q *lister) statementAfter(total int, values []any) (statement, error) {
	walked := float64(q.p.Limit) / float64(total) * float64(q.walkedRows())
	d, rest, err := q.splitTerms(q.terms())
	if err != nil {
		return statement{}, err
	}
	if d.words != "" && walked > walkFactor*float64(d.rows) {
		w, err := q.conditionOf(rest)
		if err != nil {
			return statement{}, err
		}
		q.and(w, values)
		s := q.indexedRows(d, w)
		return q.rowsOf(q.table+".id"+s.sql, s.args, q.order.SQL(false), q.p.Limit, 0), nil
	}
	few := walked > walkFactor*float64(total)
	w, err := q.condition(q.p.Filter, few)
	if !few {
		w, err = q.walkCondition()
	}
	if err != nil {
		return statement{}, err
	}
	q.and(w, values)
	return statement{args: append(w.Args(), q.p.Limit),
		sql: "SELECT " + q.columns + " FROM " + q.table + w.Clause() + q.order.SQL(false) + " LIMIT ?+0"}, nil
}

// and adds the condition for the rows after the values, and as in startAt one more for the
// index of an expression.
func (q *lister) and(w *sqltext.Where, values []any) {
	if values == nil {
		return
	}
	if q.order.Uniform() && q.order[0].Expression != q.first {
		w.And(q.order.NotBefore(values[0]))
	}
	condition, args := q.order.After(values)
	w.And(condition, args...)
}

// OrganizationsAfter implements tenancy.OrganizationReader.
func (t *tx) OrganizationsAfter(ctx context.Context,
	p tenancy.PageParams) (tenancy.Page[tenancy.Organization], error) {
	return pageAfter(ctx, t, organizations(), p, sqltext.ScanOrganization,
		func(o tenancy.Organization) int64 { return int64(o.ID) })
}

// RequestsAfter implements tenancy.RequestReader.
func (t *tx) RequestsAfter(ctx context.Context, p tenancy.PageParams) (tenancy.Page[tenancy.Request], error) {
	return pageAfter(ctx, t, requests(), p, sqltext.ScanRequest,
		func(r tenancy.Request) int64 { return int64(r.ID) })
}
