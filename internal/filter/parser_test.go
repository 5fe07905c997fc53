// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/filter"
)

type (
	and = filter.And
	or  = filter.Or
	not = filter.Not
)

// list makes the terms of an And or an Or.
func list(nodes ...filter.Node) []filter.Node { return nodes }

func TestParseTree(t *testing.T) {
	t.Parallel()
	a, b, c, d := name(filter.Eq, "a"), name(filter.Eq, "b"), name(filter.Eq, "c"), name(filter.Eq, "d")
	present := filter.Compare{Property: nameProperty(), Op: filter.Pr}
	tests := []struct {
		name, text string
		want       filter.Node
	}{
		{"one", `name eq "a"`, a},
		{"blanks of all kinds", " \t\r\nname \t eq\r\n\"a\" \t\r\n", a},
		{"no blanks around a string", `name eq"a"`, a},
		{"upper case", `NAME EQ "a" OR NAME EQ "b"`, or{list(a, b)}},
		{"mixed case", `nAmE eQ "a" aNd NoT(Name Eq "b")`, and{list(a, not{b})}},
		{"and binds tighter than or, right", `name eq "a" or name eq "b" and name eq "c"`,
			or{list(a, and{list(b, c)})}},
		{"and binds tighter than or, left", `name eq "a" and name eq "b" or name eq "c"`,
			or{list(and{list(a, b)}, c)}},
		{"two ands under or", `name eq "a" and name eq "b" or name eq "c" and name eq "d"`,
			or{list(and{list(a, b)}, and{list(c, d)})}},
		{"parentheses turn it round", `name eq "a" and (name eq "b" or name eq "c")`, and{list(a, or{list(b, c)})}},
		{"not binds tightest", `not (name eq "a") and name eq "b"`, and{list(not{a}, b)}},
		{"not of a group", `not (name eq "a" and name eq "b")`, not{and{list(a, b)}}},
		{"not of not", `not (not (name eq "a"))`, not{not{a}}},
		{"not after or", `name eq "a" or not (name eq "b") and name eq "c"`, or{list(a, and{list(not{b}, c)})}},
		{"and is flat", `name eq "a" and name eq "b" and name eq "c"`, and{list(a, b, c)}},
		{"or is flat", `name eq "a" or name eq "b" or name eq "c" or name eq "d"`, or{list(a, b, c, d)}},
		{"and is flat through parentheses", `(name eq "a" and name eq "b") and (name eq "c" and (name eq "d"))`,
			and{list(a, b, c, d)}},
		{"or is flat through parentheses", `name eq "a" or (name eq "b" or (name eq "c" or name eq "d"))`,
			or{list(a, b, c, d)}},
		{"and is not flat through not", `name eq "a" and not (name eq "b" and name eq "c")`,
			and{list(a, not{and{list(b, c)}})}},
		{"parentheses around one", `(((name eq "a")))`, a},
		{"parentheses with blanks", ` ( ( name eq "a" ) ) `, a},
		// Seen from clients of one of the vendors.
		{"no blank after a quote", `name eq "a"and name eq "b"or name eq "c"`, or{list(and{list(a, b)}, c)}},
		{"no blank at parentheses", `(name eq "a")and(name eq "b")or(name eq "c")`, or{list(and{list(a, b)}, c)}},
		{"no blank after not", `not(name eq "a")`, not{a}},
		{"present", `name pr`, present},
		{"present in a group", `(name pr)and not(name pr)`, and{list(present, not{present})}},
		{"present, upper case", `NAME PR OR name eq "a"`, or{list(present, a)}},
		{"keywords in strings", `name eq "a) or (name eq \"b\""`, name(filter.Eq, `a) or (name eq "b"`)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, mustParse(t, test.text)); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

func TestParseOperators(t *testing.T) {
	t.Parallel()
	for text, op := range map[string]filter.Op{
		"eq": filter.Eq, "ne": filter.Ne, "co": filter.Co, "sw": filter.Sw, "ew": filter.Ew,
		"gt": filter.Gt, "ge": filter.Ge, "lt": filter.Lt, "le": filter.Le, "pr": filter.Pr,
	} {
		if got := op.String(); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
		filterText, want := "name "+text+` "X"`, name(op, "x")
		if op == filter.Pr {
			filterText, want = "name pr", name(op, "")
		}
		if diff := cmp.Diff(filter.Node(want), mustParse(t, filterText)); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", filterText, diff)
		}
	}
	if got, want := filter.Op(10).String(), "Op(10)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParsePropertyNames(t *testing.T) {
	t.Parallel()
	for wire, property := range properties() {
		node := mustParse(t, wire+" PR")
		if diff := cmp.Diff(filter.Node(filter.Compare{Property: property, Op: filter.Pr}), node); diff != "" {
			t.Errorf("%s (-want +got):\n%s", wire, diff)
		}
	}
}

func TestNewSchemaRefusesAmbiguity(t *testing.T) {
	t.Parallel()
	same := map[string]filter.Property{"Name": nameProperty(), "name": nameProperty()}
	if got := len(filter.NewSchema(same)); got != 1 {
		t.Errorf("got %d properties, want 1", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("two properties of one name did not panic")
		}
	}()
	filter.NewSchema(map[string]filter.Property{"Name": nameProperty(), "name": idProperty()})
}
