// SPDX-License-Identifier: Apache-2.0

package postgres

import "testing"

// What the planner has for too cheap counts for what it is: rows that a filter alone looks at,
// and rows that are sorted although a limit is above. What an index finds does not.
func TestCostsOfPlans(t *testing.T) {
	t.Parallel()
	const filtered = "(strpos(name, 'x') > 0)"
	scan := planNode{Node: "Index Scan", Place: "Outer", Cost: 100, Filter: filtered}
	groups := planNode{Node: "Incremental Sort", Place: "Outer", Cost: 150, Plans: []planNode{scan}}
	total := planNode{Node: "Subquery Scan", Place: "InitPlan", Plans: []planNode{scan}}
	for name, c := range map[string]struct {
		plan                planNode
		filtered, presorted float64
	}{
		"a filter":          {planNode{Node: "Aggregate", Cost: 101, Plans: []planNode{scan}}, 100, 0},
		"a table":           {planNode{Node: "Seq Scan", Cost: 70, Filter: filtered}, 70, 0},
		"under a limit":     {planNode{Node: "Limit", Cost: 2, Plans: []planNode{scan}}, 0, 0},
		"a total":           {planNode{Node: "Limit", Cost: 2, Plans: []planNode{total, scan}}, 100, 0},
		"no filter":         {planNode{Node: "Index Scan", Cost: 100}, 0, 0},
		"found by an index": {planNode{Node: "Index Scan", Cost: 9, Filter: filtered, Condition: "(id > 7)"}, 0, 0},
		"found by a bitmap": {planNode{Node: "Bitmap Heap Scan", Cost: 9, Filter: filtered,
			Plans: []planNode{{Condition: "(a = 1)"}}}, 0, 0},
		"a bitmap of all": {planNode{Node: "Bitmap Heap Scan", Cost: 9, Filter: filtered, Plans: []planNode{{}}},
			9, 0}, "sorted in groups": {planNode{Node: "Limit", Cost: 3, Plans: []planNode{groups}}, 0, 100},
		"sorted as a whole": {planNode{Node: "Sort", Cost: 150, Plans: []planNode{scan}}, 100, 0},
	} {
		if got := c.plan.filtered(); got != c.filtered {
			t.Errorf("%s: reading for a filter costs %v, want %v", name, got, c.filtered)
		}
		if got := c.plan.presorted(); got != c.presorted {
			t.Errorf("%s: sorting in groups costs %v, want %v", name, got, c.presorted)
		}
	}
}
