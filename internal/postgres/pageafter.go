// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// pageAfter returns the rows of a list after a position, by one statement. If the server
// expects that finding all rows that match costs too much, it looks at some of the rows.
func pageAfter[T any](ctx context.Context, t *tx, l listing, p tenancy.PageParams,
	scan func(sqltext.Row) (T, error), id func(T) int64) (page tenancy.Page[T], err error) {
	if t.lost != nil {
		return page, t.lost
	}
	a, err := l.after(p)
	if err != nil {
		return page, t.fail("list "+l.table, err)
	}
	over := p.Stepwise
	if !over {
		all, err := a.all()
		if err != nil {
			return page, t.fail("list "+l.table, err)
		}
		if over, err = t.tooExpensive(ctx, l, p.Filter, len(p.Sort), all); err != nil {
			return page, err
		}
	}
	if over {
		return window(ctx, t, a, scan, id)
	}
	s, err := a.page()
	if err != nil {
		return page, t.fail("list "+l.table, err)
	}
	return page, t.run(ctx, "list "+l.table, step{s, readPage(&page, a.keys, p.Limit, scan, id)})
}

// window reads a page among the next rows in the order of the list.
func window[T any](ctx context.Context, t *tx, a listAfter, scan func(sqltext.Row) (T, error),
	id func(T) int64) (page tenancy.Page[T], err error) {
	v := sqltext.Window{Table: a.table, Columns: a.columns + a.keys.Selected(), List: a.rows, Order: a.order,
		LooksAt: a.p.LooksAt, Limit: a.p.Limit}
	text, args, err := v.Page(a.p.Filter)
	if err != nil {
		return page, t.fail("list "+a.table, err)
	}
	s := planned(text, args...)
	over, err := t.tooExpensive(ctx, a.listing, nil, len(a.p.Sort), s)
	if over {
		err = problem.TooMany()
	}
	if err == nil {
		err = t.run(ctx, "list "+a.table, step{s, readPage(&page, a.keys, a.p.Limit, scan, id)})
	}
	if err == nil && page.Next == nil {
		var end tenancy.Page[T]
		text, args := v.Last()
		err = t.run(ctx, "list "+a.table, step{planned(text, args...), readPage(&end, a.keys, 1, scan, id)})
		page.Next = end.Next
	}
	if err != nil {
		return tenancy.Page[T]{}, err
	}
	if page.Next != nil {
		page.Next.Stepwise = true
	}
	return page, nil
}

// readPage reads the rows of a page.
func readPage[T any](page *tenancy.Page[T], keys sqltext.Keys, limit int, scan func(sqltext.Row) (T, error),
	id func(T) int64) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		*page = tenancy.Page[T]{} // of an earlier try
		read := sqltext.ReadPage(page, keys, limit, scan, id)
		for rows.Next() {
			if err := read(rows); err != nil {
				return err
			}
		}
		return nil
	}
}

// listAfter is a list that begins after a position.
type listAfter struct {
	listing
	p     tenancy.PageParams
	rows  *sqltext.Where // all of them, whatever the filter
	order sqltext.Order
	keys  sqltext.Keys
}

// after prepares the statements for a page.
func (l listing) after(p tenancy.PageParams) (a listAfter, err error) {
	a = listAfter{listing: l, p: p}
	column := func(p filter.Property) (sqltext.Column, error) { return sqltext.ColumnOf(l.properties, p) }
	if a.rows, err = l.condition(p.Scope, nil, column); err != nil {
		return a, err
	}
	if a.order, err = sqltext.NewOrder(p.Sort, column, sortedBy); err != nil {
		return a, err
	}
	if a.keys, err = sqltext.NewKeys(p.Sort, column); err != nil || p.After == nil {
		return a, err
	}
	values, err := a.keys.Values(*p.After, sortedValues, func(at time.Time) any { return stamp(at) })
	if err != nil {
		return a, err
	}
	condition, args := a.order.After(values)
	a.rows.And(condition, args...)
	return a, nil
}

// matching returns the condition for the rows that match.
func (a listAfter) matching() (*sqltext.Where, error) {
	w := a.rows.With(dialect{sqltext.LongestSearched(a.p.Filter)})
	return w, w.AndFilter(a.p.Filter)
}

// all returns the statement for all rows that match.
func (a listAfter) all() (statement, error) {
	w, err := a.matching()
	if err != nil {
		return statement{}, err
	}
	order := ""
	if len(a.p.Sort) > 1 {
		order = a.order.SQL(false)
	}
	return planned("SELECT id FROM "+a.table+w.Clause()+order, w.Args()...), nil
}

// page returns the statement for a page, and one row more.
func (a listAfter) page() (statement, error) {
	w, err := a.matching()
	if err != nil {
		return statement{}, err
	}
	args := append(w.Args(), a.p.Limit+1)
	text := "SELECT " + a.columns + a.keys.Selected() + " FROM " + a.table + w.Clause() + a.order.SQL(false) +
		fmt.Sprintf(" LIMIT $%d::bigint", len(args))
	return planned(text, args...), nil
}

// sortedValues returns the values of the expressions of sortedBy where the column has the
// text.
func sortedValues(c sqltext.Column, text string) (values []any) {
	if c.Optional {
		values = append(values, text == "")
	}
	if c.Name == longColumn || listColumn(c.Name) {
		runes := []rune(text)
		values = append(values, string(runes[:min(len(runes), indexed)]))
	}
	if !listColumn(c.Name) {
		values = append(values, text)
	}
	return values
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
