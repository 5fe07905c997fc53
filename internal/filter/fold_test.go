// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"gatehouse/internal/filter"
)

// These rows are stored in columns: a change of any of them needs a migration.
func TestFold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want, why string }{
		{"", "", "empty"},
		{"already folded", "already folded", "fast path"},
		{"ACME Inc. @[`{", "acme inc. @[`{", "ASCII, with the neighbours of the letters"},
		{"Straße", "strasse", "one letter folds to two"},
		{"STRASSE", "strasse", ""},
		{"ẞ", "ss", "capital sharp s"},
		{"Ä", "ä", "composed"},
		{"A\u0308", "ä", "taken apart"},
		{"ΣΊΣΥΦΟΣ", "σίσυφοσ", "final sigma is no letter of its own"},
		{"σίσυφος", "σίσυφοσ", ""},
		{"ﬁn", "fin", "ligature, by case folding"},
		{"①", "①", "compatibility characters stay: this is NFC, not NFKC"},
		{"\u212aelvin", "kelvin", "Kelvin sign"},
		{"\u212bngström", "ångström", "Angstrom sign"},
		{"\u017fet", "set", "long s"},
		{"İ", "i\u0307", "not the Turkish rule: both engines fold without a language"},
		{"ı", "ı", "dotless i is not i"},
		{"Ǆ", "ǆ", "one letter with three cases"},
		{"ǅ", "ǆ", ""},
		{"ᾳ", "αι", "iota below folds to a letter"},
		{"\u03b1\u0331\u0345", "\u03b1\u0331ι", "and stays after the other marks (D145)"},
		{"\uab70", "\u13a0", "Cherokee folds to capitals"},
		{"\u13a0", "\u13a0", ""},
		{"a\u0323\u0307", "ạ\u0307", "marks in canonical order"},
		{"a\u0307\u0323", "ạ\u0307", ""},
		{"日本語 한국어", "日本語 한국어", "no case"},
		{"\u1112\u1161\u11ab", "한", "jamo compose"},
		{"Acme\u200b", "acme", "zero-width space"},
		{"Ac\u00adme", "acme", "soft hyphen"},
		{"\u200fשלום\u200e", "שלום", "marks of direction"},
		{"\U0001F469\u200D\U0001F4BB\uFE0F", "\U0001F469\U0001F4BB", "joiner and variation selector of an emoji"},
		{"\u200b\u3164", "", "nothing that is seen"},
		{"a\u2800b", "a\u2800b", "a blank Braille cell is seen by its width"},
		{"a\xffB\xc3", "a\ufffdb\ufffd", "bytes that are not UTF-8"},
		{"A\x00B", "a\x00b", "NUL is not for Fold to judge"},
	} {
		if got := filter.Fold(test.text); got != test.want {
			t.Errorf("Fold(%+q): got %+q, want %+q (%s)", test.text, got, test.want, test.why)
		}
	}
}

// Every assigned character, alone, and between others if it has a case or
// composes: folding twice changes nothing, and characters that differ only in
// case fold alike. Package cases fails this for Cherokee.
func TestFoldEveryCharacter(t *testing.T) {
	t.Parallel()
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S) {
			continue
		}
		text, other := string(r), unicode.SimpleFold(r)
		once := filter.Fold(text)
		if once == text && other == r && norm.NFD.PropertiesString(text).CCC() == 0 {
			continue // nothing happens to it
		}
		for _, text := range []string{text, "a" + text + "\u0301", "\u03b1\u0301" + text + "\u0345"} {
			checkFold(t, text)
		}
		if filter.Fold(string(other)) != once {
			t.Errorf("%U and %U differ only in case and fold differently", r, other)
		}
	}
}

// Any text. Letters and marks with odd foldings or compositions are drawn often,
// runs of marks too, because there Unicode's rules meet.
func TestFoldProperties(t *testing.T) {
	t.Parallel()
	odd := rapid.SampledFrom([]rune(
		"aAiIsSßẞſΑαᾳᾼΐ\u1fb7ΣςİıǰŉǅÅ\u212a\u212bﬁﬃ\u1e9a\u0130\u0149\u01c5\u0390\u03b0\u0587" +
			"\u0300\u0301\u0307\u0308\u030c\u0323\u0327\u0331\u0342\u0345\u034f\u0344\u0f73\u0f75\u0f81\u1100\u1161\u11a8\uac00\ufb1d\u2adc\u0958"))
	texts := rapid.OneOf(
		rapid.String(),
		rapid.StringOf(odd),
		rapid.StringOfN(odd, 20, 80, -1),
		rapid.StringOfN(rapid.SampledFrom([]rune("α\u0301\u0331\u0345\u0344\u0f73")), 25, 80, -1),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := texts.Draw(t, "text")
		checkFold(t, text)
		if !utf8.ValidString(text) {
			return
		}
		want := filter.Fold(text)
		for _, same := range []string{norm.NFC.String(text), norm.NFD.String(text)} {
			if got := filter.Fold(same); got != want {
				t.Errorf("%+q: got %+q, want %+q as for the equivalent %+q", same, got, want, text)
			}
		}
	})
}

func checkFold(t interface{ Errorf(string, ...any) }, text string) {
	once := filter.Fold(text)
	if twice := filter.Fold(once); twice != once {
		t.Errorf("%+q: folds to %+q, and that to %+q", text, once, twice)
	}
	if !utf8.ValidString(once) || !norm.NFC.IsNormalString(once) {
		t.Errorf("%+q: folds to %+q, which is not NFC in UTF-8", text, once)
	}
}

func TestFoldFastPathDoesNotAllocate(t *testing.T) {
	text := strings.Repeat("acme corporation 1 ", 10)
	if n := testing.AllocsPerRun(100, func() { _ = filter.Fold(text) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}
