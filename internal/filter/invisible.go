// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"slices"
	"unicode"
)

const (
	nonJoiner = '\u200C'
	joiner    = '\u200D'
	keycap    = '\u20E3'
)

// hasNeedlessInvisible reports whether there is a character that is not seen where no script
// needs it: joiners stand within the words of some scripts and within emoji, selectors after
// what has variants, and marks of direction in what is written from right to left.
func hasNeedlessInvisible(name []rune) bool {
	var before rune // the last one that is seen
	for i, r := range name {
		if !Ignorable(r) {
			before = r
			continue
		}
		switch {
		case r == '\u200E' || r == '\u200F' || r == '\u061C':
			if !writtenRightToLeft(name) {
				return true
			}
		case r == nonJoiner || r == joiner:
			if !joins(before) && (r == nonJoiner || !pictures(before)) {
				return true
			}
		case unicode.Is(unicode.Variation_Selector, r):
			isKeycap := i+1 < len(name) && name[i+1] == keycap
			if !pictures(before) && !unicode.In(before, unicode.Han, unicode.Mongolian) && !isKeycap {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// joins reports whether the letters and marks of a character's script are joined, or kept
// apart, by joiners.
func joins(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M) && unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Nko,
		unicode.Mongolian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati,
		unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala,
		unicode.Khmer, unicode.Myanmar, unicode.Tibetan)
}

// pictures reports whether a character is a symbol, as emoji are, also one of the five colours
// of skin.
func pictures(r rune) bool { return unicode.In(r, unicode.So, unicode.Sk, unicode.Sm) }

// hasUnusualSpace reports whether there is a blank other than single common spaces. The wide
// space of Chinese, Japanese and Korean is common between their characters.
func hasUnusualSpace(seen []rune) bool {
	wide := func(i int) bool {
		return i >= 0 && i < len(seen) && unicode.In(seen[i], unicode.Han, unicode.Hiragana, unicode.Katakana,
			unicode.Hangul, unicode.Bopomofo)
	}
	for i, r := range seen {
		switch {
		case r == ' ' && i > 0 && seen[i-1] == ' ', r == blankCell:
			return true
		case r == '\u3000':
			if !wide(i-1) && !wide(i+1) {
				return true
			}
		case r != ' ' && unicode.Is(unicode.Zs, r):
			return true
		}
	}
	return false
}

// hasUnusualMark reports whether a mark has no letter, number or symbol before it, is there
// twice, or is the fifth in a row (UTS #39, section 5.4). The text is decomposed.
func hasUnusualMark(seen []rune) bool {
	const most = 4
	marks := 0
	for i, r := range seen {
		if !unicode.Is(unicode.M, r) {
			marks = 0
			continue
		}
		if marks++; unicode.Is(unicode.Mn, r) && (marks > most || slices.Contains(seen[i-marks+1:i], r)) {
			return true
		}
		base := i - marks
		if base < 0 || marks == 1 && unicode.In(seen[base], unicode.Z, unicode.P) && r != keycap {
			return true
		}
	}
	return false
}
