// SPDX-License-Identifier: Apache-2.0

package filter

import "strings"

// Only reports whether a tree compares no other property, so that the value of this one
// decides. It is true if there is no tree.
func Only(n Node, property string) bool {
	switch n := n.(type) {
	case nil:
		return true
	case And:
		return all(n.Terms, property)
	case Or:
		return all(n.Terms, property)
	case Not:
		return Only(n.Term, property)
	case Compare:
		return n.Property.Name == property
	}
	return false
}

func all(terms []Node, property string) bool {
	for _, term := range terms {
		if !Only(term, property) {
			return false
		}
	}
	return true
}

// Holds evaluates a tree that compares only one property, of kind Text; see [Only]. It
// reports whether the tree holds for a row in which the folded value of the property is
// text; "" means absent. If there is no tree, it holds for every row.
func Holds(n Node, text string) bool {
	switch n := n.(type) {
	case And:
		for _, term := range n.Terms {
			if !Holds(term, text) {
				return false
			}
		}
		return true
	case Or:
		for _, term := range n.Terms {
			if Holds(term, text) {
				return true
			}
		}
		return false
	case Not:
		return !Holds(n.Term, text)
	case Compare:
		return n.holds(text)
	}
	return true
}

func (c Compare) holds(text string) bool {
	switch {
	case c.Op == Pr, c.Value.Null && c.Op == Ne:
		return text != ""
	case c.Value.Null:
		return text == ""
	case text == "" && c.Op != Eq && c.Op != Ne:
		return false
	}
	order := strings.Compare(text, c.Value.Text)
	switch c.Op {
	case Eq:
		return order == 0
	case Ne:
		return order != 0
	case Gt:
		return order > 0
	case Ge:
		return order >= 0
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	case Co:
		return strings.Contains(text, c.Value.Text)
	case Sw:
		return strings.HasPrefix(text, c.Value.Text)
	}
	return strings.HasSuffix(text, c.Value.Text)
}
