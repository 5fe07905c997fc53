// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"cmp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/filter"
)

// record is what the evaluator matches: values by the domain's property name. A
// string, an int64 or a time.Time; absent for "no value".
type record map[string]any

// matches evaluates a tree in the plainest way, as engines must in theirs.
func matches(node filter.Node, r record) bool {
	switch node := node.(type) {
	case filter.And:
		for _, term := range node.Terms {
			if !matches(term, r) {
				return false
			}
		}
		return true
	case filter.Or:
		for _, term := range node.Terms {
			if matches(term, r) {
				return true
			}
		}
		return false
	case filter.Not:
		return !matches(node.Term, r)
	case filter.Compare:
		return compares(node, r)
	}
	panic("unknown node")
}

func compares(c filter.Compare, r record) bool {
	held, present := r[c.Property.Name]
	switch {
	case c.Op == filter.Pr, c.Value.Null && c.Op == filter.Ne:
		return present
	case c.Value.Null:
		return !present
	case !present: // is no value, so another than the literal's
		return c.Op == filter.Ne
	}
	text, order := "", 0
	switch held := held.(type) {
	case string:
		text, order = filter.Fold(held), cmp.Compare(filter.Fold(held), c.Value.Text)
	case int64:
		text, order = c.Property.Prefix+strconv.FormatInt(held, 10), cmp.Compare(held, c.Value.Number)
	case time.Time:
		order = held.Compare(c.Value.Time)
	}
	switch c.Op {
	case filter.Co:
		return strings.Contains(text, c.Value.Text)
	case filter.Sw:
		return strings.HasPrefix(text, c.Value.Text)
	case filter.Ew:
		return strings.HasSuffix(text, c.Value.Text)
	}
	return map[filter.Op]bool{
		filter.Eq: order == 0, filter.Ne: order != 0, filter.Gt: order > 0,
		filter.Ge: order >= 0, filter.Lt: order < 0, filter.Le: order <= 0,
	}[c.Op]
}

// Precedence, held against the same expression in Go for all values of a, b, c, d.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	props := map[string]filter.Property{"a": {Name: "a"}, "b": {Name: "b"}, "c": {Name: "c"}, "d": {Name: "d"}}
	for text, want := range map[string]func(a, b, c, d bool) bool{
		`a pr or b pr and c pr`:                func(a, b, c, _ bool) bool { return a || b && c },
		`a pr and b pr or c pr`:                func(a, b, c, _ bool) bool { return a && b || c },
		`(a pr or b pr) and c pr`:              func(a, b, c, _ bool) bool { return (a || b) && c },
		`a pr and (b pr or c pr)`:              func(a, b, c, _ bool) bool { return a && (b || c) },
		`a pr or b pr and c pr or d pr`:        func(a, b, c, d bool) bool { return a || b && c || d },
		`a pr and b pr or c pr and d pr`:       func(a, b, c, d bool) bool { return a && b || c && d },
		`a pr and (b pr or c pr) and d pr`:     func(a, b, c, d bool) bool { return a && (b || c) && d },
		`(a pr or b pr) and (c pr or d pr)`:    func(a, b, c, d bool) bool { return (a || b) && (c || d) },
		`not (a pr) and b pr`:                  func(a, b, _, _ bool) bool { return !a && b },
		`not (a pr) or b pr`:                   func(a, b, _, _ bool) bool { return !a || b },
		`not (a pr and b pr)`:                  func(a, b, _, _ bool) bool { return !(a && b) },
		`not (a pr or b pr) and c pr`:          func(a, b, c, _ bool) bool { return !(a || b) && c },
		`a pr or not (b pr) and c pr`:          func(a, b, c, _ bool) bool { return a || !b && c },
		`a pr and not (b pr or not (c pr))`:    func(a, b, c, _ bool) bool { return a && !(b || !c) },
		`not (not (a pr) and b pr) or c pr`:    func(a, b, c, _ bool) bool { return !(!a && b) || c },
		`(a pr)and(b pr)or(c pr)and not(d pr)`: func(a, b, c, d bool) bool { return a && b || c && !d },
	} {
		node, err := filter.Parse(text, filter.NewSchema(props))
		if err != nil {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		for bits := range 16 {
			r := record{}
			var values [4]bool
			for i, property := range []string{"a", "b", "c", "d"} {
				if values[i] = bits>>i&1 == 1; values[i] {
					r[property] = "x"
				}
			}
			want := want(values[0], values[1], values[2], values[3])
			if got := matches(node, r); got != want {
				t.Errorf("%s with %v: got %v, want %v", text, values, got, want)
			}
			if got := filter.Matches(node, func(p filter.Property) any { return r[p.Name] }); got != want {
				t.Errorf("%s with %v: Matches returned %v, want %v", text, values, got, want)
			}
		}
	}
}

func TestComparisonsMean(t *testing.T) {
	t.Parallel()
	r := record{
		"request.name":      "Große Änderung",
		"organization.id":   int64(100001),
		"request.submitted": utc(2023, 6, 1, 12, 0, 0, 0),
	}
	for text, want := range map[string]bool{
		`name eq "GROSSE A\u0308NDERUNG"`: true,
		`name eq "große änderun"`:         false,
		`name ne "x"`:                     true,
		`name sw "GROS"`:                  true,
		`name co "E ÄND"`:                 true,
		`name ew "ung"`:                   true,
		`name ew "und"`:                   false,
		`name gt "G" and name lt "H"`:     true,
		`status pr or status ne null or not (status eq null)`:             false,
		`status eq null and name ne null`:                                 true,
		`organization.id eq "or-100001"`:                                  true,
		`organization.id EQ "OR-1" OR organization.id gt 5`:               true,
		`organization.id lt 100001 or organization.id gt 100001`:          false,
		`organization.id le 100001 and organization.id ge 100001`:         true,
		`organization.id sw "OR-1" and organization.id ew "01"`:           true,
		`organization.id co "r-2"`:                                        false,
		`submittedDate ge "2023-06-01T14:00:00.000+02:00"`:                true,
		`submittedDate gt "2023-06-01 12:00:00.000"`:                      false,
		`submittedDate gt "2023-06-01" and submittedDate lt "2023-06-02"`: true,
	} {
		if got := matches(mustParse(t, text), r); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
		got := filter.Matches(mustParse(t, text), func(p filter.Property) any { return r[p.Name] })
		if got != want {
			t.Errorf("%s: Matches returned %v, want %v", text, got, want)
		}
	}
}
