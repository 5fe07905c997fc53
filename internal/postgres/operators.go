// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"

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

// Operators implements tenancy.OperatorReader. Each row also has how many match,
// so that both are of one state.
func (t *tx) Operators(ctx context.Context, p tenancy.ListParams) ([]tenancy.ListedOperator, int, error) {
	if t.lost != nil {
		return nil, 0, t.lost
	}
	l := operators()
	q, err := l.compile(p)
	if err != nil {
		return nil, 0, t.fail("list operators", err)
	}
	var page []tenancy.ListedOperator
	total := 0
	if p.Limit > 0 {
		scan := func(row sqltext.Row) (o tenancy.ListedOperator, err error) {
			err = row.Scan(append([]any{&total}, sqltext.ListedOperatorTargets(&o)...)...)
			return o, err
		}
		n := len(q.args)
		text := "SELECT " + q.count + ", " + l.columns + " FROM operators" + q.where + q.order.SQL(false) +
			fmt.Sprintf(" LIMIT $%d::bigint OFFSET $%d::bigint", n+1, n+2)
		statement := planned(text, append(q.args, p.Limit, max(p.Offset, 0))...)
		if err := t.run(ctx, "list operators", step{statement, collect(scan, &page)}); err != nil {
			return nil, 0, err
		}
	}
	if len(page) == 0 { // no row says how many match
		err = t.run(ctx, "count operators", step{planned("SELECT "+q.count, q.args...),
			first(sqltext.Value[int], &total, nil)})
	}
	return page, total, err
}
