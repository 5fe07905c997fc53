// SPDX-License-Identifier: Apache-2.0

package tenancy

import "gatehouse/internal/filter"

// IDOrder asks for a page of a list of things whose ids begin with the time at which they were
// made. It is in the order of the ids, or sorted by a property.
type IDOrder struct {
	Filter filter.Node // nil: all
	// By is what the list is sorted by, and then by the id. An absent value is greater than
	// every other. Without a name, and for PropertyID and PropertyCreatedAt, the list is in
	// the order of its ids, which an index serves. No index serves the others: a list of more
	// than LooksAt rows, whether the filter holds of them or not, is not sorted by them.
	By        filter.Property
	Ascending bool         // by the id: the oldest first; else the newest
	After     string       // the IDPage.Next of the page before; "": from the beginning
	AfterKey  filter.Value // the IDPage.NextKey of the page before
	Limit     int
	// LooksAt is how many rows a page looks at whose rows an index does not find. If few of
	// them match, the page is short, and the next one goes on: what a page costs does not
	// grow with the list. Use cases set it.
	LooksAt int
}

// Sorted reports whether the order is another one than that of the ids.
func (o IDOrder) Sorted() bool {
	return o.By.Name != "" && o.By.Name != PropertyID && o.By.Name != PropertyCreatedAt
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

// IDPage is a page of a list that an IDOrder asks for.
type IDPage[T any] struct {
	Items []T
	// Next is where the next page begins; "": nothing follows. There may be fewer items than
	// were asked for.
	Next string
	// NextKey is the value of IDOrder.By there, in a list that is sorted by it. A time that
	// is absent is the zero time.
	NextKey filter.Value
}

// CutPage returns a page of the rows that an engine has read, which may be one more than
// were asked for. last is the last row that it looked at; "" for the end of the list.
func CutPage[T any](rows []T, o IDOrder, last string, id func(T) string) IDPage[T] {
	if len(rows) > o.Limit {
		return IDPage[T]{Items: rows[:o.Limit], Next: id(rows[o.Limit-1])}
	}
	return IDPage[T]{Items: rows, Next: last}
}

// Keyed is a row with its value of IDOrder.By.
type Keyed[T any] struct {
	Row T
	Key filter.Value
}

// CutSortedPage is CutPage for a list that is sorted by a property.
func CutSortedPage[T any](rows []Keyed[T], o IDOrder, id func(T) string) (page IDPage[T]) {
	if len(rows) > o.Limit {
		rows = rows[:o.Limit]
		last := rows[o.Limit-1]
		page.Next, page.NextKey = id(last.Row), last.Key
	}
	page.Items = make([]T, len(rows))
	for i, one := range rows {
		page.Items[i] = one.Row
	}
	return page
}
