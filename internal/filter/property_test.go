// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gatehouse/internal/filter"
)

// Any tree, printed in any spelling, parses to itself.
func TestPrintedTreesParseToThemselves(t *testing.T) {
	t.Parallel()
	s := schema()
	rapid.Check(t, func(t *rapid.T) {
		want := drawNode(t, 3)
		p := newPrinter(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "spelling") })
		text := p.gap() + p.print(want) + p.gap()
		if len(text) > filter.MaxLength {
			t.Skip("too long")
		}
		got, err := filter.Parse(text, s)
		if err != nil {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("Parse(%q) (-want +got):\n%s", text, diff)
		}
	})
}

// drawNode draws a tree in normal form: no And in an And, no Or in an Or.
func drawNode(t *rapid.T, depth int) filter.Node {
	kinds := []string{"compare"}
	if depth > 0 {
		kinds = append(kinds, "and", "or", "not")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "and":
		return filter.And{Terms: drawTerms(t, depth, func(n filter.Node) bool {
			_,
				ok := n.(filter.And)
			return ok
		})}
	case "or":
		return filter.Or{Terms: drawTerms(t, depth, func(n filter.Node) bool { _, ok := n.(filter.Or); return ok })}
	case "not":
		return filter.Not{Term: drawNode(t, depth-1)}
	}
	return drawCompare(t)
}

func drawTerms(t *rapid.T, depth int, wrong func(filter.Node) bool) []filter.Node {
	var terms []filter.Node
	for range rapid.IntRange(2, 3).Draw(t, "terms") {
		term := drawNode(t, depth-1)
		if wrong(term) {
			term = filter.Not{Term: term}
		}
		terms = append(terms, term)
	}
	return terms
}

func drawCompare(t *rapid.T) filter.Compare {
	all := properties()
	wire := rapid.SampledFrom(slices.Sorted(maps.Keys(all))).Draw(t, "property")
	c := filter.Compare{Property: all[wire], Op: filter.Op(rapid.IntRange(int(filter.Eq), int(filter.Pr)).Draw(t,
		"op"))}
	part := c.Op == filter.Co || c.Op == filter.Sw || c.Op == filter.Ew
	if part && c.Property.Kind == filter.Time {
		c.Op, part = filter.Le, false
	}
	switch {
	case c.Op == filter.Pr:
	case (c.Op == filter.Eq || c.Op == filter.Ne) && rapid.IntRange(0, 3).Draw(t, "null") == 0:
		c.Value.Null = true
	case c.Property.Kind == filter.Text || part:
		raw := rapid.StringN(0, 6, -1).Draw(t, "text")
		c.Value.Text = filter.Fold(strings.ReplaceAll(raw, "\x00", ""))
	case c.Property.Kind == filter.ID:
		c.Value.Number = rapid.Int64Min(0).Draw(t, "number")
	default:
		c.Value.Time = drawTime(t)
	}
	return c
}

func drawTime(t *rapid.T) time.Time {
	oldest, newest := utc(1, 1, 1, 0, 0, 0, 0).Unix(), utc(9999, 12, 31, 23, 59, 59, 0).Unix()
	seconds := rapid.Int64Range(oldest, newest).Draw(t, "seconds")
	return time.Unix(seconds, rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
}
