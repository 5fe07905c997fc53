// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// stateCount is one value of the countedBy property. A column of list_counts has the
// number of rows with it.
type stateCount struct {
	value  string // folded
	column string // of list_counts
}

// storedTotal returns the expression over list_counts for the number of rows, and whether
// there is one: for the whole list, and for a filter that depends on the countedBy
// property alone.
func (l listing) storedTotal(p tenancy.ListParams) (sum string, ok bool) {
	if p.Scope != tenancy.RootID || len(l.stateCounts) == 0 || !filter.Only(p.Filter, l.countedBy) {
		return "", false
	}
	var columns []string
	for _, t := range l.stateCounts {
		if filter.Holds(p.Filter, t.value) {
			columns = append(columns, t.column)
		}
	}
	if len(columns) == 0 {
		return "0::bigint", true
	}
	return "sum(" + strings.Join(columns, " + ") + ")::bigint", true
}

// totalQuery returns the beginning of a statement: one row, counted, with the table's
// version and how many rows match. The cached total is used if it is of this version;
// otherwise, and only then, the rows are counted. It must be one statement, because a Read
// sees one state only within a statement. The arguments begin with those of the condition.
func (l listing) totalQuery(q query, k *cachedTotal) (text string, args []any) {
	args = slices.Clone(q.args)
	version := "sum(" + l.version + ")::bigint"
	switch {
	case q.totalStored:
		text = "SELECT " + version + " AS version, " + q.count + " AS total FROM list_counts"
	case k == nil: // in an Update; of the version nothing depends
		text = "SELECT 0::bigint AS version, " + q.count + " AS total"
	default:
		total := q.count
		if k.valid {
			args = append(args, k.version, k.total)
			total = fmt.Sprintf("CASE WHEN version = $%d::bigint THEN $%d::bigint ELSE %s END", len(args)-1,
				len(args), q.count)
		}
		text = "SELECT version, " + total + " AS total FROM (SELECT " + version +
			" AS version FROM list_counts) AS v"
	}
	return "WITH counted AS MATERIALIZED (" + text + ") ", args
}
