// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// requestPagesStepwise walks generated lists by pages that look at a few rows each. Together
// the pages have all that match, in order; each has at most what it looked at, and the walk
// has as many pages as steps or full pages.
func requestPagesStepwise(t *testing.T, s tenancy.Store) {
	tab, page := requestTable(t, s), requestsAfter(s)
	g := generator{tab}
	rapid.Check(t, func(rt *rapid.T) {
		p := tenancy.PageParams{Filter: g.tree(rt, 3), Sort: g.sort(rt), Stepwise: true,
			Limit: rapid.IntRange(1, 5).Draw(rt, "limit"), LooksAt: rapid.IntRange(1, 7).Draw(rt, "looksAt")}
		want := tab.ids(tenancy.ListParams{Filter: p.Filter, Sort: p.Sort})
		rows := len(tab.ids(tenancy.ListParams{Sort: p.Sort}))
		var got []int64
		for pages := 1; ; pages++ {
			ids, next, err := page(p)
			if err != nil || len(ids) > min(p.Limit, p.LooksAt) {
				rt.Fatalf("page %+v\ngot %v, %v", p, ids, err)
			}
			got = append(got, ids...)
			if next == nil {
				break
			}
			if !next.Stepwise || pages > rows/p.LooksAt+len(want)/p.Limit+2 {
				rt.Fatalf("page %d %+v\nleads to %+v", pages, p, next)
			}
			p.After, p.Stepwise = next, next.Stepwise
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("%+v\ngot  %v\nwant %v", p, got, want)
		}
	})
}

// longParts looks for parts of names that are longer than what an index is asked for, and for
// many at once: what the index does not compare is compared with the rows.
func longParts(t *testing.T, s tenancy.Store) {
	ctx, end := context.Background(), strings.Repeat("ab cd%ef_gh\\", 16)
	var ids []int64
	for _, name := range []string{"x" + end, "y" + end, "x" + end + "z", "none"} {
		ids = append(ids, int64(file(t, s, tenancy.Request{Name: name, Status: "new", CreatedAt: moment(0)}).ID))
	}
	contains := func(text string) filter.Node {
		return filter.Compare{Property: tenancy.RequestProperties()["name"], Op: filter.Co,
			Value: filter.Value{Text: text}}
	}
	other := func(text string) string { return strings.Replace(text, "cd", "c%", 1) }
	many := filter.Or{}
	for i := range 60 {
		many.Terms = append(many.Terms, contains(fmt.Sprintf("%dd%%ef_gh", i)))
	}
	all := filter.And{Terms: []filter.Node{contains("x" + end), contains(end + "z"), contains("ab cd%ef_gh")}}
	for name, test := range map[string]struct {
		tree filter.Node
		want []int64
	}{
		"long": {contains("x" + end), []int64{ids[0], ids[2]}}, "longer": {contains(end + "z"), ids[2:3]},
		"another": {contains(other(end)), nil}, "too long": {contains(end + end), nil}, "all": {all, ids[2:3]},
		"not": {filter.Not{Term: contains("x" + end)}, []int64{ids[1], ids[3]}}, "many": {many, nil},
		"one of many": {filter.Or{Terms: append(many.Terms, contains("d%ef_gh\\ab"))}, ids[:3]},
		"either": {filter.Or{Terms: []filter.Node{contains("y" + end), contains("none")}},
			[]int64{ids[1], ids[3]}},
	} {
		var got, after []int64
		var total int
		err := s.Read(ctx, func(tx tenancy.Reader) error {
			byID := []filter.Sort{{Property: tenancy.RequestProperties()["id"]}}
			list, n, err := tx.Requests(ctx, tenancy.ListParams{Filter: test.tree, Sort: byID, Limit: 10})
			if err != nil {
				return err
			}
			page, err := tx.RequestsAfter(ctx, tenancy.PageParams{Filter: test.tree, Sort: byID, Limit: 10})
			got, after, total = nil, nil, n
			for _, r := range list {
				got = append(got, int64(r.ID))
			}
			for _, r := range page.Items {
				after = append(after, int64(r.ID))
			}
			return err
		})
		if err != nil || total != len(test.want) || !slices.Equal(got, test.want) ||
			!slices.Equal(after, test.want) {
			t.Errorf("%s: got %v, %v of %d (%v), want %v", name, got, after, total, err, test.want)
		}
	}
}
