// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// idPage returns a page of a list in the order of its ids, or sorted by a property.
func idPage[T any](ctx context.Context, t *tx, l sqltext.IDList, o tenancy.IDOrder,
	scan func(sqltext.Row) (T, error), id func(T) string) (page tenancy.IDPage[T], err error) {
	if t.write {
		ctx = context.WithoutCancel(ctx) // see tx.statement
	}
	if err := t.start(true); err != nil {
		return page, err
	}
	if o.Sorted() {
		return sortedPage(ctx, t, l, o, scan, id)
	}
	last := ""
	if l.Limited() {
		text, args := l.Last()
		ids, err := rowsOf(ctx, t, sqltext.Value[string], text, args)
		if err != nil {
			return page, t.fail("find the end of a page", err)
		}
		if len(ids) > 0 {
			last = ids[0]
		}
	}
	text, args, err := l.Page(last)
	if err != nil {
		return page, t.fail("list", err)
	}
	rows, err := rowsOf(ctx, t, scan, text, args)
	if err != nil {
		return page, t.fail("list", err)
	}
	return tenancy.CutPage(rows, o, last, id), nil
}

// sortedPage returns a page of a list that is sorted by a property.
func sortedPage[T any](ctx context.Context, t *tx, l sqltext.IDList, o tenancy.IDOrder,
	scan func(sqltext.Row) (T, error), id func(T) string) (page tenancy.IDPage[T], err error) {
	text, args := l.Beyond()
	beyond, err := rowsOf(ctx, t, sqltext.Value[string], text, args)
	if err != nil {
		return page, t.fail("find the end of a list", err)
	}
	if len(beyond) > 0 {
		return page, problem.TooManyToSort(o.LooksAt)
	}
	keys, err := l.Keys()
	if err != nil {
		return page, t.fail("list", err)
	}
	if text, args, err = l.SortedPage(keys); err != nil {
		return page, t.fail("list", err)
	}
	rows, err := rowsOf(ctx, t, sqltext.ScanKeyed(keys, scan), text, args)
	if err != nil {
		return page, t.fail("list", err)
	}
	return tenancy.CutSortedPage(rows, o, id), nil
}

// rowsOf reads the rows of a statement that depends on a filter.
func rowsOf[T any](ctx context.Context, t *tx, scan func(sqltext.Row) (T, error), text string,
	args []any) ([]T, error) {
	defer t.span.Child("list").End()
	s, err := t.conn.preparedForList(text)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s, scan, args...)
}
