// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"time"
	"unicode/utf8"

	"gatehouse/internal/filter"
	"gatehouse/internal/listmemory"
	"gatehouse/internal/sqltext"
)

// shorten returns the filter with the texts that the search index is asked for shortened.
// A longer text is compared as well, with the rows that the index finds.
func (q *lister) shorten(n filter.Node) filter.Node {
	switch n := n.(type) {
	case filter.And:
		var terms []filter.Node
		for _, term := range n.Terms {
			if inner, ok := q.shorten(term).(filter.And); ok {
				terms = append(terms, inner.Terms...)
			} else {
				terms = append(terms, q.shorten(term))
			}
		}
		return filter.And{Terms: terms}
	case filter.Or:
		terms := make([]filter.Node, len(n.Terms))
		for i, term := range n.Terms {
			terms[i] = q.shorten(term)
		}
		return filter.Or{Terms: terms}
	case filter.Not:
		return filter.Not{Term: q.shorten(n.Term)}
	case filter.Compare:
		if !q.isSearched(n) || utf8.RuneCountInString(n.Value.Text) <= q.longestSearched() {
			return n
		}
		short := n
		short.Value.Text = sqltext.EndOf(n.Value.Text, q.longest)
		return filter.And{Terms: []filter.Node{short, n}}
	}
	return n
}

// longestSearched returns how many characters of a text the search index is asked for. It
// depends on the filter that was asked for, not on those that are made of it.
func (q *lister) longestSearched() int {
	if q.longest == 0 {
		q.longest = sqltext.LongestSearched(q.p.Filter)
	}
	return q.longest
}

// isSearched reports whether a comparison is of the kind that the search index answers.
func (q *lister) isSearched(c filter.Compare) bool {
	return c.Op == filter.Co && !c.Value.Null && q.searchable() && q.properties[c.Property.Name] == q.searched
}

// countSearched counts what each search of a filter finds, so that the budget ends before
// statements that cannot be stopped: the index looks for a row with all trigrams of a text
// in one step.
func (q *lister) countSearched(n filter.Node) (err error) {
	if q.budget == nil || q.tableRows <= firstStep {
		return nil
	}
	filter.Walk(n, func(c filter.Compare) {
		if s, ok := q.searchOf(c); ok && err == nil {
			_, err = q.countMatches(s)
		}
	})
	return err
}

// firstStep is the number of ids that a count in steps begins with. A step that took less
// than quickStep is followed by one that is longer.
const (
	firstStep  = 32_768
	longerStep = 8
	quickStep  = time.Millisecond
)

// countMatches counts what the search index finds.
func (q *lister) countMatches(s search) (n int, err error) {
	text, args := s.count(q.search)
	return q.cachedTotal(listmemory.Key(text, args), func() (int, error) {
		if q.budget == nil || q.tableRows <= firstStep {
			return q.readNumber(text, args...)
		}
		return q.countInSteps(s)
	})
}

// countInSteps counts by ranges of ids. Between two of them the budget can end.
func (q *lister) countInSteps(s search) (total int, err error) {
	from, err := q.readNumber("SELECT coalesce(min(id), 0) FROM " + q.table)
	if err != nil {
		return 0, err
	}
	last, err := q.readNumber("SELECT coalesce(max(id), 0) FROM " + q.table)
	for step := firstStep; err == nil && from <= last; {
		began, n := q.budget.used(), 0
		n, err = q.readNumber("SELECT count(*) FROM "+q.search+" WHERE "+q.search+
			" MATCH ? AND rowid BETWEEN ? AND ?", s.words, from, from+step-1)
		total, from = total+n, from+step
		if q.budget.used()-began < quickStep {
			step *= longerStep
		}
		if err == nil {
			err = q.ctx.Err()
		}
	}
	if err != nil {
		return 0, err
	}
	pending, err := q.readNumber("SELECT count(*) FROM "+s.pending(q.search), s.texts...)
	return total + pending, err
}
