// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"slices"
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

// kept gives the expression over list_counts for the number of rows, when it is
// known without counting: of the whole list, or of a filter that is decided by the
// state alone.
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
		return "0::bigint", true
	}
	return "sum(" + strings.Join(columns, " + ") + ")::bigint", true
}

// counted gives the beginning of a statement: counted is one row, the table's version
// and how many match. What is remembered is taken when it is of this version;
// else, and only then, the rows are counted. Version and rows are seen in one
// state, which is why it has to be one statement: a Read has no other. The
// arguments begin with those of where.
func (l listing) counted(q query, k *recalled) (text string, args []any) {
	args = slices.Clone(q.args)
	version := "sum(" + l.version + ")::bigint"
	switch {
	case q.known:
		text = "SELECT " + version + " AS version, " + q.count + " AS total FROM list_counts"
	case k == nil: // in an Update; of the version nothing depends
		text = "SELECT 0::bigint AS version, " + q.count + " AS total"
	default:
		total := q.count
		if k.known {
			args = append(args, k.version, k.total)
			total = fmt.Sprintf("CASE WHEN version = $%d::bigint THEN $%d::bigint ELSE %s END", len(args)-1, len(args), q.count)
		}
		text = "SELECT version, " + total + " AS total FROM (SELECT " + version + " AS version FROM list_counts) AS v"
	}
	return "WITH counted AS MATERIALIZED (" + text + ") ", args
}
