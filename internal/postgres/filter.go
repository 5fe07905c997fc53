// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gatehouse/internal/filter"
)

// where is a condition in the making. What a stranger sent becomes an argument,
// never text of the statement.
type where struct {
	sql     strings.Builder
	args    []any
	columns func(property string) (column string, ok bool)
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
		w.sql.WriteString("NOT ")
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
	w.sql.WriteByte('(')
	for i, term := range terms {
		if i > 0 {
			w.sql.WriteString(link)
		}
		if err := w.node(term); err != nil {
			return err
		}
	}
	w.sql.WriteByte(')')
	return nil
}

// add writes a condition with its arguments, in the places marked by ?.
func (w *where) add(condition string, args ...any) {
	for _, arg := range args {
		before, after, _ := strings.Cut(condition, "?")
		w.args = append(w.args, arg)
		w.sql.WriteString(before + "$" + strconv.Itoa(len(w.args)))
		condition = after
	}
	w.sql.WriteString(condition)
}

// always writes a condition that does not depend on the row.
func (w *where) always(holds bool) {
	if holds {
		w.add("true")
	} else {
		w.add("false")
	}
}

func (w *where) compare(c filter.Compare) error {
	column, err := w.columnOf(c.Property)
	if err != nil {
		return err
	}
	switch c.Property.Kind {
	case filter.Text:
		return w.text(column, c.Property.Optional, c.Op, c.Value)
	case filter.ID:
		return w.id(column, c.Property.Prefix, c.Op, c.Value)
	case filter.Time:
		return w.time(column, c.Op, c.Value)
	}
	return fmt.Errorf("unknown kind of the property %q", c.Property.Name)
}

// isAbsent is the expression by which lists that are sorted by an optional column
// are sorted first. The column's index begins with it, word for word.
func isAbsent(column string) string { return "(" + column + " = '')" }

// text compares texts. The index of an optional column begins with isAbsent, so
// only a condition that says which it is can use it: of NOT and <> the planner
// does not know that they say so.
func (w *where) text(column string, optional bool, op filter.Op, v filter.Value) error {
	present := column + " > ''"
	if optional {
		present = isAbsent(column) + " IS FALSE"
	}
	part := op == filter.Co || op == filter.Sw || op == filter.Ew
	empty := v.Null || v.Text == ""
	switch {
	case op == filter.Pr, empty && (op == filter.Ne || op == filter.Gt || op == filter.Ge || part):
		w.add(present)
	case empty && op == filter.Eq:
		w.add(isAbsent(column))
	case empty:
		w.always(false)
	case op == filter.Co, op == filter.Ew:
		w.part(column, op, v.Text)
	case op == filter.Ne:
		return w.textOrder(column, op, v.Text)
	case optional, op == filter.Lt, op == filter.Le: // the empty text is less than any other
		w.add("(" + present + " AND ")
		if err := w.textRange(column, op, v.Text); err != nil {
			return err
		}
		w.add(")")
	default:
		return w.textRange(column, op, v.Text)
	}
	return nil
}

// textRange writes a comparison that holds for texts that follow each other in an index.
func (w *where) textRange(column string, op filter.Op, text string) error {
	if op == filter.Sw {
		w.part(column, op, text)
		return nil
	}
	return w.textOrder(column, op, text)
}

// textOrder compares with a text that may hold a zero byte, which no stored text
// does and the server refuses to hear of: such a text equals none, and is
// greater than just those up to what stands before the byte.
func (w *where) textOrder(column string, op filter.Op, text string) error {
	before, _, zero := strings.Cut(text, "\x00")
	if zero {
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
	return w.order(column, op, before)
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

// trigram is the length from which on a part can be found by an index.
const trigram = 3

// part finds a text that is not empty within, at the start or at the end of a column. No form has
// wildcards of the asker's: those of LIKE are escaped. It is the one form that the
// index for parts of names serves.
func (w *where) part(column string, op filter.Op, text string) {
	switch {
	case strings.Contains(text, "\x00"): // see textOrder
		w.always(false)
	case op == filter.Co && utf8.RuneCountInString(text) >= trigram:
		w.add(column+" LIKE ?", "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)+"%")
	case op == filter.Co:
		w.add("strpos("+column+", ?) > 0", text)
	case op == filter.Ew:
		w.add("right("+column+", ?) = ?", utf8.RuneCountInString(text), text)
	default:
		// As a range, which an index can serve: texts that start with "ab" are
		// those from "ab" up to, but without, "ac".
		w.add(column+" >= ?", text)
		if end, ok := after(text); ok {
			w.add(" AND "+column+" < ?", end)
		}
	}
}

// writtenPart is part for the written form of an id.
func (w *where) writtenPart(prefix, column string, op filter.Op, text string) {
	written := "(? || " + column + "::text)"
	switch {
	case text == "":
		w.always(true)
	case strings.Contains(text, "\x00"): // see textOrder
		w.always(false)
	case op == filter.Co:
		w.add("strpos("+written+", ?) > 0", prefix, text)
	case op == filter.Ew:
		w.add("right("+written+", ?) = ?", prefix, utf8.RuneCountInString(text), text)
	default:
		w.add("left("+written+", ?) = ?", prefix, utf8.RuneCountInString(text), text)
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
