// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns s in the form in which texts are compared. Two texts are equal, without
// letter case and invisible characters, exactly if their folded forms have the same
// bytes. The same function folds literals and stored columns, so it must not change
// between releases without a migration that folds the columns again; see package migration.
//
// It removes what is [Ignorable], as UAX #31 and NFKC_Casefold do, folds case in
// full, and then composes (NFC). It is idempotent. Bytes that are not UTF-8 become
// U+FFFD. Between more than 30 marks there may be a U+034F, by package norm. Text of
// ASCII without capitals is returned as it is.
func Fold(s string) string {
	if isASCII(s) {
		return lowerASCII(s)
	}
	s = visible(strings.ToValidUTF8(s, "\uFFFD"))
	// Unicode's canonical caseless match (D145) decomposes texts before folding: the
	// iota below a Greek letter folds to a letter of its own, and without decomposition
	// its order relative to other marks would vary. NFC is last, because columns should
	// be short and "e" should not be found in "é".
	return norm.NFC.String(decomposed(foldCase(decomposed(s))))
}

// FoldAll is Fold as it was before it removed ignorable characters. It finds texts that
// were stored then and could not be folded again because another row had the key.
func FoldAll(s string) string {
	if isASCII(s) {
		return lowerASCII(s)
	}
	return norm.NFC.String(foldCase(norm.NFD.String(strings.ToValidUTF8(s, "\uFFFD"))))
}

// foldCase makes a folder each time because a cases.Caser may not be shared.
func foldCase(s string) string { return strings.Map(foldCherokee, cases.Fold().String(s)) }

// decomposed is NFD of a text without what is ignorable. Package norm puts U+034F
// between marks of which more than 30 follow each other (UAX #15, stream-safe text)
// and orders those on each side of it alone, depending on how they were composed.
func decomposed(s string) string {
	const joiner = '\u034F'
	s = norm.NFD.String(s)
	if !strings.ContainsRune(s, joiner) {
		return s
	}
	runes := []rune(visible(s))
	class := func(r rune) int { return int(norm.NFD.PropertiesString(string(r)).CCC()) }
	for start := 0; start < len(runes); start++ {
		end := start
		for end < len(runes) && class(runes[end]) > 0 {
			end++
		}
		slices.SortStableFunc(runes[start:end], func(a, b rune) int { return class(a) - class(b) })
		start = end
	}
	return string(runes)
}

// foldCherokee corrects package cases for Cherokee, the one script that folds to capitals.
// The package folds small letters to capitals, which is right, but capitals to small
// letters, so that the two would never be equal.
func foldCherokee(r rune) rune {
	if r >= '\u13A0' && unicode.Is(unicode.Cherokee, r) {
		return unicode.ToUpper(r)
	}
	return r
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
