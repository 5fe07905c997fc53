// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/sqltext"
)

// maxCost is the greatest estimated cost of a statement of a list, in the planner's units.
// A million rows of requests that are read one by one cost 45,000 and take 0.3 s of a
// processor.
const maxCost = 15_000

// cheapComparisons is how many comparisons a filter has whose costs the server estimates well
// enough. It takes the functions that compare parts of texts for as cheap as a sum: 64 of
// them with 10,000 rows cost 3,600 and take 0.2 s.
const cheapComparisons = 8

// The server's own estimate is asked for only of tables that have so many rows: those with
// fewer cannot cost as much. How many rows there are is found out again after a while.
const (
	manyRows  = 5_000
	countedIn = 10 * time.Second
)

// tableSize is about how many rows a table has.
type tableSize struct {
	rows   atomic.Int64
	readAt atomic.Int64 // Unix time in nanoseconds
}

// filteredRow is how many times the planner's cost of a row that is read for a filter alone the
// row really costs, by table. The planner takes all columns for as cheap, but those of an
// organization that filters compare are behind others which have to be passed: 100,000 of
// them cost 5,200 and take 0.18 s.
func filteredRow(table string) float64 {
	if table == "organizations" {
		return 4
	}
	return 1
}

// estimate is what EXPLAIN says, as far as it is used.
type estimate []struct{ Plan planNode }

type planNode struct {
	Node      string  `json:"Node Type"`
	Place     string  `json:"Parent Relationship"`
	Cost      float64 `json:"Total Cost"`
	Filter    string  `json:"Filter"`
	Condition string  `json:"Index Cond"`
	Plans     []planNode
}

// filtered returns the cost of reading rows that no index has found, to compare each with a
// filter. The rows under a limit do not count, since reading them may end early; those of a
// total, which is a plan of its own there, do.
func (p planNode) filtered() (cost float64) {
	switch p.Node {
	case "Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan":
		if p.Filter != "" && !p.indexed() {
			return p.Cost
		}
	}
	for _, part := range p.Plans {
		if p.Node != "Limit" || part.Place != "Outer" {
			cost += part.filtered()
		}
	}
	return cost
}

// presorted returns the cost of the rows that an index has in the order of the first keys only.
// All of them may be equal in these, and then all are read and sorted, whatever the limit is.
func (p planNode) presorted() (cost float64) {
	for _, part := range p.Plans {
		cost += part.presorted()
		if p.Node == "Incremental Sort" {
			cost += part.Cost
		}
	}
	return cost
}

// indexed reports whether an index finds the rows, by more than that they are in it.
func (p planNode) indexed() bool {
	return p.Condition != "" || slices.ContainsFunc(p.Plans, planNode.indexed)
}

// tooExpensive reports whether the server expects a statement of a list to cost too much. A
// list by one property without a filter does not: its pages are found by an index.
func (t *tx) tooExpensive(ctx context.Context, l listing, f filter.Node, keys int, s statement) (bool,
	error) {
	if t.cache == nil || f == nil && keys < 2 {
		return false, nil
	}
	if large, err := t.isLarge(ctx, l.table); err != nil || !large {
		return false, err
	}
	s.query = "EXPLAIN (FORMAT JSON) " + s.query
	var plan string
	read := first(sqltext.Value[string], &plan, nil)
	if err := t.run(ctx, "estimate the list "+l.table, step{s, read}); err != nil {
		return false, err
	}
	var e estimate
	if err := json.Unmarshal([]byte(plan), &e); err != nil || len(e) != 1 {
		return false, t.fail("estimate the list "+l.table, errors.Join(errors.New("no plan"), err))
	}
	cost := e[0].Plan.Cost + (filteredRow(l.table)-1)*e[0].Plan.filtered()
	if keys > 1 {
		cost += e[0].Plan.presorted()
	}
	return cost > t.store.maxCost/float64(1+filter.Comparisons(f)/cheapComparisons), nil
}

// isLarge reports whether a table has many rows.
func (t *tx) isLarge(ctx context.Context, table string) (bool, error) {
	size, counted := t.store.sizes[table]
	if !counted { // a few rows, such as operators
		return false, nil
	}
	if now := time.Now().UnixNano(); now-size.readAt.Load() > int64(countedIn) {
		var rows int64
		s := statement{"SELECT reltuples::bigint FROM pg_class WHERE oid = $1::regclass", []any{table}}
		if err := t.run(ctx, "count "+table, step{s, first(sqltext.Value[int64], &rows, nil)}); err != nil {
			return false, err
		}
		if rows < 0 { // nobody has counted them yet
			rows = manyRows
		}
		size.rows.Store(rows)
		size.readAt.Store(now)
	}
	return size.rows.Load() >= manyRows, nil
}
