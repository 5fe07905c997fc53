// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"unicode/utf8"

	"gatehouse/internal/filter"
)

// Trigram is the length of the shortest text that an index of trigrams finds.
const Trigram = 3

// searchedTrigrams is how many trigrams an index is asked for by a whole filter. It needs
// memory and time for each, before the first row: on SQLite, 4000 took 4.6 s and 363 MB.
const searchedTrigrams = 32

// LongestSearched returns how many characters of each text an index of trigrams is asked
// for, so that all texts of a filter together have a bounded number of trigrams. A longer
// text is compared with the rows that the index finds for its end.
func LongestSearched(n filter.Node) int {
	searches := 0
	filter.Walk(n, func(c filter.Compare) {
		if c.Op == filter.Co && utf8.RuneCountInString(c.Value.Text) >= Trigram {
			searches++
		}
	})
	return max(searchedTrigrams/max(searches, 1), 1) + Trigram - 1
}

// EndOf returns the last characters of a text, at most so many. Names differ less at their
// beginning.
func EndOf(text string, longest int) string {
	runes := []rune(text)
	return string(runes[max(len(runes)-longest, 0):])
}
