// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"unicode/utf8"

	"gatehouse/internal/filter"
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

// found gives the words for a comparison that the search index can answer.
func (q *lister) found(n filter.Node) (words string, ok bool) {
	c, isCompare := n.(filter.Compare)
	if !isCompare || c.Op != filter.Co || c.Value.Null || !q.searchable() {
		return "", false
	}
	if column, known := q.column(c.Property.Name); !known || column != q.searched {
		return "", false
	}
	return phrase(c.Value.Text)
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
	name := key(w.clause(), w.args)
	if q.memory != nil {
		if n, ok := q.memory.total(q.version, name); ok {
			return n, nil
		}
	}
	total, err := q.count(n, w)
	if err == nil && q.memory != nil {
		q.memory.putTotal(q.version, name, total)
	}
	return total, err
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

func (q *lister) count(n filter.Node, w where) (int, error) {
	if words, ok := q.found(n); ok {
		return q.number("SELECT count(*) FROM "+q.search+" WHERE "+q.search+" MATCH ?", words)
	}
	if q.counts == nil {
		return q.number("SELECT count(*) FROM "+q.table+w.clause(), w.args...)
	}
	switch n := n.(type) {
	case filter.Not:
		some, err := q.total(n.Term)
		return q.all - some, err
	case filter.Or:
		if a, b := n.Terms[0], n.Terms[1]; len(n.Terms) == 2 && q.apart(a) && q.apart(b) {
			return q.either(a, b)
		}
	case filter.And:
		drive, err := q.driver(n.Terms)
		if err != nil {
			return 0, err
		}
		if drive.words != "" {
			s, err := q.driven(n.Terms, drive)
			if err != nil {
				return 0, err
			}
			return q.number("SELECT count(*)"+s.sql, s.args...)
		}
	}
	return q.number("SELECT count(*) FROM "+q.table+w.clause(), w.args...)
}

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

// drive is the term of a conjunction whose rows the search index gives, and how
// many these are. The others are then judged row by row.
type drive struct {
	term  int
	words string // empty: there is no such term
	rows  int
}

// driver finds the term with the fewest rows.
func (q *lister) driver(terms []filter.Node) (best drive, err error) {
	for i, term := range terms {
		words, ok := q.found(term)
		if !ok {
			continue
		}
		rows, err := q.total(term)
		if err != nil {
			return best, err
		}
		if best.words == "" || rows < best.rows {
			best = drive{i, words, rows}
		}
	}
	return best, nil
}

// driven gives the rest of a statement, from FROM on, for the rows of all terms.
// CROSS keeps SQLite from beginning at the other end.
func (q *lister) driven(terms []filter.Node, d drive) (statement, error) {
	w := where{columns: q.column}
	w.link()
	w.add(q.search+" MATCH ?", d.words)
	for i, term := range terms {
		if i == d.term {
			continue
		}
		w.link()
		if err := w.terms("", []filter.Node{term}); err != nil {
			return statement{}, err
		}
	}
	return statement{sql: " FROM " + q.search + " CROSS JOIN " + q.table + " ON " + q.table + ".id = " + q.search + ".rowid" + w.clause(), args: w.args}, nil
}
