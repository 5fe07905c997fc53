// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/filter"
)

// Dialect is what one database writes differently from the other.
type Dialect interface {
	// Placeholder returns the mark of the n-th argument, counted from 1.
	Placeholder(n int) string
	// UseIndex returns the words that follow the name of a table to be read by an index, or
	// "" if the database finds the index by itself.
	UseIndex(index string) string
	// Time returns a time as a column stores it.
	Time(t time.Time) any
	// AbsentTimeLast returns the expression by which a column of times, or a ? for one, is
	// sorted if it may be NULL: that is greater than every time.
	AbsentTimeLast(column string) string
	// Absent returns the condition that a text column is empty.
	Absent(c Column) string
	// Present returns the condition that a text column is not empty.
	Present(c Column) string
	// Match adds the comparison of a text column with a text that is not empty.
	Match(w *Where, c Column, op filter.Op, text string) error
	// Part returns the condition that an expression contains (filter.Co), starts with
	// (filter.Sw) or ends with (filter.Ew) a text of n characters. It has one ? for
	// each ? of the expression, and then one for each of args.
	Part(expression string, op filter.Op, text string) (condition string, args []any)
}

// Column is the column, or the expression, that a property is compared by.
type Column struct {
	Name     string
	Optional bool // an index of the column sorts the empty text last; a time may be NULL
}

// Columns returns the column of a property. If there is none, which is a bug, it returns an
// error.
type Columns func(p filter.Property) (Column, error)

// Where builds a condition. Values that a client sent become arguments, never text of the
// statement.
type Where struct {
	dialect Dialect
	columns Columns
	sql     []byte
	args    []any
}

// New returns a condition that is true for every row.
func New(d Dialect, columns Columns) *Where { return &Where{dialect: d, columns: columns} }

// With returns a copy that is continued in another dialect.
func (w *Where) With(d Dialect) *Where {
	return &Where{dialect: d, columns: w.columns, sql: slices.Clip(w.sql), args: slices.Clip(w.args)}
}

// Clause returns the condition after " WHERE ", or "" if it is true for every row.
func (w *Where) Clause() string {
	if len(w.sql) == 0 {
		return ""
	}
	return " WHERE " + string(w.sql)
}

// Args returns the arguments of the condition, in order. Appending to them leaves
// the condition as it is.
func (w *Where) Args() []any { return slices.Clip(w.args) }

// And adds a condition that must hold as well, with a ? for each of its arguments.
func (w *Where) And(condition string, args ...any) {
	if len(w.sql) > 0 {
		w.Add(" AND ")
	}
	w.Add(condition, args...)
}

// AndFilter adds a filter that must hold as well. Nil always holds.
func (w *Where) AndFilter(n filter.Node) error {
	if n == nil {
		return nil
	}
	w.And("")
	return w.terms("", []filter.Node{n})
}

// Add writes a part of a condition, with a ? for each of its arguments.
func (w *Where) Add(part string, args ...any) {
	for _, arg := range args {
		before, after, _ := strings.Cut(part, "?")
		w.args = append(w.args, arg)
		w.sql = append(w.sql, before...)
		w.sql = append(w.sql, w.dialect.Placeholder(len(w.args))...)
		part = after
	}
	w.sql = append(w.sql, part...)
}

// Always writes a condition that does not depend on the row.
func (w *Where) Always(holds bool) {
	if holds {
		w.Add("1 = 1")
	} else {
		w.Add("1 = 0")
	}
}

// Compare writes the comparison of a column with a value.
func (w *Where) Compare(column string, op filter.Op, value any) error {
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
	w.Add(column+sign, value)
	return nil
}

// node writes a tree.
func (w *Where) node(n filter.Node) error {
	switch n := n.(type) {
	case filter.And:
		return w.terms(" AND ", n.Terms)
	case filter.Or:
		return w.terms(" OR ", n.Terms)
	case filter.Not:
		w.Add("NOT ")
		return w.terms("", []filter.Node{n.Term})
	case filter.Compare:
		return w.comparison(n)
	}
	return fmt.Errorf("unknown filter node %T", n)
}

func (w *Where) terms(link string, terms []filter.Node) error {
	if len(terms) == 0 {
		return fmt.Errorf("a filter node without terms")
	}
	w.Add("(")
	for i, term := range terms {
		if i > 0 {
			w.Add(link)
		}
		if err := w.node(term); err != nil {
			return err
		}
	}
	w.Add(")")
	return nil
}
