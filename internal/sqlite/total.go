// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"strings"
	"unicode/utf8"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/sqltext"
)

// phrase returns the words of the search index for rows that contain a text: its
// characters in a row, whatever they are. The index has no texts of less than three
// characters, and a zero byte would end the text.
func phrase(text string) (string, bool) {
	n := 0
	quoted := make([]byte, 0, len(text)+2)
	quoted = append(quoted, '"')
	for _, r := range text {
		switch r {
		case 0, utf8.RuneError:
			return "", false
		case '"':
			quoted = append(quoted, '"')
		}
		quoted = utf8.AppendRune(quoted, r)
		n++
	}
	return string(append(quoted, '"')), n >= sqltext.Trigram
}

// search is what rows must contain to be found: words for the index, and texts for the
// table of rows that are not in the index yet.
type search struct {
	words string // for the index; empty: it is not used
	texts []any  // for the table
}

// sql returns a statement for the ids, in a column called rowid. A row is either in the
// index or in the table.
func (s search) sql(index string) (text string, args []any) {
	return "SELECT rowid FROM " + index + " WHERE " + index + " MATCH ? UNION ALL SELECT id FROM " +
		s.pending(index), s.args()
}

// count returns a statement for the number of ids.
func (s search) count(index string) (text string, args []any) {
	return "SELECT (SELECT count(*) FROM " + index + " WHERE " + index +
		" MATCH ?) + (SELECT count(*) FROM " + s.pending(index) + ")", s.args()
}

func (s search) pending(index string) string {
	return index + "_pending WHERE " + strings.Repeat("instr(text, ?) > 0 AND ",
		len(s.texts)-1) + "instr(text, ?) > 0"
}

func (s search) args() []any { return append([]any{s.words}, s.texts...) }

// and looks for both.
func (s search) and(other search) search {
	if s.words == "" {
		return other
	}
	return search{s.words + " AND " + other.words, append(s.texts, other.texts...)}
}

// searchOf returns the search for a comparison, and whether the search index can answer
// it.
func (q *lister) searchOf(n filter.Node) (search, bool) {
	c, isCompare := n.(filter.Compare)
	if !isCompare || !q.isSearched(c) {
		return search{}, false
	}
	return searchFor(c.Value.Text, q.longestSearched())
}

// searchFor returns the search for a text of at most so many characters, and whether the
// index can find it.
func searchFor(text string, longest int) (search, bool) {
	words, ok := phrase(text)
	return search{words, []any{text}}, ok && utf8.RuneCountInString(text) <= longest
}

// total counts the rows of a tree in the cheapest way: from the numbers that triggers
// maintain, from the cache, or from parts that are counted separately.
func (q *lister) total(n filter.Node) (int, error) {
	if q.counts != nil && filter.Only(n, q.countedBy) {
		return q.sumCounts(n), nil
	}
	w, err := q.condition(n, true)
	if err != nil {
		return 0, err
	}
	return q.cachedTotal(listmemory.Key(w.Clause(), w.Args()), func() (int, error) { return q.count(n, w) })
}

// cachedTotal returns a cached total, or counts and caches it.
func (q *lister) cachedTotal(name string, count func() (int, error)) (int, error) {
	if q.cache == nil {
		return count()
	}
	if n, ok := q.cache.Total(q.version, name); ok {
		return n, nil
	}
	n, err := count()
	if err == nil {
		q.cache.PutTotal(q.version, name, n)
	}
	return n, err
}

// sumCounts adds the numbers of rows with each value that matches the tree.
func (q *lister) sumCounts(n filter.Node) (total int) {
	for value, count := range q.counts {
		if filter.Holds(n, value) {
			total += count
		}
	}
	return total
}

func (q *lister) count(n filter.Node, w *sqltext.Where) (int, error) {
	if s, ok := q.searchOf(n); ok {
		return q.countMatches(s)
	}
	if q.counts == nil {
		return q.readNumber("SELECT count(*) FROM "+q.table+w.Clause(), w.Args()...)
	}
	switch n := n.(type) {
	case filter.Not:
		some, err := q.total(n.Term)
		return q.tableRows - some, err
	case filter.Compare:
		if n.Op == filter.Ne && !n.Value.Null { // also of absent values
			n.Op = filter.Eq
			some, err := q.total(n)
			return q.tableRows - some, err
		}
	case filter.Or:
		a, b := n.Terms[0], n.Terms[1]
		if len(n.Terms) == 2 && (q.countsWithoutRows(a) || q.countsWithoutRows(b)) {
			return q.countEither(a, b)
		}
	case filter.And:
		return q.countBoth(n, w)
	}
	return q.readNumber("SELECT count(*) FROM "+q.table+w.Clause(), w.Args()...)
}

// countBoth counts a conjunction. Either it asks the search index and looks up each row
// for the other terms, which is expensive, or it walks an index through the rows that
// match the terms about the countedBy property.
func (q *lister) countBoth(n filter.And, w *sqltext.Where) (int, error) {
	d, rest, err := q.splitTerms(n.Terms)
	switch {
	case err != nil:
		return 0, err
	case d.words == "":
		return q.readNumber("SELECT count(*) FROM "+q.table+w.Clause(), w.Args()...)
	case len(rest) == 0:
		return d.rows, nil
	}
	if d.rows > q.walkedRows()/scanFactor {
		plain, err := q.condition(n, false)
		if err != nil {
			return 0, err
		}
		return q.readNumber("SELECT count(*) FROM "+q.table+plain.Clause(), plain.Args()...)
	}
	w, err = q.conditionOf(rest)
	if err != nil {
		return 0, err
	}
	s := q.indexedRows(d, w)
	return q.readNumber("SELECT count(*)"+s.sql, s.args...)
}

// scanFactor is how many entries of an index can be read at the price of one row that is
// fetched by its id.
const scanFactor = 32

// countsWithoutRows reports whether a term is counted without reading rows.
func (q *lister) countsWithoutRows(n filter.Node) bool {
	_, found := q.searchOf(n)
	return found || filter.Only(n, q.countedBy)
}

// countEither counts the rows that match one term or the other: the sum of both, less
// those that match both.
func (q *lister) countEither(a, b filter.Node) (int, error) {
	total := 0
	for _, part := range []struct {
		n    filter.Node
		sign int
	}{{a, 1}, {b, 1}, {filter.And{Terms: []filter.Node{a, b}}, -1}} {
		n, err := q.total(part.n)
		if err != nil {
			return 0, err
		}
		total += part.sign * n
	}
	return total, nil
}

// indexMatch is the search for all terms of a conjunction that the search index can
// answer, and how many rows it finds.
type indexMatch struct {
	search
	rows int
}

// splitTerms splits a conjunction into the terms that the search index can answer and the
// rest.
func (q *lister) splitTerms(terms []filter.Node) (d indexMatch, rest []filter.Node, err error) {
	for _, term := range terms {
		if s, ok := q.searchOf(term); ok {
			d.search = d.and(s)
		} else {
			rest = append(rest, term)
		}
	}
	if d.words == "" {
		return d, rest, nil
	}
	d.rows, err = q.countMatches(d.search)
	return d, rest, err
}

// conditionOf returns the condition that all terms hold.
func (q *lister) conditionOf(terms []filter.Node) (*sqltext.Where, error) {
	w := sqltext.New(dialect{}, q.column)
	for _, term := range terms {
		if err := w.AndFilter(term); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// indexedRows returns the rest of a statement, from FROM on, for the rows that the search
// index finds and that meet the condition. CROSS makes SQLite begin with the search index.
func (q *lister) indexedRows(d indexMatch, w *sqltext.Where) statement {
	ids, args := d.sql(q.search)
	from := " FROM (" + ids + ") AS found CROSS JOIN " + q.table + " ON " + q.table + ".id = found.rowid"
	return statement{args: append(args, w.Args()...), sql: from + w.Clause()}
}
