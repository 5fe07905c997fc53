// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// tally is a part of a list whose number of rows is kept in list_counts: those
// with one value of the list's property of state.
type tally struct {
	value  string // folded
	column string // of list_counts
}

// kept gives the query for the number of rows, when it is known without
// counting: of the whole list, or of a filter that is decided by the state alone.
func (l listing) kept(p tenancy.ListParams) (sum string, ok bool) {
	if p.Scope != tenancy.RootID || len(l.tallies) == 0 || !filter.Only(p.Filter, l.state) {
		return "", false
	}
	var columns []string
	for _, t := range l.tallies {
		if filter.Holds(p.Filter, t.value) {
			columns = append(columns, t.column)
		}
	}
	if len(columns) == 0 {
		return "SELECT 0::bigint", true
	}
	return "SELECT sum(" + strings.Join(columns, " + ") + ")::bigint FROM list_counts", true
}
