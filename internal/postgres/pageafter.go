// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// pageAfter returns the rows of a list after a position, by one statement.
func pageAfter[T any](ctx context.Context, t *tx, l listing, p tenancy.PageParams,
	scan func(sqltext.Row) (T, error), id func(T) int64) (page tenancy.Page[T], err error) {
	if t.lost != nil {
		return page, t.lost
	}
	s, keys, err := l.after(p)
	if err != nil {
		return page, t.fail("list "+l.table, err)
	}
	read := func(rows pgx.Rows) error {
		page = tenancy.Page[T]{} // of an earlier try
		read := sqltext.ReadPage(&page, keys, p.Limit, scan, id)
		for rows.Next() {
			if err := read(rows); err != nil {
				return err
			}
		}
		return nil
	}
	if err := t.run(ctx, "list "+l.table, step{s, read}); err != nil {
		return tenancy.Page[T]{}, err
	}
	return page, nil
}

// after makes the statement for a page, and returns its keys.
func (l listing) after(p tenancy.PageParams) (statement, sqltext.Keys, error) {
	column := func(p filter.Property) (sqltext.Column, error) { return sqltext.ColumnOf(l.properties, p) }
	w, err := l.condition(p.Scope, p.Filter, column)
	if err != nil {
		return statement{}, nil, err
	}
	order, err := sqltext.NewOrder(p.Sort, column, sortedBy)
	if err != nil {
		return statement{}, nil, err
	}
	keys, err := sqltext.NewKeys(p.Sort, column)
	if err != nil {
		return statement{}, nil, err
	}
	if p.After != nil {
		values, err := keys.Values(*p.After, sortedValues, func(at time.Time) any { return stamp(at) })
		if err != nil {
			return statement{}, nil, err
		}
		condition, args := order.After(values)
		w.And(condition, args...)
	}
	args := append(w.Args(), p.Limit+1)
	text := "SELECT " + l.columns + keys.Selected() + " FROM " + l.table + w.Clause() + order.SQL(false) +
		fmt.Sprintf(" LIMIT $%d::bigint", len(args))
	return planned(text, args...), keys, nil
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
