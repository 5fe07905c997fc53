// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// idPage returns a page of a list in the order of its ids, or sorted by a property. The
// statements are two, and rows may be inserted between them; the second reads up to the id
// that the first has found.
func idPage[T any](ctx context.Context, t *tx, l sqltext.IDList, o tenancy.IDOrder,
	scan func(sqltext.Row) (T, error), id func(T) string) (page tenancy.IDPage[T], err error) {
	if o.Sorted() {
		return sortedPage(ctx, t, l, o, scan, id)
	}
	last := ""
	if l.Limited() {
		text, args := l.Last()
		ids, err := rowsOf(ctx, t, sqltext.Value[string], text, args)
		if err != nil {
			return page, err
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
	return tenancy.CutPage(rows, o, last, id), err
}

// sortedPage returns a page of a list that is sorted by a property. Rows that are inserted
// between the two statements are few.
func sortedPage[T any](ctx context.Context, t *tx, l sqltext.IDList, o tenancy.IDOrder,
	scan func(sqltext.Row) (T, error), id func(T) string) (page tenancy.IDPage[T], err error) {
	text, args := l.Beyond()
	beyond, err := rowsOf(ctx, t, sqltext.Value[string], text, args)
	if err != nil {
		return page, err
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
	return tenancy.CutSortedPage(rows, o, id), err
}

// rowsOf reads the rows of a statement that depends on a filter. No row has a text that
// the database cannot store.
func rowsOf[T any](ctx context.Context, t *tx, scan func(sqltext.Row) (T, error), text string,
	args []any) (rows []T, err error) {
	for _, arg := range args {
		if text, ok := arg.(string); ok && !storable(text) {
			return nil, t.lost
		}
	}
	err = t.run(ctx, "list", step{planned(text, args...), collect(scan, &rows)})
	return rows, err
}
