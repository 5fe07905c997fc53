// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// listing says what a list is made of.
type listing struct {
	table       string
	columns     string            // what is selected
	always      string            // a condition on all rows, or empty
	scope       string            // the column with the organization
	properties  map[string]string // the column of each property
	countedBy   string            // the property whose values are tallied
	stateCounts []stateCount      // all its values
	version     string            // the column of list_counts whose sum is the table's version
}

// query is a compiled ListParams.
type query struct {
	where       string // " WHERE …" or empty
	order       sqltext.Order
	count       string // the expression for how many match
	totalStored bool   // it is one over list_counts
	args        []any  // of where
}

// deepOffset is the offset from which on the ids of a page are found first. An index alone
// is cheaper to walk than the rows it points to.
const deepOffset = 1000

// longColumn is too long for an index, which has its beginning only. The beginning is the
// first key, so rows come in order from the index, and only rows with the same beginning
// have to be sorted.
const longColumn = "description_folded"

// indexed is how many characters of a long column its index has.
const indexed = 400

// listColumn reports whether a column holds a list of texts. Lists are sorted by the
// beginning alone, which the index has: most rows have no list, so many beginnings are
// equal.
func listColumn(column string) bool {
	switch column {
	case "email_domains_folded", "contact_names_folded", "contact_emails_folded":
		return true
	}
	return false
}

// compile makes the parts of a statement.
func (l listing) compile(p tenancy.ListParams) (query, error) {
	column := func(p filter.Property) (sqltext.Column, error) { return sqltext.ColumnOf(l.properties, p) }
	w, err := l.condition(p.Scope, p.Filter, column)
	if err != nil {
		return query{}, err
	}
	order, err := sqltext.NewOrder(p.Sort, column, sortedBy)
	if err != nil {
		return query{}, err
	}
	q := query{where: w.Clause(), order: order, args: w.Args()}
	if q.count, q.totalStored = l.storedTotal(p); !q.totalStored {
		q.count = "(SELECT count(*) FROM " + l.table + q.where + ")"
	}
	return q, nil
}

// condition returns the condition for the rows of a list.
func (l listing) condition(scope tenancy.OrganizationID, f filter.Node,
	column sqltext.Columns) (*sqltext.Where, error) {
	w := sqltext.New(dialect{sqltext.LongestSearched(f)}, column)
	if l.always != "" {
		w.And(l.always)
	}
	if scope != tenancy.RootID {
		w.And(l.scope+" = ?", int64(scope))
	}
	return w, w.AndFilter(f)
}

// sortedBy returns the expressions of a column's index.
func sortedBy(c sqltext.Column) (expressions []string) {
	if c.Optional {
		expressions = append(expressions, isAbsent(c.Name))
	}
	if c.Name == longColumn || listColumn(c.Name) {
		expressions = append(expressions, fmt.Sprintf("left(%s, %d)", c.Name, indexed))
	}
	if !listColumn(c.Name) {
		expressions = append(expressions, c.Name)
	}
	return expressions
}

// page returns the statement for one page. Each row begins with the version and the total
// (see totalQuery), because one statement sees one state, in an Update, too. The arguments
// are those of totalQuery, the limit, the offset, and the id of the position.
func (l listing) page(q query, k *cachedTotal, s pageRange) (text string, args []any) {
	head, args := l.totalQuery(q, k)
	head += "SELECT (SELECT version FROM counted), (SELECT total FROM counted), " + l.columns +
		" FROM " + l.table
	args = append(args, s.limit, s.offset)
	limited := fmt.Sprintf(" LIMIT $%d::bigint OFFSET $%d::bigint", len(args)-1, len(args))
	condition := q.where
	if !s.fromEnd && s.from.ID != 0 {
		args = append(args, s.from.ID)
		condition += q.and() + q.order.From(l.table, dialect{}.Placeholder(len(args)))
	}
	order := q.order.SQL(s.fromEnd) + limited
	if s.fromEnd || s.offset >= deepOffset {
		return head + " JOIN (SELECT id FROM " + l.table + condition + order + ") AS page USING (id)" +
			q.order.SQL(false), args
	}
	return head + condition + order, args
}

// and returns the word that begins a further condition.
func (q query) and() string {
	if q.where == "" {
		return " WHERE "
	}
	return " AND "
}

// pageRange says how a page is reached: from the start, from the end of a list whose total
// is known, or from a cached position. The order is total, so it is the same page.
type pageRange struct {
	limit, offset int
	fromEnd       bool
	total         int                 // that the list must have, if back
	from          listmemory.Position // no ID: none
	version       int64               // that the table must have, if from
}

// fromNearerEnd returns the range from the start or from the end, whichever is nearer.
func (s pageRange) fromNearerEnd(total int) pageRange {
	if s.offset <= total/2 || s.offset >= total {
		return s
	}
	left := total - s.offset
	return pageRange{limit: min(s.limit, left), offset: max(left-s.limit, 0), fromEnd: true, total: total}
}

// isRightPage reports whether the range leads to the wanted page, now that the version and
// the total are known.
func (s pageRange) isRightPage(to listState) bool {
	return (!s.fromEnd || s.total == to.total) && (s.from.ID == 0 || s.version == to.version)
}
