// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"strings"
	"unicode/utf8"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// tally is a part of a list whose number of rows is kept in list_counts: those
// with one value of the list's property of state.
type tally struct {
	value  string // folded
	column string // of list_counts
}

// kept gives the query for the number of rows, when it is known without
// counting: of the whole list, or of a filter that is decided by the state alone.
func (l listing) kept(p tenancy.ListParams) (sum string, ok bool) {
	if p.Scope != tenancy.RootID || len(l.tallies) == 0 {
		return "", false
	}
	var columns []string
	for _, t := range l.tallies {
		holds := true
		if p.Filter != nil {
			if holds, ok = decided(p.Filter, l.state, t.value); !ok {
				return "", false
			}
		}
		if holds {
			columns = append(columns, t.column)
		}
	}
	if len(columns) == 0 {
		return "SELECT 0::bigint", true
	}
	return "SELECT sum(" + strings.Join(columns, " + ") + ")::bigint FROM list_counts", true
}

// decided evaluates a tree for rows of one state. It is not ok when another
// property matters, or when SQL would refuse.
func decided(n filter.Node, property, value string) (holds, ok bool) {
	switch n := n.(type) {
	case filter.And:
		return decideTerms(n.Terms, property, value, false)
	case filter.Or:
		return decideTerms(n.Terms, property, value, true)
	case filter.Not:
		holds, ok = decided(n.Term, property, value)
		return !holds, ok
	case filter.Compare:
		if n.Property.Name != property || n.Property.Kind != filter.Text || !utf8.ValidString(n.Value.Text) {
			return false, false
		}
		return compareState(value, n.Op, n.Value)
	}
	return false, false
}

// decideTerms looks at all terms, because all must be decided by the state. One
// that is as until says decides the rest.
func decideTerms(terms []filter.Node, property, value string, until bool) (holds, ok bool) {
	holds = !until
	for _, term := range terms {
		h, ok := decided(term, property, value)
		if !ok {
			return false, false
		}
		if h == until {
			holds = until
		}
	}
	return holds, len(terms) > 0
}

// compareState is where.text for a value that is known. No value is empty or has
// a zero byte in it, and the order is that of bytes, as it is in the database.
func compareState(value string, op filter.Op, v filter.Value) (holds, ok bool) {
	switch {
	case op == filter.Pr, v.Null && op == filter.Ne:
		return true, true
	case v.Null:
		return false, true
	}
	switch op {
	case filter.Eq:
		return value == v.Text, true
	case filter.Ne:
		return value != v.Text, true
	case filter.Co:
		return strings.Contains(value, v.Text), true
	case filter.Sw:
		return strings.HasPrefix(value, v.Text), true
	case filter.Ew:
		return strings.HasSuffix(value, v.Text), true
	case filter.Gt:
		return value > v.Text, true
	case filter.Ge:
		return value >= v.Text, true
	case filter.Lt:
		return value < v.Text, true
	case filter.Le:
		return value <= v.Text, true
	}
	return false, false
}
