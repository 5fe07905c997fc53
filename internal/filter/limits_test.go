// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse/internal/filter"
)

func TestLimitsRefuse(t *testing.T) {
	t.Parallel()
	comparison := func(n int) string { return strings.Repeat("name pr and ", n-1) + "name pr" }
	nested := func(open string, n int) string {
		return strings.Repeat(open, n) + "name pr" +
			strings.Repeat(")", n)
	}
	tests := []struct {
		name, text string
		offset     int
		reason     string
	}{
		{"10,000 parentheses", nested("(", 10_000), filter.MaxLength, "longer than 4096 bytes"},
		{"10,000 not", nested("not(", 10_000), filter.MaxLength, "longer than 4096 bytes"},
		{"10,000 terms", comparison(10_000), filter.MaxLength, "longer than 4096 bytes"},
		{"a megabyte of blanks", strings.Repeat(" ", 1<<20), filter.MaxLength, "longer than 4096 bytes"},
		{"a megabyte of bad bytes", strings.Repeat("\xff", 1<<20), filter.MaxLength, "longer than 4096 bytes"},
		{"one byte too long", "name pr" + strings.Repeat(" ", filter.MaxLength-6), filter.MaxLength,
			"longer than 4096 bytes"},
		{"2,000 parentheses", nested("(", 2000), filter.MaxDepth, "more than 16 deep"},
		{"4,096 open parentheses", strings.Repeat("(", filter.MaxLength), filter.MaxDepth, "more than 16 deep"},
		{"800 not", nested("not(", 800), 4*filter.MaxDepth + 3, "more than 16 deep"},
		{"1,000 not without parentheses", strings.Repeat("not ", 1000), 4, "not needs parentheses"},
		{"300 terms", comparison(300), 12 * filter.MaxTerms, "more than 64 comparisons"},
		{"300 terms in groups", strings.Repeat("(name pr)or", 300), 11*filter.MaxTerms + 1,
			"more than 64 comparisons"},
		{"one too deep", nested("(", filter.MaxDepth+1), filter.MaxDepth, "more than 16 deep"},
		{"one term too many", comparison(filter.MaxTerms + 1), 12 * filter.MaxTerms, "more than 64 comparisons"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := filter.Parse(test.text, schema())
			wantError(t, err, test.offset, test.reason)
			if took := fastest(test.text); took > 50*time.Millisecond {
				t.Errorf("took %v", took)
			}
		})
	}
}

// fastest measures the best of several runs, so that a busy machine does not
// count. The bound it is held to is loose for the race detector: refusing takes
// microseconds (BenchmarkParse), and without limits some of these take seconds.
func fastest(text string) time.Duration {
	best := time.Hour
	s := schema()
	for range 20 {
		start := time.Now()
		_, _ = filter.Parse(text, s)
		best = min(best, time.Since(start))
	}
	return best
}

func TestLimitsAllow(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("(", filter.MaxDepth) + "name pr" + strings.Repeat(")", filter.MaxDepth),
		strings.Repeat("not(", filter.MaxDepth) + "name pr" + strings.Repeat(")", filter.MaxDepth),
		// Depth counts what is open, not what has been.
		strings.Repeat("((name pr))and", filter.MaxDepth) + "(name pr)",
		strings.Repeat("name pr or ", filter.MaxTerms-1) + "name pr",
		"name pr" + strings.Repeat(" ", filter.MaxLength-7),
		`name eq "` + strings.Repeat("x", filter.MaxLength-10) + `"`,
	} {
		node := mustParse(t, text)
		checkTree(t, node)
	}
}

// checkTree checks what the types promise about a tree, however it was written.
func checkTree(tb testing.TB, node filter.Node) {
	tb.Helper()
	if got := countTerms(tb, node); got > filter.MaxTerms {
		tb.Errorf("got %d terms, want at most %d", got, filter.MaxTerms)
	}
	// Inside one parenthesis there is at most an Or, an And and a Not.
	if got, most := depth(node), 3*(filter.MaxDepth+1); got > most {
		tb.Errorf("got depth %d, want at most %d", got, most)
	}
}

func depth(node filter.Node) int {
	deepest := 0
	for _, child := range children(node) {
		deepest = max(deepest, depth(child))
	}
	return deepest + 1
}

func children(node filter.Node) []filter.Node {
	switch node := node.(type) {
	case filter.And:
		return node.Terms
	case filter.Or:
		return node.Terms
	case filter.Not:
		return list(node.Term)
	}
	return nil
}

// countTerms counts comparisons, and checks that the tree is flat.
func countTerms(tb testing.TB, node filter.Node) int {
	tb.Helper()
	n := 0
	for _, child := range children(node) {
		n += countTerms(tb, child)
		_, andInAnd := child.(filter.And)
		_, orInOr := child.(filter.Or)
		switch node.(type) {
		case filter.And:
			if andInAnd {
				tb.Error("an And holds an And")
			}
		case filter.Or:
			if orInOr {
				tb.Error("an Or holds an Or")
			}
		}
	}
	switch node := node.(type) {
	case filter.And:
		if len(node.Terms) < 2 {
			tb.Errorf("an And holds %d terms", len(node.Terms))
		}
	case filter.Or:
		if len(node.Terms) < 2 {
			tb.Errorf("an Or holds %d terms", len(node.Terms))
		}
	case filter.Compare:
		checkCompare(tb, node)
		return 1
	}
	return n
}

// checkCompare checks that only the field that counts is filled, and as promised.
func checkCompare(tb testing.TB, c filter.Compare) {
	tb.Helper()
	v, part := c.Value, c.Op == filter.Co || c.Op == filter.Sw || c.Op == filter.Ew
	var want filter.Value
	switch {
	case c.Op == filter.Pr:
	case v.Null && (c.Op == filter.Eq || c.Op == filter.Ne):
		want.Null = true
	case c.Property.Kind == filter.Text || c.Property.Kind == filter.ID && part:
		want.Text = filter.Fold(v.Text)
	case c.Property.Kind == filter.ID:
		want.Number = max(0, v.Number)
	case !part:
		want.Time = v.Time.UTC()
	}
	if v != want {
		tb.Errorf("%s %s: got value %+v, want %+v", c.Property.Name, c.Op, v, want)
	}
}
