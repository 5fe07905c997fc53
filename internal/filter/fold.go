// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns s in the form in which texts are compared: two texts are equal
// without regard to letter case and to what is not seen exactly if their folded
// forms have the same bytes. The same function folds literals and stored columns,
// so it must not change between releases without a migration that folds the
// columns again; see package refold.
//
// It leaves out what is [Ignorable], as UAX #31 and NFKC_Casefold do, folds case in
// full, and then composes (NFC). It is idempotent. Bytes that are not UTF-8 become
// U+FFFD. Text of ASCII without capitals is returned as it is.
func Fold(s string) string {
	if isASCII(s) {
		return lowerASCII(s)
	}
	return foldAll(visible(strings.ToValidUTF8(s, "\uFFFD")))
}

// FoldAll is Fold without leaving anything out. It finds what was stored when Fold
// did not either, and could not be folded again because the key was taken.
func FoldAll(s string) string {
	if isASCII(s) {
		return lowerASCII(s)
	}
	return foldAll(strings.ToValidUTF8(s, "\uFFFD"))
}

func foldAll(s string) string {
	// Unicode's canonical caseless match (D145) takes texts apart before folding:
	// the iota below a Greek letter folds to a letter of its own, and composed
	// first it would land on different sides of other marks. NFC comes last
	// because columns are better short, and "e" should not be found in "é".
	// The folder is made anew because a cases.Caser may not be shared.
	return norm.NFC.String(strings.Map(foldCherokee, cases.Fold().String(norm.NFD.String(s))))
}

// foldCherokee mends what package cases does to Cherokee, the one script that
// folds to capitals: it folds small letters to capitals, as it should, but
// capitals to small letters, so that the two would never meet.
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
