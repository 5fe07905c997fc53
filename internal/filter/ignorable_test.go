// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"strings"
	"testing"
	"unicode"

	"gatehouse/internal/filter"
)

// The ranges of Default_Ignorable_Code_Point in DerivedCoreProperties.txt of Unicode
// 15.0. A later one may have others: stored columns have to be folded again then.
func TestIgnorable(t *testing.T) {
	t.Parallel()
	if unicode.Version != "15.0.0" {
		t.Errorf("package unicode has version %s now: compare its ranges, and fold stored columns again if they differ", unicode.Version)
	}
	ranges := [][2]rune{{0xAD, 0xAD}, {0x34F, 0x34F}, {0x61C, 0x61C}, {0x115F, 0x1160}, {0x17B4, 0x17B5},
		{0x180B, 0x180F}, {0x200B, 0x200F},
		{0x202A, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0},
		{0xFFF0, 0xFFF8},
		{0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := false
		for _, span := range ranges {
			want = want || span[0] <= r && r <= span[1]
		}
		if got := filter.Ignorable(r); got != want {
			t.Errorf("%U: got %v", r, got)
		}
	}
}

// Whatever is ignorable, wherever it is: it changes nothing, also between marks that
// would otherwise be put in order, or would compose.
func TestFoldLeavesOutIgnorable(t *testing.T) {
	t.Parallel()
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if !filter.Ignorable(r) {
			continue
		}
		x := string(r)
		for text, want := range map[string]string{
			x: "", "Acme" + x: "acme", x + "Acme": "acme", "Ac" + x + "me": "acme", x + x + "é" + x: "é",
			"e" + x + "\u0301": "é", "a\u0307" + x + "\u0323": "ạ\u0307", "\u1100" + x + "\u1161": "가", "Stra" + x +
				"ße": "strasse",
		} {
			if got := filter.Fold(text); got != want {
				t.Errorf("Fold(%+q): got %+q, want %+q", text, got, want)
			}
		}
	}
	// More marks than package norm orders at a time, however they are composed.
	many, apart := "a"+strings.Repeat("\u0301", 7)+strings.Repeat("\u0344", 12)+"\u0f73",
		"a"+strings.Repeat("\u0301", 7)+strings.Repeat("\u0308\u0301", 12)+"\u0f71\u0f72"
	if one, two := filter.Fold(many), filter.Fold(apart); one != two || filter.Fold(one) != one {
		t.Errorf("got %+q and %+q", one, two)
	}
	for text, want := range map[string]string{"Ac\u00ADme": "ac\u00ADme", "ACME\u200B": "acme\u200b",
		"Acme": "acme", "É\u034F": "é\u034F"} {
		if got := filter.FoldAll(text); got != want {
			t.Errorf("FoldAll(%+q): got %+q, want %+q", text, got, want)
		}
	}
}
