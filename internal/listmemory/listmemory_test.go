// SPDX-License-Identifier: Apache-2.0

package listmemory

import (
	"fmt"
	"testing"
)

func TestMemoryIsOfOneVersion(t *testing.T) {
	t.Parallel()
	m := New()
	m.PutTotal(7, "list", 3)
	m.PutPosition(7, "list", Position{10, 100})
	if n, ok := m.Total(7, "list"); n != 3 || !ok {
		t.Errorf("got %d, %v", n, ok)
	}
	if got := m.Before(7, "list", 12); got != (Position{10, 100}) {
		t.Errorf("got %v", got)
	}
	// A View that began before a change neither sees nor replaces newer values.
	m.PutTotal(6, "list", 2)
	m.PutPosition(6, "list", Position{11, 99})
	if _, ok := m.Total(6, "list"); ok || m.Before(6, "list", 12) != (Position{}) {
		t.Error("what is newer was given to an older View")
	}
	if n, ok := m.Total(7, "list"); n != 3 || !ok {
		t.Errorf("displaced: got %d, %v", n, ok)
	}
	if _, ok := m.Total(8, "list"); ok || m.Before(8, "list", 12) != (Position{}) {
		t.Error("what is older was given after a change")
	}
	if _, ok := m.Total(7, "list"); ok {
		t.Error("what is older was kept after a change")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := New()
	for i := range 5000 {
		m.PutTotal(1, fmt.Sprint(i), i)
		m.PutPosition(1, fmt.Sprint(i%200), Position{i, int64(i)})
		m.PutPosition(1, "walk", Position{i * 250, int64(i)})
	}
	if len(m.totals) > maxTotals || len(m.positions) > maxLists || len(m.positions["walk"].list) > maxPositions {
		t.Errorf("got %d totals, %d lists", len(m.totals), len(m.positions))
	}
	if n, ok := m.Total(1, "4999"); n != 4999 || !ok {
		t.Error("the newest is gone")
	}
}

// Thinned out, marks still cover the whole list, and the newest is exact.
func TestMarksCoverTheList(t *testing.T) {
	t.Parallel()
	m := New()
	for i := range 4000 {
		m.PutPosition(1, "walk", Position{i * 250, int64(i)})
		if got := m.Before(1, "walk", i*250+1); got != (Position{i * 250, int64(i)}) {
			t.Fatalf("at %d: got %v", i*250, got)
		}
	}
	for offset := 0; offset < 4000*250; offset += 999 {
		if got := m.Before(1, "walk", offset); got.Offset > offset || offset-got.Offset > 10_000 {
			t.Errorf("near %d: got %v", offset, got)
		}
	}
}

// Pages belong to one version, too, and long ones are not stored.
func TestPagesAreRemembered(t *testing.T) {
	t.Parallel()
	m := New()
	m.PutPage(3, "list", []int64{5, 4})
	if ids, ok := m.Page(3, "list"); !ok || len(ids) != 2 || ids[0] != 5 || m.Version() != 3 {
		t.Errorf("got %v, %v, of version %d", ids, ok, m.Version())
	}
	m.PutPage(2, "list", []int64{6})
	m.PutPage(3, "long", make([]int64, maxIDs+1))
	if _, ok := m.Page(3, "long"); ok {
		t.Error("a page that is too long was kept")
	}
	if ids, ok := m.Page(3, "list"); !ok || len(ids) != 2 {
		t.Errorf("displaced: got %v", ids)
	}
	if _, ok := m.Page(4, "list"); ok || m.Version() != 4 {
		t.Errorf("after a change: got a page; the version is %d", m.Version())
	}
}

// Different arguments are different lists, however they are written.
func TestKey(t *testing.T) {
	t.Parallel()
	if Key("a", []any{"b", "c"}) == Key("a", []any{`b" "c`}) || Key("a", []any{"b\x00"}) == Key("a",
		[]any{"b", ""}) {
		t.Error("two lists have one key")
	}
	if one, same := Key("a", []any{1}), Key("a", []any{1}); one != same {
		t.Errorf("one list has the keys %q and %q", one, same)
	}
}
