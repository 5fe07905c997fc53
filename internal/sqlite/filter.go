// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"time"
	"unicode/utf8"

	"gatehouse/internal/filter"
	"gatehouse/internal/sqltext"
)

// dialect writes conditions as SQLite has them. None of them has wildcards.
type dialect struct {
	// search is the index by which texts are found in the column searched. When it is
	// empty, the rows are looked at one by one.
	search, searched string
	longest          int // characters of a text that the index is asked for
}

var _ sqltext.Dialect = dialect{}

// Placeholder implements sqltext.Dialect.
func (dialect) Placeholder(int) string { return "?" }

// UseIndex implements sqltext.Dialect. SQLite has no statistics, and prefers an index with
// two bounds of the last column to a longer one.
func (dialect) UseIndex(index string) string { return " INDEXED BY " + index }

// Time implements sqltext.Dialect.
func (dialect) Time(t time.Time) any { return stamp(t) }

// AbsentTimeLast implements sqltext.Dialect.
func (dialect) AbsentTimeLast(column string) string {
	return "coalesce(" + column + ", 9223372036854775807)"
}

// absentLast returns the expression by which an optional column is sorted. Its index
// has the same expression, word for word. The blob x'ff' is greater than every text.
func absentLast(column string) string { return "iif(" + column + " = '', x'ff', " + column + ")" }

// Absent implements sqltext.Dialect. An optional column is compared by the expression
// that its index has, and as a range: SQLite sorts by hand what an expression is equal to.
func (dialect) Absent(c sqltext.Column) string {
	if c.Optional {
		return absentLast(c.Name) + " >= x''"
	}
	return c.Name + " = ''"
}

// Present implements sqltext.Dialect.
func (dialect) Present(c sqltext.Column) string {
	if c.Optional {
		return absentLast(c.Name) + " < x''"
	}
	return c.Name + " > ''"
}

// Match implements sqltext.Dialect.
func (d dialect) Match(w *sqltext.Where, c sqltext.Column, op filter.Op, text string) error {
	expression := c.Name
	if c.Optional {
		expression = absentLast(c.Name)
	}
	switch op {
	case filter.Co, filter.Ew:
		if s, ok := searchFor(text, d.longest); ok && op == filter.Co && d.search != "" && c.Name == d.searched {
			ids, args := s.sql(d.search)
			w.Add("id IN ("+ids+")", args...)
			return nil
		}
		condition, args := d.Part(expression, op, text)
		w.Add(condition, args...)
		return nil
	case filter.Sw:
		w.StartsWith(expression, text, expression+" < x''") // before every blob, and so after every text
		return nil
	case filter.Eq:
		if c.Optional {
			w.Add(expression+" BETWEEN ? AND ?", text, text)
			return nil
		}
		return w.Compare(expression, op, text)
	case filter.Ne:
		return w.Compare(expression, op, text)
	}
	w.Add("(" + d.Present(c) + " AND ")
	if err := w.Compare(expression, op, text); err != nil {
		return err
	}
	w.Add(")")
	return nil
}

// Part implements sqltext.Dialect.
func (dialect) Part(expression string, op filter.Op, text string) (condition string, args []any) {
	switch n := utf8.RuneCountInString(text); op {
	case filter.Co:
		return "instr(" + expression + ", ?) > 0", []any{text}
	case filter.Ew:
		return "substr(" + expression + ", ?) = ?", []any{-n, text}
	default:
		return "substr(" + expression + ", 1, ?) = ?", []any{n, text}
	}
}
