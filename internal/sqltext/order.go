// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"strings"

	"gatehouse/internal/filter"
)

// Term is one expression that a list is sorted by.
type Term struct {
	Expression string
	Descending bool
}

// Order is what a list is sorted by: always a total order, since it ends in the id.
type Order []Term

// NewOrder returns the order of the keys, and then of the id in the direction of the
// last key, so that one index on (key, id) serves both directions. Without keys the
// newest come first. terms returns the expressions by which one column is sorted. For
// an optional one they put the rows without it last in ascending order and first in
// descending order (RFC 7644, section 3.4.2.3).
func NewOrder(keys []filter.Sort, columns Columns, terms func(c Column) []string) (Order, error) {
	if len(keys) == 0 {
		return Order{{createdAt, true}, {id, true}}, nil
	}
	var o Order
	for _, key := range keys {
		c, err := columns(key.Property)
		if err != nil {
			return nil, err
		}
		for _, expression := range terms(c) {
			o = append(o, Term{expression, key.Descending})
		}
		if c.Name == id { // no two rows are equal, so further keys decide nothing
			return o, nil
		}
	}
	return append(o, Term{id, o[len(o)-1].Descending}), nil
}

// SQL returns the order after " ORDER BY ", or its reverse.
func (o Order) SQL(reverse bool) string {
	terms := make([]string, len(o))
	for i, t := range o {
		terms[i] = t.Expression
		if t.Descending != reverse {
			terms[i] += " DESC"
		}
	}
	return " ORDER BY " + strings.Join(terms, ", ")
}

// Uniform reports whether all terms have one direction, so that rows can be compared
// as a whole.
func (o Order) Uniform() bool {
	for _, t := range o {
		if t.Descending != o[0].Descending {
			return false
		}
	}
	return true
}

// From returns the condition that a row is at or after another one in a uniform order.
// The other row's id is the argument of the placeholder.
func (o Order) From(table, placeholder string) string {
	keys := o.expressions()
	return "(" + keys + ")" + o[0].signOrEqual() + "(SELECT " + keys + " FROM " + table + " WHERE id = " +
		placeholder + ")"
}

func (o Order) expressions() string {
	expressions := make([]string, len(o))
	for i, t := range o {
		expressions[i] = t.Expression
	}
	return strings.Join(expressions, ", ")
}

// FromFirst is From by the first term alone: it also holds for rows before the other
// one which are equal to it in this term.
func (o Order) FromFirst(table, placeholder string) string { return o[:1].From(table, placeholder) }
