// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/problem"
)

// Limits of one filter or one list of sort keys.
const (
	MaxLength = 4096 // bytes of text
	MaxDepth  = 16   // open parentheses at any point, those of "not" among them
	MaxTerms  = 64   // comparisons, "pr" among them
)

// Kind is the type of a property. It decides which operators and literals fit it.
type Kind int

// The kinds of property.
const (
	Text Kind = iota // text, compared without letter case
	ID               // a number with a written form, "or-100001"
	Time             // an instant
	Flag             // true or false: whether a property of kind Text has one certain value
)

// Property is one thing a list can be filtered or sorted by.
type Property struct {
	Name     string // the domain's name, which engines map to a column: "organization.id"
	Kind     Kind
	Prefix   string // ID only: the text before the number in its written form: "or-"
	True     string // Flag only: the folded text that means true; every other text means false
	Optional bool   // Text and Time: it may be absent. Ascending order has such rows last, descending first
	Longest  int    // Text only: the most characters of a value before it is folded; 0: not known
	Values   Values // Text only: the values that there are; "": any text
}

// Values is a closed set of values, as they are written, with a comma between two.
type Values string

// ValuesOf returns the set of some values, none of which has a comma.
func ValuesOf[T ~string](values ...T) Values {
	var set strings.Builder
	for i, v := range values {
		if i > 0 {
			set.WriteByte(',')
		}
		set.WriteString(string(v))
	}
	return Values(set.String())
}

// String returns the values with a comma and a blank between two, for people.
func (v Values) String() string { return strings.ReplaceAll(string(v), ",", ", ") }

// has reports whether a value of the set can be equal to the folded text, or contain it as
// the operator says. Nothing can be outside a set that is empty, and an order has a place
// for every text.
func (v Values) has(op Op, text string) bool {
	if v == "" || op == Gt || op == Ge || op == Lt || op == Le {
		return true
	}
	if op == Ne { // whether a value is another one
		op = Eq
	}
	for value := range strings.SplitSeq(string(v), ",") {
		if (Compare{Op: op, Value: Value{Text: text}}).holds(Fold(value)) {
			return true
		}
	}
	return false
}

// Schema has the properties of a list by their names on the wire, and looks names up without
// letter case. Make it with [NewSchema].
type Schema map[string]named

// named is a property with its name on the wire as it was written.
type named struct {
	Property
	written string
}

// NewSchema returns a schema of properties by their names on the wire.
// It panics if two keys differ only in letter case and mean different properties, because
// the choice between them would be random.
func NewSchema(properties map[string]Property) Schema {
	schema := make(Schema, len(properties))
	for written, property := range properties {
		key := lowerASCII(written)
		if other, taken := schema[key]; taken {
			if other.Property != property {
				panic("filter: schema names " + key + " twice")
			}
			written = min(written, other.written)
		}
		schema[key] = named{property, written}
	}
	return schema
}

func (s Schema) lookup(name string) (Property, bool) {
	found, ok := s[lowerASCII(name)]
	return found.Property, ok
}

// Op is an operator of a comparison.
type Op int

// The operators: equal, not equal, contains, starts with, ends with, greater, greater or
// equal, less, less or equal, present. For an absent value only two hold: Eq if the
// literal is null or empty, and Ne if it is anything else.
const (
	Eq Op = iota
	Ne
	Co
	Sw
	Ew
	Gt
	Ge
	Lt
	Le
	Pr
)

// opNames has two characters for each operator. It is a string because a package-level
// slice could be changed.
const opNames = "eqnecoswewgtgeltlepr"

// String returns the operator as filters write it, in lower case.
func (op Op) String() string {
	if op < Eq || op > Pr {
		return fmt.Sprintf("Op(%d)", int(op))
	}
	return opNames[2*op : 2*op+2]
}

// parseOp finds an operator by its name in any letter case.
func parseOp(word string) (Op, bool) {
	word = lowerASCII(word)
	for op := Eq; op <= Pr; op++ {
		if word == op.String() {
			return op, true
		}
	}
	return 0, false
}

// matchesPart reports whether the operator compares a part of the written form.
func (op Op) matchesPart() bool { return op == Co || op == Sw || op == Ew }

// Node is one node of a checked filter: And, Or, Not or Compare, as a value.
type Node interface{ isNode() }

// And holds if all its terms do. It has at least two, and none of them is an And.
type And struct{ Terms []Node }

// Or holds if one of its terms does. It has at least two, and none of them is an Or.
type Or struct{ Terms []Node }

// Not holds if its term does not.
type Not struct{ Term Node }

// Compare is one comparison. The operator fits the property's kind.
type Compare struct {
	Property Property
	Op       Op
	Value    Value // zero for Pr
}

func (And) isNode()     {}
func (Or) isNode()      {}
func (Not) isNode()     {}
func (Compare) isNode() {}

// Value is the literal of a comparison. The kind of the property and the operator decide
// which field is used; the others are zero.
type Value struct {
	Null   bool      // literal null, with Eq ("has no value") and Ne ("has a value"), for any kind
	Text   string    // Text; and ID under Co, Sw, Ew, to match within the folded written form. Folded, see Fold
	Number int64     // ID under Eq Ne Gt Ge Lt Le; never negative
	Time   time.Time // Time; UTC, in the years 1 to 9999, as finely as it was written, to the nanosecond
}

// Error says what is wrong with a text and what to do about it. [Parse] and
// [ParseSort] return no other kind of error.
type Error struct {
	Offset int            // characters before the error
	Reason string         // a sentence, safe to show to the caller; repeats at most 40 characters of the text
	Phrase problem.Phrase // Reason before its values were put in
}

// Error counts characters from one, as people do.
func (e *Error) Error() string {
	return fmt.Sprintf("at character %d: %s", e.Offset+1, e.Reason)
}

// lowerASCII lowers A to Z only. With Unicode's rules, names could be written with
// look-alikes: the Kelvin sign becomes k, the long s equals s.
func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return strings.Map(func(r rune) rune {
				if 'A' <= r && r <= 'Z' {
					return r + ('a' - 'A')
				}
				return r
			}, s)
		}
	}
	return s
}
