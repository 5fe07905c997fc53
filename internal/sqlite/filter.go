// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"gatehouse/internal/filter"
)

// where is a condition in the making. What a stranger sent becomes an argument,
// never text of the statement.
type where struct {
	sql     []byte
	args    []any
	columns func(property string) (column string, ok bool)
	// search is the index by which texts are found in the column searched; empty:
	// they are looked for row by row.
	search, searched string
	// hide keeps the planner from using an index for columns that are not shown.
	hide  bool
	shown []string
}

// clause is the condition with WHERE before it; empty when there is none.
func (w *where) clause() string {
	if len(w.sql) == 0 {
		return ""
	}
	return " WHERE " + string(w.sql)
}

// link goes between two conditions that both must hold.
func (w *where) link() {
	if len(w.sql) > 0 {
		w.add(" AND ")
	}
}

// columnOf finds what a property is compared and sorted by: for text the folded
// column. A tree with an unknown property is our own fault.
func (w *where) columnOf(p filter.Property) (string, error) {
	column, ok := w.columns(p.Name)
	if !ok {
		return "", fmt.Errorf("there is no column for the property %q", p.Name)
	}
	return column, nil
}

// node writes a tree.
func (w *where) node(n filter.Node) error {
	switch n := n.(type) {
	case filter.And:
		return w.terms(" AND ", n.Terms)
	case filter.Or:
		return w.terms(" OR ", n.Terms)
	case filter.Not:
		w.add("NOT ")
		return w.terms("", []filter.Node{n.Term})
	case filter.Compare:
		return w.compare(n)
	}
	return fmt.Errorf("unknown filter node %T", n)
}

func (w *where) terms(link string, terms []filter.Node) error {
	if len(terms) == 0 {
		return fmt.Errorf("a filter node without terms")
	}
	w.add("(")
	for i, term := range terms {
		if i > 0 {
			w.add(link)
		}
		if err := w.node(term); err != nil {
			return err
		}
	}
	w.add(")")
	return nil
}

// add writes a condition with its arguments.
func (w *where) add(condition string, args ...any) {
	w.sql = append(w.sql, condition...)
	w.args = append(w.args, args...)
}

// always writes a condition that does not depend on the row.
func (w *where) always(holds bool) {
	if holds {
		w.add("1 = 1")
	} else {
		w.add("1 = 0")
	}
}

func (w *where) compare(c filter.Compare) error {
	column, err := w.columnOf(c.Property)
	if err != nil {
		return err
	}
	hidden := w.hide && !slices.Contains(w.shown, column)
	if hidden {
		column = "+" + column
	}
	switch c.Property.Kind {
	case filter.Text:
		return w.text(column, c.Property.Optional && !hidden, c.Op, c.Value)
	case filter.ID:
		return w.id(column, c.Property.Prefix, c.Op, c.Value)
	case filter.Time:
		return w.time(column, c.Op, c.Value)
	}
	return fmt.Errorf("unknown kind of the property %q", c.Property.Name)
}

// absentLast is the expression by which an optional column is sorted, and which its
// index has, word for word: SQLite has a blob after every text. This blob is no part of
// a text; of an empty one substr returns NULL.
func absentLast(column string) string { return "iif(" + column + " = '', x'ff', " + column + ")" }

// text compares texts. An optional column is compared as its index has it: as a range
// always, because SQLite sorts by hand what an expression is equal to.
func (w *where) text(column string, optional bool, op filter.Op, v filter.Value) error {
	absent, present := column+" = ''", column+" > ''"
	if optional {
		column = absentLast(column)
		absent, present = column+" >= x''", column+" < x''"
	}
	part := op == filter.Co || op == filter.Sw || op == filter.Ew
	empty := v.Null || v.Text == ""
	switch {
	case op == filter.Pr, empty && (op == filter.Ne || op == filter.Gt || op == filter.Ge || part):
		w.add(present)
	case empty && op == filter.Eq:
		w.add(absent)
	case empty:
		w.always(false)
	case optional && op == filter.Eq:
		w.add(column+" BETWEEN ? AND ?", v.Text, v.Text)
	case op == filter.Sw, op == filter.Co, op == filter.Ew:
		w.part(column, op, v.Text)
	case op == filter.Eq, op == filter.Ne:
		return w.order(column, op, v.Text)
	default: // what is absent is less than any text, or greater
		w.add("(" + present + " AND ")
		if err := w.order(column, op, v.Text); err != nil {
			return err
		}
		w.add(")")
	}
	return nil
}

// id compares numbers, or parts of the written form, which is in lower case.
func (w *where) id(column, prefix string, op filter.Op, v filter.Value) error {
	switch {
	case op == filter.Pr, v.Null:
		w.always(op != filter.Eq) // an id is never absent
	case op == filter.Co, op == filter.Sw, op == filter.Ew:
		w.writtenPart(prefix, column, op, v.Text)
	default:
		return w.order(column, op, v.Number)
	}
	return nil
}

// part finds a text that is not empty within, at the start or at the end of a
// column. None of the forms has wildcards.
func (w *where) part(column string, op filter.Op, text string) {
	switch op {
	case filter.Co:
		if s, ok := searchFor(text); ok && w.search != "" && column == w.searched {
			ids, args := s.sql(w.search)
			w.add("id IN ("+ids+")", args...)
			return
		}
		w.add("instr("+column+", ?) > 0", text)
	case filter.Ew:
		w.add("substr("+column+", ?) = ?", -utf8.RuneCountInString(text), text)
	default:
		// As a range, which an index can serve: texts that start with "ab" are
		// those from "ab" up to, but without, "ac".
		w.add(column+" >= ?", text)
		if end, ok := after(text); ok {
			w.add(" AND "+column+" < ?", end)
		} else {
			w.add(" AND " + column + " < x''") // see absentLast
		}
	}
}

// writtenPart is part for the written form of an id.
func (w *where) writtenPart(prefix, column string, op filter.Op, text string) {
	switch {
	case text == "":
		w.always(true)
	case op == filter.Co:
		w.add("instr(? || "+column+", ?) > 0", prefix, text)
	case op == filter.Ew:
		w.add("substr(? || "+column+", ?) = ?", prefix, -utf8.RuneCountInString(text), text)
	default:
		w.add("substr(? || "+column+", 1, ?) = ?", prefix, utf8.RuneCountInString(text), text)
	}
}

// after gives the least text that is greater than all that start with prefix.
// There is none when the prefix is empty or all of it the last character.
func after(prefix string) (string, bool) {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch last {
		case utf8.MaxRune:
			continue
		case 0xD7FF: // the surrogates after it are no characters
			last = 0xDFFF
		}
		return prefix + string(last+1), true
	}
	return "", false
}

// time compares to the millisecond, which is what is stored. A literal between
// two milliseconds equals none and is greater than the one before it.
func (w *where) time(column string, op filter.Op, v filter.Value) error {
	if op == filter.Pr || v.Null {
		w.always(op != filter.Eq) // a time that can be listed is never absent
		return nil
	}
	if v.Time.Nanosecond()%int(time.Millisecond) != 0 {
		switch op {
		case filter.Eq, filter.Ne:
			w.always(op == filter.Ne)
			return nil
		case filter.Ge:
			op = filter.Gt
		case filter.Lt:
			op = filter.Le
		}
	}
	return w.order(column, op, stamp(v.Time))
}

func (w *where) order(column string, op filter.Op, value any) error {
	sign := ""
	switch op {
	case filter.Eq:
		sign = " = ?"
	case filter.Ne:
		sign = " <> ?"
	case filter.Gt:
		sign = " > ?"
	case filter.Ge:
		sign = " >= ?"
	case filter.Lt:
		sign = " < ?"
	case filter.Le:
		sign = " <= ?"
	default:
		return fmt.Errorf("the operator %s does not fit the column %s", op, column)
	}
	w.add(column+sign, value)
	return nil
}
