// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"strings"
	"unicode/utf8"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/sqltext"
)

// trigram is the shortest text the search index finds, in characters.
const trigram = 3

// phrase gives the search index's words for rows that contain a text: its
// characters in a row, whatever they are. Shorter texts it does not know, and a
// zero byte would end the text.
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
	return string(append(quoted, '"')), n >= trigram
}

// search is what the rows of the search index must contain, one way and the
// other: an index of what was found at first, and a table of what is new.
type search struct {
	words string // for the index; empty: it is not asked
	texts []any  // for the table
}

// sql gives the ids, in a column called rowid. A row is in one of the two.
func (s search) sql(index string) (text string, args []any) {
	return "SELECT rowid FROM " + index + " WHERE " + index + " MATCH ? UNION ALL SELECT id FROM " + s.pending(index), s.args()
}

// count gives the number of ids.
func (s search) count(index string) (text string, args []any) {
	return "SELECT (SELECT count(*) FROM " + index + " WHERE " + index + " MATCH ?) + (SELECT count(*) FROM " + s.pending(index) + ")", s.args()
}

func (s search) pending(index string) string {
	return index + "_pending WHERE " + strings.Repeat("instr(text, ?) > 0 AND ", len(s.texts)-1) + "instr(text, ?) > 0"
}

func (s search) args() []any { return append([]any{s.words}, s.texts...) }

// and looks for both.
func (s search) and(other search) search {
	if s.words == "" {
		return other
	}
	return search{s.words + " AND " + other.words, append(s.texts, other.texts...)}
}

// found gives what to look for when the search index can answer a comparison.
func (q *lister) found(n filter.Node) (search, bool) {
	c, isCompare := n.(filter.Compare)
	if !isCompare || c.Op != filter.Co || c.Value.Null || !q.searchable() {
		return search{}, false
	}
	if q.properties[c.Property.Name] != q.searched {
		return search{}, false
	}
	return searchFor(c.Value.Text)
}

// searchFor gives what to look for, unless the text is none the index finds.
func searchFor(text string) (search, bool) {
	words, ok := phrase(text)
	return search{words, []any{text}}, ok
}

// total counts the rows of a tree, in the cheapest way that is known: from the
// kept counts; from memory; from parts that can be counted apart.
func (q *lister) total(n filter.Node) (int, error) {
	if q.counts != nil && filter.Only(n, q.kept) {
		return q.sum(n), nil
	}
	w, err := q.condition(n, true)
	if err != nil {
		return 0, err
	}
	return q.remembered(listmemory.Key(w.Clause(), w.Args()), func() (int, error) { return q.count(n, w) })
}

// remembered asks the memory before it counts.
func (q *lister) remembered(name string, count func() (int, error)) (int, error) {
	if q.memory == nil {
		return count()
	}
	if n, ok := q.memory.Total(q.version, name); ok {
		return n, nil
	}
	n, err := count()
	if err == nil {
		q.memory.PutTotal(q.version, name, n)
	}
	return n, err
}

// sum adds up the kept counts of the values for which the tree holds.
func (q *lister) sum(n filter.Node) (total int) {
	for value, count := range q.counts {
		if filter.Holds(n, value) {
			total += count
		}
	}
	return total
}

func (q *lister) count(n filter.Node, w *sqltext.Where) (int, error) {
	if s, ok := q.found(n); ok {
		return q.matches(s)
	}
	if q.counts == nil {
		return q.number("SELECT count(*) FROM "+q.table+w.Clause(), w.Args()...)
	}
	switch n := n.(type) {
	case filter.Not:
		some, err := q.total(n.Term)
		return q.all - some, err
	case filter.Or:
		if a, b := n.Terms[0], n.Terms[1]; len(n.Terms) == 2 && (q.apart(a) || q.apart(b)) {
			return q.either(a, b)
		}
	case filter.And:
		return q.both(n, w)
	}
	return q.number("SELECT count(*) FROM "+q.table+w.Clause(), w.Args()...)
}

// both counts a conjunction: by the search index, which is dear for each row that
// must be looked up for the other terms, or by walking what the terms about the
// kept property leave of an index.
func (q *lister) both(n filter.And, w *sqltext.Where) (int, error) {
	d, rest, err := q.driver(n.Terms)
	switch {
	case err != nil:
		return 0, err
	case d.words == "":
		return q.number("SELECT count(*) FROM "+q.table+w.Clause(), w.Args()...)
	case len(rest) == 0:
		return d.rows, nil
	}
	if d.rows > q.base()/scanFactor {
		plain, err := q.condition(n, false)
		if err != nil {
			return 0, err
		}
		return q.number("SELECT count(*) FROM "+q.table+plain.Clause(), plain.Args()...)
	}
	s, err := q.driven(d, rest)
	if err != nil {
		return 0, err
	}
	return q.number("SELECT count(*)"+s.sql, s.args...)
}

// scanFactor is how many entries of an index can be looked at for the price of a
// row that is fetched by its id.
const scanFactor = 32

// apart tells whether a term is counted without looking at rows.
func (q *lister) apart(n filter.Node) bool {
	_, found := q.found(n)
	return found || filter.Only(n, q.kept)
}

// either counts the rows of one term or the other: both counted apart, less
// those that were counted twice.
func (q *lister) either(a, b filter.Node) (int, error) {
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

// drive is what the search index can tell of a conjunction: what all terms it
// knows look for, and how many rows have it.
type drive struct {
	search
	rows int
}

// driver splits a conjunction into what the search index knows and the rest.
func (q *lister) driver(terms []filter.Node) (d drive, rest []filter.Node, err error) {
	for _, term := range terms {
		if s, ok := q.found(term); ok {
			d.search = d.and(s)
		} else {
			rest = append(rest, term)
		}
	}
	if d.words == "" {
		return d, rest, nil
	}
	d.rows, err = q.matches(d.search)
	return d, rest, err
}

// matches counts what the search index finds.
func (q *lister) matches(s search) (n int, err error) {
	text, args := s.count(q.search)
	return q.remembered(listmemory.Key(text, args), func() (int, error) { return q.number(text, args...) })
}

// driven gives the rest of a statement, from FROM on, for the rows of all terms.
// CROSS keeps SQLite from beginning at the other end.
func (q *lister) driven(d drive, rest []filter.Node) (statement, error) {
	w := sqltext.New(dialect{}, q.column)
	for _, term := range rest {
		if err := w.AndFilter(term); err != nil {
			return statement{}, err
		}
	}
	ids, args := d.sql(q.search)
	return statement{args: append(args, w.Args()...), sql: " FROM (" + ids + ") AS found CROSS JOIN " + q.table +
		" ON " + q.table + ".id = found.rowid" + w.Clause()}, nil
}
