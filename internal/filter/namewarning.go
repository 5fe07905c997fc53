// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// NameWarning says why a name may be another one than people read. Honest names may have one,
// too.
type NameWarning string

// The warnings.
const (
	// MixedScripts: a word has letters of two writing systems, which is not OneScript.
	MixedScripts NameWarning = "mixedScripts"
	// LooksLatin: all letters of another script look like Latin ones.
	LooksLatin NameWarning = "looksLatin"
	// VariantCharacters: full-width, mathematical or other variants of common letters and digits.
	VariantCharacters NameWarning = "variantCharacters"
	// InvisibleCharacters: characters that are not seen, where no script needs them.
	InvisibleCharacters NameWarning = "invisibleCharacters"
	// UnusualSpaces: blanks that are no common space, or several in a row.
	UnusualSpaces NameWarning = "unusualSpaces"
	// UnusualMarks: accents without a letter, one twice, or more than four on a letter.
	UnusualMarks NameWarning = "unusualMarks"
	// MixedDigits: digits of two systems.
	MixedDigits NameWarning = "mixedDigits"
)

// NameWarnings lists every warning, in the order in which WarningsOf returns them.
func NameWarnings() []NameWarning {
	return []NameWarning{MixedScripts, LooksLatin, VariantCharacters, InvisibleCharacters, UnusualSpaces,
		UnusualMarks, MixedDigits}
}

// WarningsOf returns the warnings about a name; nil for most.
func WarningsOf(name string) (found []NameWarning) {
	if isASCII(name) {
		if strings.Contains(name, "  ") {
			found = append(found, UnusualSpaces)
		}
		return found
	}
	seen := norm.NFC.String(visible(strings.ToValidUTF8(name, "\uFFFD")))
	checks := map[NameWarning]func() bool{
		MixedScripts:        func() bool { return mixesScripts(seen) },
		LooksLatin:          func() bool { return looksLatin(seen) },
		VariantCharacters:   func() bool { return strings.ContainsFunc(seen, isVariant) },
		InvisibleCharacters: func() bool { return hasNeedlessInvisible([]rune(name)) },
		UnusualSpaces:       func() bool { return hasUnusualSpace([]rune(seen)) },
		UnusualMarks:        func() bool { return hasUnusualMark([]rune(norm.NFD.String(seen))) },
		MixedDigits:         func() bool { return mixesDigits(seen) },
	}
	for _, w := range NameWarnings() {
		if checks[w]() {
			found = append(found, w)
		}
	}
	return found
}

// mixesScripts reports whether a word is not of one writing system. A name may have words of
// several, as those of many companies do.
func mixesScripts(s string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.N)
	}), func(word string) bool { return !oneSystem(word) })
}

// looksLatin reports whether all letters of a script, other than Latin, look like Latin ones. A
// name with others of that script shows which script it is.
func looksLatin(s string) bool {
	imitates := map[string]bool{}
	for _, r := range s {
		script := scriptOf(r)
		if !unicode.IsLetter(r) || script == "Latin" || script == "" {
			continue
		}
		like := LookAlike(string(r))
		latin := isASCII(like) && strings.ContainsFunc(like, unicode.IsLetter)
		if known, seen := imitates[script]; !seen || known {
			imitates[script] = latin
		}
	}
	for _, all := range imitates {
		if all {
			return true
		}
	}
	return false
}

// isVariant reports whether a character is a compatibility variant of a letter or a digit.
// Those of Latin-1, such as ª and ², are on keyboards.
func isVariant(r rune) bool {
	if r <= unicode.MaxLatin1 {
		return false
	}
	plain := norm.NFKC.String(string(r))
	if plain == norm.NFC.String(string(r)) {
		return false
	}
	one := []rune(plain)
	return unicode.IsLetter(r) || len(one) == 1 && (unicode.IsLetter(one[0]) || unicode.IsNumber(one[0]))
}

// mixesDigits reports whether there are decimal digits of two systems (UTS #39, section 5.3).
func mixesDigits(s string) bool {
	zeros := map[rune]bool{}
	for _, r := range s {
		if zero, ok := zeroOf(r); ok {
			zeros[zero] = true
		}
	}
	return len(zeros) > 1
}

// zeroOf returns the zero of a decimal digit's system. Ten digits of a system follow each
// other.
func zeroOf(r rune) (zero rune, ok bool) {
	for _, in := range unicode.Nd.R16 {
		if low := rune(in.Lo); low <= r && r <= rune(in.Hi) {
			return r - (r-low)%10, true
		}
	}
	for _, in := range unicode.Nd.R32 {
		if low := rune(in.Lo); low <= r && r <= rune(in.Hi) {
			return r - (r-low)%10, true
		}
	}
	return 0, false
}

// writtenRightToLeft reports whether there is a letter of Hebrew, Arabic or a similar script.
func writtenRightToLeft(name []rune) bool {
	return slices.ContainsFunc(name, func(r rune) bool {
		if Ignorable(r) {
			return false
		}
		p, _ := bidi.LookupRune(r)
		return p.Class() == bidi.R || p.Class() == bidi.AL
	})
}
