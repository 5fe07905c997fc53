// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gatehouse/internal/filter"
)

// comparison appends to the SQL the comparison of a property with a value of the filter.
func (w *Where) comparison(c filter.Compare) error {
	column, err := w.columns(c.Property)
	if err != nil {
		return err
	}
	switch c.Property.Kind {
	case filter.Text:
		return w.text(column, c.Op, c.Value)
	case filter.ID:
		return w.id(column.Name, c.Property.Prefix, c.Op, c.Value)
	case filter.Time:
		return w.time(column, c.Op, c.Value)
	}
	return fmt.Errorf("unknown kind of the property %q", c.Property.Name)
}

// isPart reports whether the operator looks for a part of a text.
func isPart(op filter.Op) bool { return op == filter.Co || op == filter.Sw || op == filter.Ew }

// text compares texts. An absent text is stored as the empty one, which is less than
// every other, and equal to the literal null.
func (w *Where) text(c Column, op filter.Op, v filter.Value) error {
	empty := v.Null || v.Text == ""
	switch {
	case op == filter.Pr, empty && (op == filter.Ne || op == filter.Gt || op == filter.Ge || isPart(op)):
		w.Add(w.dialect.Present(c))
	case empty && op == filter.Eq:
		w.Add(w.dialect.Absent(c))
	case empty:
		w.Always(false)
	default:
		return w.dialect.Match(w, c, op, v.Text)
	}
	return nil
}

// id compares numbers, or parts of the written form, which is in lower case. An id
// is never absent.
func (w *Where) id(column, prefix string, op filter.Op, v filter.Value) error {
	switch {
	case op == filter.Pr, v.Null:
		w.Always(op != filter.Eq)
	case isPart(op):
		w.writtenID(column, prefix, op, v.Text)
	default:
		return w.Compare(column, op, v.Number)
	}
	return nil
}

// writtenID looks for a part of an id with its prefix, as in "or-100001".
func (w *Where) writtenID(column, prefix string, op filter.Op, text string) {
	switch {
	case text == "":
		w.Always(true)
	case strings.Contains(text, "\x00"): // PostgreSQL refuses such a text, and no id has it
		w.Always(false)
	default:
		condition, args := w.dialect.Part("(? || CAST("+column+" AS text))", op, text)
		w.Add(condition, append([]any{prefix}, args...)...)
	}
}

// time compares to the millisecond, which is what is stored. A literal between two
// milliseconds equals none, and is greater than the one before it. A time that is absent
// differs from every literal but null. The condition is true or false of it, never NULL, so
// that "not" works.
func (w *Where) time(column Column, op filter.Op, v filter.Value) error {
	switch {
	case column.Optional && v.Null && op == filter.Eq:
		w.Add(column.Name + " IS NULL")
		return nil
	case column.Optional && (op == filter.Pr || v.Null):
		w.Add(column.Name + " IS NOT NULL")
		return nil
	case op == filter.Pr || v.Null:
		w.Always(op != filter.Eq)
		return nil
	}
	if v.Time.Nanosecond()%int(time.Millisecond) != 0 {
		if op == filter.Eq || op == filter.Ne {
			w.Always(op == filter.Ne)
			return nil
		}
		op = AfterStored(op)
	}
	if !column.Optional {
		return w.Compare(column.Name, op, w.dialect.Time(v.Time))
	}
	if op == filter.Ne {
		w.Add("(" + column.Name + " IS NULL OR ")
	} else {
		w.Add("(" + column.Name + " IS NOT NULL AND ")
	}
	err := w.Compare(column.Name, op, w.dialect.Time(v.Time))
	w.Add(")")
	return err
}

// AfterStored returns the operator for a literal that lies between two stored
// values, when it is compared with the lower of them instead.
func AfterStored(op filter.Op) filter.Op {
	switch op {
	case filter.Ge:
		return filter.Gt
	case filter.Lt:
		return filter.Le
	}
	return op
}

// StartsWith writes that a column starts with a text, as a range that an index can
// serve: texts that start with "ab" are those from "ab" up to, but without, "ac".
// Texts that have no such end go up to the condition last, which may be empty.
func (w *Where) StartsWith(column, text, last string) {
	w.Add(column+" >= ?", text)
	if end, ok := after(text); ok {
		w.Add(" AND "+column+" < ?", end)
	} else if last != "" {
		w.Add(" AND " + last)
	}
}

// after returns the least text that is greater than all that start with prefix.
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
