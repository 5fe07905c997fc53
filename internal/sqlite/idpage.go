// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// idPage returns a page of a list in the order of its ids.
func idPage[T any](ctx context.Context, t *tx, l sqltext.IDList, o tenancy.IDOrder,
	scan func(sqltext.Row) (T, error), id func(T) string) (page tenancy.IDPage[T], err error) {
	if t.write {
		ctx = context.WithoutCancel(ctx) // see tx.statement
	}
	if err := t.start(true); err != nil {
		return page, err
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

// rowsOf reads the rows of a statement that depends on a filter.
func rowsOf[T any](ctx context.Context, t *tx, scan func(sqltext.Row) (T, error), text string,
	args []any) ([]T, error) {
	s, err := t.conn.preparedForList(text)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s, scan, args...)
}
