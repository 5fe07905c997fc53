// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"slices"
	"strconv"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/sqltext"
)

// sorted reads the keys of the order.
func (q *lister) sorted() (err error) {
	q.order, err = sqltext.NewOrder(q.p.Sort, q.column, sortedBy)
	q.first = "created_at"
	if err == nil && len(q.p.Sort) > 0 {
		q.first = q.properties[q.p.Sort[0].Property.Name]
	}
	return err
}

// sortedBy returns the expression of a column's index.
func sortedBy(c sqltext.Column) []string {
	if c.Optional {
		return []string{absentLast(c.Name)}
	}
	return []string{c.Name}
}

// walkFactor is how many rows a walk along an index passes at the price of one row that is
// fetched by its id and sorted.
const walkFactor = 8

// page makes the statement for one page of a list with so many rows in all.
func (q *lister) page(total, offset int) (statement, error) {
	limit := min(q.p.Limit, total-offset)
	// How many rows does a walk along the order pass until the page is full?
	walked := float64(offset+limit) / float64(total) * float64(q.walkedRows())
	d, rest, err := q.splitTerms(q.terms())
	if err != nil {
		return statement{}, err
	}
	if d.words != "" && walked > walkFactor*float64(d.rows) {
		w, err := q.conditionOf(rest)
		if err != nil {
			return statement{}, err
		}
		s := q.indexedRows(d, w)
		s = q.rowsOf(q.table+".id"+s.sql, s.args, q.order.SQL(false), limit, offset)
		s.expensive = true
		return s, nil
	}
	s, err := q.walkIndex(total, offset, limit, walked > walkFactor*float64(total))
	// On such a walk each row has to be looked at.
	s.expensive = q.p.Filter != nil && !filter.Only(q.p.Filter, q.countedBy) && walked > expensiveWalk
	return s, err
}

// expensiveWalk is the number of passed rows from which on the ids of a page are cached.
const expensiveWalk = 500

// terms are what must hold of a row.
func (q *lister) terms() []filter.Node {
	switch n := q.p.Filter.(type) {
	case nil:
		return nil
	case filter.And:
		return n.Terms
	}
	return []filter.Node{q.p.Filter}
}

// walkedRows returns the most rows that a walk along an index passes in all: those that
// match the terms about the countedBy property.
func (q *lister) walkedRows() int {
	if q.counts == nil {
		return q.tableRows
	}
	var kept []filter.Node
	for _, term := range q.terms() {
		if filter.Only(term, q.countedBy) {
			kept = append(kept, term)
		}
	}
	return q.sumCounts(filter.And{Terms: kept})
}

// walkIndex walks along the order from the nearest known position: the beginning, a cached
// one, or the end. If few rows match, they are sorted, and SQLite chooses the index.
func (q *lister) walkIndex(total, offset, limit int, few bool) (statement, error) {
	w, err := q.condition(q.p.Filter, few)
	if !few {
		w, err = q.walkCondition()
	}
	if err != nil {
		return statement{}, err
	}
	o, name, from := q.order, "", listmemory.Position{}
	if q.cache != nil && o.Uniform() {
		name = listmemory.Key(o.SQL(false)+w.Clause(), w.Args())
		from = q.cache.Before(q.version, name, offset)
	}
	var s statement
	switch skip, back := offset-from.Offset, total-offset-limit; {
	case back < skip:
		s = q.rowsOf("id FROM "+q.table+w.Clause(), w.Args(), o.SQL(true), limit, back)
	case from.Offset > 0:
		q.startAt(w, from.ID)
		s = q.rowsOf("id FROM "+q.table+w.Clause(), w.Args(), o.SQL(false), limit, skip)
	case skip < deepOffset:
		s = statement{args: append(w.Args(), limit, offset), sql: "SELECT " + q.columns + " FROM " + q.table +
			w.Clause() + o.SQL(false) + limitOffset}
	default:
		s = q.rowsOf("id FROM "+q.table+w.Clause(), w.Args(), o.SQL(false), limit, skip)
	}
	s.positionsKey = name
	return s, nil
}

// startAt adds the condition for rows from the one with an id on. SQLite looks up the
// first key in the index for the last condition if it is a column, and for the one
// before it if it is an expression.
func (q *lister) startAt(w *sqltext.Where, id int64) {
	if q.order[0].Expression != q.first {
		w.And(q.order.FromFirst(q.table, "?"), id)
	}
	w.And(q.order.From(q.table, "?"), id)
}

// walkCondition returns the condition for a walk along the index of the order. No other
// index is of use, so the columns of others are hidden from SQLite's planner.
func (q *lister) walkCondition() (*sqltext.Where, error) {
	shown := []string{q.first}
	if q.first == "created_at" { // there is an index by the countedBy value and the time
		for _, term := range q.terms() {
			if c, ok := term.(filter.Compare); ok && c.Property.Name == q.countedBy && c.Op == filter.Eq &&
				!c.Value.Null {
				shown = append(shown, q.properties[q.countedBy])
			}
		}
	}
	hide := func(p filter.Property) (sqltext.Column, error) {
		c, err := q.column(p)
		if !slices.Contains(shown, c.Name) {
			c = sqltext.Column{Name: "+" + c.Name}
		}
		return c, err
	}
	return q.addConditions(sqltext.New(dialect{}, hide), q.p.Filter)
}

// deepOffset is the offset from which on the ids of a page are found first. An index alone
// is cheaper to walk than the rows it points to.
const deepOffset = 1000

// limitOffset has expressions, not bare parameters: SQLite looks at the values of bare
// ones when it plans, and so plans again whenever they change.
const limitOffset = " LIMIT ?+0 OFFSET ?+0"

// rowsOf returns the statement for the rows whose ids another one selects, in order. CROSS
// stops SQLite from scanning the table for the rows of the page.
func (q *lister) rowsOf(ids string, args []any, inner string, limit, offset int) statement {
	return statement{args: append(args, limit, offset),
		sql: "SELECT " + q.columns + " FROM (SELECT " + ids + inner + limitOffset +
			") CROSS JOIN " + q.table + " USING (id)" + q.order.SQL(false)}
}

// byIDs returns the statement for rows by their ids, in the order of the ids.
func (q *lister) byIDs(ids []int64) statement {
	return statement{args: []any{numberList(ids)},
		sql: "SELECT " + q.columns + " FROM (SELECT key AS place, value AS id_there FROM json_each(?))" +
			" CROSS JOIN " + q.table + " ON id = id_there ORDER BY place"}
}

// numberList returns the numbers as json_each reads them.
func numberList(numbers []int64) string {
	list := []byte{'['}
	for i, n := range numbers {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(list, n, 10)
	}
	return string(append(list, ']'))
}
