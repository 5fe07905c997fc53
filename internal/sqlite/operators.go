// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// operators lists the operators of members and of the root. They are few, so nothing is
// counted beforehand or cached.
func operators() listing {
	return listing{
		table:      "operators",
		columns:    sqltext.ListedOperatorColumns,
		always:     sqltext.ListedOperatorsOnly,
		scope:      "organization_id",
		properties: sqltext.OperatorPropertyColumns(),
	}
}

// Operators implements tenancy.OperatorReader.
func (t *tx) Operators(ctx context.Context, p tenancy.ListParams) ([]tenancy.ListedOperator, int, error) {
	if t.write {
		ctx = context.WithoutCancel(ctx) // see tx.statement
	}
	if err := t.start(true); err != nil {
		return nil, 0, err
	}
	q := &lister{listing: operators(), ctx: ctx, t: t, p: p}
	page, total, err := q.operators()
	if err != nil {
		return nil, 0, t.fail("list operators", err)
	}
	return page, total, nil
}

func (q *lister) operators() (page []tenancy.ListedOperator, total int, err error) {
	w, err := q.condition(q.p.Filter, false)
	if err := errors.Join(err, q.ctx.Err(), q.sorted()); err != nil {
		return nil, 0, err
	}
	if total, err = q.readNumber("SELECT count(*) FROM operators"+w.Clause(), w.Args()...); err != nil ||
		q.p.Limit <= 0 {
		return nil, total, err
	}
	defer q.t.span.Child("list operators").End()
	rows, err := q.t.conn.preparedForList("SELECT " + q.columns + " FROM operators" + w.Clause() +
		q.order.SQL(false) + limitOffset)
	if err != nil {
		return nil, 0, err
	}
	err = rows.query(q.ctx, func(row sqltext.Row) error {
		o, err := sqltext.ScanListedOperator(row)
		page = append(page, o)
		return err
	}, append(w.Args(), q.p.Limit, max(q.p.Offset, 0))...)
	return page, total, err
}
