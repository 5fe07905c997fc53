// SPDX-License-Identifier: Apache-2.0

package filter

import "unicode/utf8"

// MaxFoldedPer is at least the number of characters that [Fold] makes of one.
const MaxFoldedPer = 4

// idDigits is the number of digits of the greatest number.
const idDigits = 19

// Walk calls fn for each comparison of a tree.
func Walk(n Node, fn func(Compare)) {
	switch n := n.(type) {
	case And:
		for _, term := range n.Terms {
			Walk(term, fn)
		}
	case Or:
		for _, term := range n.Terms {
			Walk(term, fn)
		}
	case Not:
		Walk(n.Term, fn)
	case Compare:
		fn(n)
	}
}

// Comparisons returns the number of comparisons in a tree.
func Comparisons(n Node) (count int) {
	Walk(n, func(Compare) { count++ })
	return count
}

// Truth says of which rows a tree holds.
type Truth int

// The truths.
const (
	Some   Truth = iota // it depends on the row
	Always              // of every row
	Never               // of no row
)

// Reduce removes what holds of every row or of none, whatever the rows are: comparisons
// with a text that is longer than every value of the property. The tree that is returned
// is nil unless the truth is Some. A nil tree holds always.
func Reduce(n Node) (Node, Truth) {
	switch n := n.(type) {
	case nil:
		return nil, Always
	case And:
		terms, found := reduceTerms(n.Terms, Never, appendAnd)
		return joined(terms, found, Never, func(terms []Node) Node { return And{Terms: terms} })
	case Or:
		terms, found := reduceTerms(n.Terms, Always, appendOr)
		return joined(terms, found, Always, func(terms []Node) Node { return Or{Terms: terms} })
	case Not:
		switch inner, truth := Reduce(n.Term); truth {
		case Always:
			return nil, Never
		case Never:
			return nil, Always
		default:
			return Not{Term: inner}, Some
		}
	case Compare:
		if truth := n.truth(); truth != Some {
			return nil, truth
		}
	}
	return n, Some
}

// reduceTerms returns the terms that depend on the row, and whether one of them decides
// for all.
func reduceTerms(terms []Node, decides Truth, add func([]Node, Node) []Node) (kept []Node, decided bool) {
	for _, term := range terms {
		switch inner, truth := Reduce(term); truth {
		case decides:
			return nil, true
		case Some:
			kept = add(kept, inner)
		}
	}
	return kept, false
}

// joined makes a node of the terms. If there are none, all of them were the opposite of
// what decides.
func joined(terms []Node, decided bool, decides Truth, join func([]Node) Node) (Node, Truth) {
	switch {
	case decided:
		return nil, decides
	case len(terms) == 0:
		return nil, Always + Never - decides
	case len(terms) == 1:
		return terms[0], Some
	}
	return join(terms), Some
}

// truth compares the length of the literal with that of the longest value.
func (c Compare) truth() Truth {
	longest := c.Property.Longest * MaxFoldedPer
	if c.Property.Kind == ID && c.Op.matchesPart() {
		longest = len(c.Property.Prefix) + idDigits
	}
	if longest == 0 || c.Value.Null || utf8.RuneCountInString(c.Value.Text) <= longest {
		return Some
	}
	switch c.Op {
	case Eq, Co, Sw, Ew:
		return Never
	case Ne:
		return Always
	}
	return Some
}
