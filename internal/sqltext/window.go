// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/filter"

// Window makes the statements for a page that looks at a limited number of rows: the rows
// of the list w, which begins after a position, in an order that an index serves. What it
// costs does not depend on the filter, nor on the size of the table.
type Window struct {
	Table, Columns string
	List           *Where
	Order          Order
	LooksAt, Limit int
}

// Page returns the statement for the rows that match among those that are looked at, and
// for one row more than the limit.
func (v Window) Page(f filter.Node) (text string, args []any, err error) {
	args = append(v.List.Args(), max(v.LooksAt, 1))
	w := &Where{dialect: v.List.dialect, columns: v.List.columns, args: args}
	rows := v.from() + " LIMIT " + w.dialect.Placeholder(len(args))
	if err := w.AndFilter(f); err != nil {
		return "", nil, err
	}
	args = append(w.Args(), v.Limit+1)
	return "SELECT " + v.Columns + " FROM (SELECT * FROM " + rows + ") AS " + v.Table + w.Clause() +
		v.Order.SQL(false) + " LIMIT " + w.dialect.Placeholder(len(args)), args, nil
}

// Last returns the statement for the last row that a page looks at, and the one after it.
func (v Window) Last() (text string, args []any) {
	args = append(v.List.Args(), max(v.LooksAt, 1)-1)
	return "SELECT " + v.Columns + " FROM " + v.from() + " LIMIT 2 OFFSET " +
		v.List.dialect.Placeholder(len(args)), args
}

func (v Window) from() string { return v.Table + v.List.Clause() + v.Order.SQL(false) }
