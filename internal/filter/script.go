// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"slices"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// OneScript reports whether the visible characters of a text are of one writing system, and
// none is a variant of another character, such as a full-width letter: the level "highly
// restrictive" of UTS #39, section 5.2, with Unicode's scripts as Go has them. A name that
// mixes Latin and Cyrillic letters, as one that imitates another does, is not.
func OneScript(s string) bool {
	s = norm.NFC.String(visible(s))
	if norm.NFKC.String(s) != s {
		return false
	}
	return oneSystem(s)
}

// oneSystem reports whether the characters are of one script, or of one of the three systems of
// scripts of Japanese, Chinese and Korean with Latin.
func oneSystem(s string) bool {
	var scripts []string
	for _, r := range s {
		if script := scriptOf(r); script != "" && !slices.Contains(scripts, script) {
			scripts = append(scripts, script)
		}
	}
	if len(scripts) <= 1 {
		return true
	}
	for _, system := range [][]string{{"Latin", "Han", "Hiragana", "Katakana"}, {"Latin", "Han", "Bopomofo"},
		{"Latin", "Han", "Hangul"}} {
		if !slices.ContainsFunc(scripts, func(script string) bool { return !slices.Contains(system, script) }) {
			return true
		}
	}
	return false
}

// scriptOf returns the script of a character; "" for one that all scripts share.
func scriptOf(r rune) string {
	if r < unicode.MaxLatin1 {
		if unicode.IsLetter(r) {
			return "Latin"
		}
		return ""
	}
	if unicode.In(r, unicode.Common, unicode.Inherited) {
		return ""
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}
