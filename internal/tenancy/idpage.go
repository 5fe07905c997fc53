// SPDX-License-Identifier: Apache-2.0

package tenancy

import "gatehouse/internal/filter"

// IDOrder asks for a page of a list that is in the order of its ids. These begin with the
// time at which a thing was made.
type IDOrder struct {
	Filter filter.Node // nil: all
	Oldest bool        // the oldest first; else the newest
	After  string      // the IDPage.Next of the page before; "": from the beginning
	Limit  int
	// LooksAt is how many rows a page looks at whose rows an index does not find. If few of
	// them match, the page is short, and the next one goes on: what a page costs does not
	// grow with the list. Use cases set it.
	LooksAt int
}

// A page looks at so many rows, and makes at most so many comparisons with them: 64 of the
// most expensive ones with 10,000 rows take 180 ms.
const (
	looksAt      = 10_000
	comparesWith = 160_000
)

// rowsLookedAt returns the number of rows that a page with a filter looks at.
func rowsLookedAt(n filter.Node) int {
	return min(looksAt, comparesWith/max(filter.Comparisons(n), 1))
}

// bounded returns the order within the bounds of a page.
func (o IDOrder) bounded() IDOrder {
	o.Limit, o.LooksAt = pageSize(o.Limit), rowsLookedAt(o.Filter)
	return o
}

// IDPage is a page of a list in the order of its ids.
type IDPage[T any] struct {
	Items []T
	Next  string // where the next page begins; "": nothing follows. There may be fewer items than were asked for.
}

// CutPage returns a page of the rows that an engine has read, which may be one more than
// were asked for. last is the last row that it looked at; "" for the end of the list.
func CutPage[T any](rows []T, o IDOrder, last string, id func(T) string) IDPage[T] {
	if len(rows) > o.Limit {
		return IDPage[T]{rows[:o.Limit], id(rows[o.Limit-1])}
	}
	return IDPage[T]{rows, last}
}
