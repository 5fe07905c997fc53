// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"cmp"
	"strconv"
	"time"
)

// Matches evaluates a tree for one row, for lists that no engine evaluates it for. value
// returns what the row has of a property: a string of a Text, an int64 of an ID, a time.Time of
// a Time, and nil or "" if the value is absent. Without a tree every row matches. Properties of
// kind Flag never match.
func Matches(n Node, value func(Property) any) bool {
	switch n := n.(type) {
	case And:
		for _, term := range n.Terms {
			if !Matches(term, value) {
				return false
			}
		}
		return true
	case Or:
		for _, term := range n.Terms {
			if Matches(term, value) {
				return true
			}
		}
		return false
	case Not:
		return !Matches(n.Term, value)
	case Compare:
		return n.matches(value(n.Property))
	}
	return true
}

func (c Compare) matches(held any) bool {
	switch held := held.(type) {
	case nil:
		if c.Property.Kind != Text {
			c.Value.Text = "a literal" // which is not the empty one
		}
		return c.holds("")
	case string:
		return c.holds(Fold(held))
	case int64:
		if c.Op.matchesPart() {
			return c.holds(Fold(c.Property.Prefix + strconv.FormatInt(held, 10)))
		}
		return c.inOrder(cmp.Compare(held, c.Value.Number))
	case time.Time:
		return c.inOrder(held.Compare(c.Value.Time))
	}
	return false
}

// inOrder is holds for a value that is there and compares with the literal as order says.
func (c Compare) inOrder(order int) bool {
	if c.Value.Null || c.Op == Pr {
		return c.Op != Eq
	}
	// The texts stand for the two values: only their order counts.
	c.Value.Text = "b"
	return c.holds("abc"[order+1 : order+2])
}
