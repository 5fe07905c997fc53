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

// walkFactor is how many rows can be walked by an index for the price of one that
// is fetched by its id and sorted.
const walkFactor = 8

// page makes the statement for one page of a list with so many rows in all.
func (q *lister) page(total, offset int) (statement, error) {
	limit := min(q.p.Limit, total-offset)
	// Walking along the order, how many rows are looked at until the page is full?
	walked := float64(offset+limit) / float64(total) * float64(q.base())
	d, rest, err := q.driver(q.terms())
	if err != nil {
		return statement{}, err
	}
	if d.words != "" && walked > walkFactor*float64(d.rows) {
		s, err := q.driven(d, rest)
		if err != nil {
			return s, err
		}
		s = q.rows(q.table+".id"+s.sql, s.args, q.order.SQL(false), limit, offset)
		s.dear = true
		return s, nil
	}
	s, err := q.walk(total, offset, limit, walked > walkFactor*float64(total))
	// Where each row on the way has to be looked at.
	s.dear = q.p.Filter != nil && !filter.Only(q.p.Filter, q.kept) && walked > dearWalk
	return s, err
}

// dearWalk is how many rows on the way to a page make it worth remembering.
const dearWalk = 500

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

// base is at most how many rows a walk along an index passes in all: those that
// the terms about the kept property leave.
func (q *lister) base() int {
	if q.counts == nil {
		return q.all
	}
	var kept []filter.Node
	for _, term := range q.terms() {
		if filter.Only(term, q.kept) {
			kept = append(kept, term)
		}
	}
	return q.sum(filter.And{Terms: kept})
}

// walk goes along the order from the nearest known place: the beginning, a
// remembered one, or the end. Few rows that are found otherwise are better sorted:
// then the choice of the index is SQLite's.
func (q *lister) walk(total, offset, limit int, few bool) (statement, error) {
	w, err := q.condition(q.p.Filter, few)
	if !few {
		w, err = q.along()
	}
	if err != nil {
		return statement{}, err
	}
	o, name, from := q.order, "", listmemory.Mark{}
	if q.memory != nil && o.Uniform() {
		name = listmemory.Key(o.SQL(false)+w.Clause(), w.Args())
		from = q.memory.Before(q.version, name, offset)
	}
	var s statement
	switch skip, back := offset-from.Offset, total-offset-limit; {
	case back < skip:
		s = q.rows("id FROM "+q.table+w.Clause(), w.Args(), o.SQL(true), limit, back)
	case from.Offset > 0:
		q.startAt(w, from.ID)
		s = q.rows("id FROM "+q.table+w.Clause(), w.Args(), o.SQL(false), limit, skip)
	case skip < deep:
		s = statement{args: append(w.Args(), limit, offset), sql: "SELECT " + q.columns + " FROM " + q.table +
			w.Clause() + o.SQL(false) + limited}
	default:
		s = q.rows("id FROM "+q.table+w.Clause(), w.Args(), o.SQL(false), limit, skip)
	}
	s.key = name
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

// along is the condition for a walk by the index of the order: no other index
// is of use, so the columns of others are hidden from SQLite's planner.
func (q *lister) along() (*sqltext.Where, error) {
	shown := []string{q.first}
	if q.first == "created_at" { // there is an index of each kept value by time
		for _, term := range q.terms() {
			if c, ok := term.(filter.Compare); ok && c.Property.Name == q.kept && c.Op == filter.Eq && !c.Value.Null {
				shown = append(shown, q.properties[q.kept])
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
	return q.complete(sqltext.New(dialect{}, hide), q.p.Filter)
}

// deep is the offset from which on a page is found by its ids first: an index
// alone is cheaper to walk than the rows it points to.
const deep = 1000

// limited is not just two parameters because SQLite looks at those when it
// plans, and so plans anew whenever they are bound.
const limited = " LIMIT ?+0 OFFSET ?+0"

// rows gives the statement for the rows whose ids another one gives, in order.
// CROSS keeps SQLite from looking through the table for those of the page.
func (q *lister) rows(ids string, args []any, inner string, limit, offset int) statement {
	return statement{args: append(args, limit, offset), sql: "SELECT " + q.columns + " FROM (SELECT " + ids + inner + limited +
		") CROSS JOIN " + q.table + " USING (id)" + q.order.SQL(false)}
}

// byIDs gives the statement for rows whose ids are known, in their order.
func (q *lister) byIDs(ids []int64) statement {
	list := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(list, id, 10)
	}
	return statement{args: []any{string(append(list, ']'))}, sql: "SELECT " + q.columns + " FROM (SELECT key AS place, value AS id_there FROM json_each(?)) CROSS JOIN " +
		q.table + " ON id = id_there ORDER BY place"}
}
