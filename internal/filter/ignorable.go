// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"strings"
	"unicode"
)

// Ignorable reports whether a character is invisible and is therefore ignored when texts
// are compared: Unicode's Default_Ignorable_Code_Point (UAX #44). Examples are the soft
// hyphen, zero-width characters, direction marks and controls, variation selectors and
// Hangul fillers. Package unicode does not have the property. It is derived here as in
// DerivedCoreProperties.txt.
func Ignorable(r rune) bool {
	const softHyphen = '\u00AD' // the first of them
	switch {
	case r < softHyphen:
		return false
	case '\uFFF9' <= r && r <= '\uFFFB', '\U00013430' <= r && r <= '\U00013440',
		// for annotations; for hieroglyphs
		unicode.In(r, unicode.White_Space, unicode.Prepended_Concatenation_Mark):
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// visible returns s without ignorable characters.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if Ignorable(r) {
			return -1
		}
		return r
	}, s)
}
