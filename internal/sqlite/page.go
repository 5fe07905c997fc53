// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"strconv"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
)

// order is the keys a list is sorted by: always a total order.
type order struct {
	columns    []string
	descending []bool
	first      string // the column that decides first, which may be optional
}

// sorted reads the keys and puts the id after them, in the direction of the last
// key, so that one index on (key, id) serves both directions. Rows without an
// optional column come last in ascending order and first in descending order (RFC
// 7644, section 3.4.2.3). Without keys the newest come first.
func (q *lister) sorted() error {
	w, o := where{columns: q.column}, &q.order
	if len(q.p.Sort) == 0 {
		o.add("created_at", true)
		o.add("id", true)
		o.first = "created_at"
		return nil
	}
	for i, key := range q.p.Sort {
		column, err := w.columnOf(key.Property)
		if err != nil {
			return err
		}
		if i == 0 {
			o.first = column
		}
		if key.Property.Optional {
			column = absentLast(column)
		}
		o.add(column, key.Descending)
		if column == "id" { // nothing is left to be decided
			return nil
		}
	}
	o.add("id", o.descending[len(o.descending)-1])
	return nil
}

func (o *order) add(column string, descending bool) {
	o.columns, o.descending = append(o.columns, column), append(o.descending, descending)
}

// sql writes the order, or its reverse.
func (o order) sql(reverse bool) string {
	var b strings.Builder
	for i, column := range o.columns {
		if i == 0 {
			b.WriteString(" ORDER BY ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(column)
		if o.descending[i] != reverse {
			b.WriteString(" DESC")
		}
	}
	return b.String()
}

// uniform tells whether all keys go the same way, so that rows can be compared
// with a place as a whole.
func (o order) uniform() bool {
	for _, d := range o.descending {
		if d != o.descending[0] {
			return false
		}
	}
	return true
}

// from is the condition for rows from the one with an id on, which is the argument
// each time. SQLite looks up the first key in the index for the second half if it is a
// column, and for the first half if it is an expression.
func (o order) from(table string, id int64) (condition string, args []any) {
	sign, place := " >= ", " FROM "+table+" WHERE id = ?)"
	if o.descending[0] {
		sign = " <= "
	}
	if first := o.columns[0]; first != o.first {
		condition, args = first+sign+"(SELECT "+first+place+" AND ", append(args, id)
	}
	keys := strings.Join(o.columns, ", ")
	return condition + "(" + keys + ")" + sign + "(SELECT " + keys + place, append(args, id)
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
		s = q.rows(q.table+".id"+s.sql, s.args, q.order.sql(false), limit, offset)
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
	if q.memory != nil && o.uniform() {
		name = listmemory.Key(o.sql(false)+w.clause(), w.args)
		from = q.memory.Before(q.version, name, offset)
	}
	var s statement
	switch skip, back := offset-from.Offset, total-offset-limit; {
	case back < skip:
		s = q.rows("id FROM "+q.table+w.clause(), w.args, o.sql(true), limit, back)
	case from.Offset > 0:
		w.link()
		condition, args := o.from(q.table, from.ID)
		w.add(condition, args...)
		s = q.rows("id FROM "+q.table+w.clause(), w.args, o.sql(false), limit, skip)
	case skip < deep:
		s = statement{args: append(w.args, limit, offset), sql: "SELECT " + q.columns + " FROM " + q.table +
			w.clause() + o.sql(false) + limited}
	default:
		s = q.rows("id FROM "+q.table+w.clause(), w.args, o.sql(false), limit, skip)
	}
	s.key = name
	return s, nil
}

// along is the condition for a walk by the index of the order: no other index
// is of use, so the columns of others are hidden from SQLite's planner.
func (q *lister) along() (where, error) {
	w, first := where{columns: q.column, hide: true}, q.order.first
	w.shown = append(w.shown, first)
	if first == "created_at" { // there is an index of each kept value by time
		for _, term := range q.terms() {
			if c, ok := term.(filter.Compare); ok && c.Property.Name == q.kept && c.Op == filter.Eq && !c.Value.Null {
				column, _ := q.column(q.kept)
				w.shown = append(w.shown, column)
			}
		}
	}
	return q.complete(w, q.p.Filter)
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
		") CROSS JOIN " + q.table + " USING (id)" + q.order.sql(false)}
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
