// SPDX-License-Identifier: Apache-2.0

package move

import (
	"strings"
	"testing"
)

// A batch has many small rows, or few large ones.
func TestNextLimit(t *testing.T) {
	t.Parallel()
	rows := func(n, size int) (all []Row) {
		for range n {
			all = append(all, Row{int64(1), strings.Repeat("x", size/2), make([]byte, size/2)})
		}
		return all
	}
	for _, c := range []struct{ n, size, want int }{{100, 10, 200}, {1500, 10, rowsAtOnce},
		{rowsAtOnce, 10, rowsAtOnce}, {100, 1 << 20, 50}, {1, 8 << 20, 1}, {100, 30_000, 100}} {
		if got := nextLimit(rows(c.n, c.size)); got != c.want {
			t.Errorf("after %d rows of %d bytes: %d, want %d", c.n, c.size, got, c.want)
		}
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	table := Table{Name: "settings", Key: []string{"name", "n"}, Columns: []Column{{Name: "name", Kind: Text,
		Local: true}, {Name: "n", Kind: Number}}}
	const from = "SELECT name, n FROM settings WHERE name NOT IN ('moved_to', 'moving_from')"
	for got, want := range map[string]string{
		table.SelectAfter(true, "BY BYTES"): from + " AND (name BY BYTES, n) > (?, ?) ORDER BY name BY BYTES, n LIMIT ?",
		table.SelectLast(""):                from + " ORDER BY name  DESC, n DESC LIMIT ?",
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// Rows that differ have different texts.
func TestCanonical(t *testing.T) {
	t.Parallel()
	seen := map[string]Row{}
	for _, r := range []Row{{nil}, {int64(0)}, {false}, {true}, {""}, {[]byte{}}, {"a", "b"}, {"ab", ""},
		{"", "ab"}, {nil, nil}, {int64(1)}} {
		text := string(canonical(nil, r))
		if other, is := seen[text]; is {
			t.Errorf("%v and %v have one text", r, other)
		}
		seen[text] = r
	}
}

func TestSorted(t *testing.T) {
	t.Parallel()
	got, err := Sorted([]Table{{Name: "a"}, {Name: "b"}, {Name: "c"}}, map[string][]string{"a": {"c", "a"}})
	if err != nil || got[2].Name != "a" {
		t.Errorf("%v %v", got, err)
	}
	circle := map[string][]string{"a": {"b"}, "b": {"a"}}
	if _, err := Sorted([]Table{{Name: "a"}, {Name: "b"}}, circle); err == nil {
		t.Error("a circle has an order")
	}
}
