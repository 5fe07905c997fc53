// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode"

	"gatehouse/internal/filter"
)

func TestLookAlike(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"Acme", "ACME", "acme", "\u0410\u0441me", "\uff21\uff43\uff4d\uff45", "Ac\u00adme", "\u3164Acme",
			"A c m e", "Ac\u2800me", "acrne", "\U0001d400cme", "\u24b6cme", "Ac\u200bme"},
		{"Iris", "IRIS", "lris", "1ris", "|ris", "\u0406ris", "\u0131ris"},
		{"Birch", "\u0412IRCH", "B\u0456rch"},
		{"PayPal", "\u0420\u0430\u0443\u0420\u0430l", "paypa1"},
		{"100", "lOO", "\uff11\uff10\uff10"},
		{"O'Neill", "O\u2019Neill", "O`Neill"},
		{"Stra\u00dfe", "STRASSE"},
		{"\u30a2\u30af\u30e1", "\uff71\uff78\uff92"},
	} {
		want := filter.LookAlike(same[0])
		for _, name := range same {
			if got := filter.LookAlike(name); got != want || filter.Likeness(name) != filter.Likeness(same[0]) {
				t.Errorf("%+q is like %q, and %+q is like %q", name, got, same[0], want)
			}
		}
	}
	for _, pair := range [][2]string{{"Acme", "Acne"}, {"Acme", "Acm\u00e9"}, {"Acme 1", "Acme 2"},
		{"Birch", "Beech"}, {"", "Acme"},
		{"\u0410\u043a\u043c\u0435", "Acme"}, {"\u5c71\u7530", "\u5c71\u672c"}} {
		if filter.Likeness(pair[0]) == filter.Likeness(pair[1]) {
			t.Errorf("%+q is found as %+q", pair[0], pair[1])
		}
	}
}

// Whatever looks like something looks like itself, and no letter makes a text of which nothing
// is left.
func TestLookAlikeOfEveryLetter(t *testing.T) {
	t.Parallel()
	hash := sha256.New()
	for r := range rune(unicode.MaxRune) {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) || unicode.In(r, unicode.Han, unicode.Hangul) {
			continue // those two are many
		}
		like := filter.LookAlike(string(r))
		if again := filter.LookAlike(like); again != like || like == "" && !filter.Ignorable(r) {
			t.Errorf("%U looks like %+q, and that like %+q", r, like, again)
		}
		hash.Write([]byte(like))
	}
	// Likenesses are stored in columns: a change of this line needs a migration.
	const want = "a5cf75e2d67c9de0"
	if got := hex.EncodeToString(hash.Sum(nil)[:8]); got != want {
		t.Errorf("the letters look like others than before: got %s, want %s", got, want)
	}
}

// The table is that of ICU, which is made from the one of Unicode.
func TestConfusablesAreThoseOfUnicode(t *testing.T) {
	t.Parallel()
	const python, script = "/usr/bin/python3", "testdata/confusables.py"
	version, err := exec.CommandContext(t.Context(), python, script, "--version").Output()
	if err != nil {
		skip := t.Skip
		if os.Getenv("CI") == "true" {
			skip = t.Fatal
		}
		skip("Debian's python3-icu is not installed:", err)
	}
	stored, err := os.ReadFile("confusables.txt")
	if err != nil {
		t.Fatal(err)
	}
	if first, _, _ := bytes.Cut(stored, []byte("\n")); !bytes.HasSuffix(first, bytes.TrimSpace(version)) {
		t.Skipf("ICU has Unicode %s, another version than the table", version)
	}
	made, err := exec.CommandContext(t.Context(), python, script).Output()
	if err != nil || !bytes.Equal(made, stored) {
		t.Errorf("the table is another one than that of ICU (%v): run %s %s >confusables.txt", err, python, script)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		// What honest names have.
		"Acme Corp. (1999), Ltd.": "", "Stra\u00dfe & S\u00f6hne": "",
		"Caf\u0065\u0301 N\u00ba 1\u00aa m\u00b2": "", "Toys\u2122 \u2116 7": "",
		"\u05d1\u05e0\u05e7 Acme \u05d1\u05e2\"\u05de": "", "\u0634\u0631\u0643\u0629 Acme \u200e7": "",
		"\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645":      "",
		"\u05e9\u05b8\u05bc\u05dc\u05d5\u05b9\u05dd \u200fAcme": "",
		"\u30a2\u30af\u30e1Acme\u682a\u5f0f\u4f1a\u793e":        "",
		"\u682a\u5f0f\u4f1a\u793e\u3000\u5c71\u7530":            "",
		"(\u682a)\u30a2\u30af\u30e1":                            "", "\u3231\u5c71\u7530": "",
		"\ud55c\uad6dTelecom\u97d3\u570b": "",
		"\u53f0\u7063\u3105Acme":          "", "\u041e\u041e\u041e Acme \u0420\u043e\u0441\u0441\u0438\u044f": "",
		"\u0397\u039b\u0399\u039f\u03a3 \u0394\u0395\u0397":       "",
		"\u0e1a\u0e23\u0e34\u0e29\u0e31\u0e17 \u0e17\u0e35\u0e48": "", "\u0915\u094d\u200d\u0937 Ltd": "",
		"Acme \u2764\ufe0f\u200d\U0001f525": "", "\U0001f469\U0001f3fd\u200d\U0001f4bb Works": "",
		"Area 1\ufe0f\u20e3": "", "\u0661\u0662\u0663 \u0634\u0631\u0643\u0629": "",
		// What others imitate names with.
		"\u0410cme": "mixedScripts looksLatin", "\u0430pple \u0438": "mixedScripts",
		"Acm\u0435 Ltd": "mixedScripts looksLatin", "pa\u03bfl": "mixedScripts looksLatin",
		"\u0441\u043e\u0440": "looksLatin", "Acme \u0441\u043e\u0440": "looksLatin",
		"\u13aa\u13df\u13a2": "looksLatin", "\uff21cme": "variantCharacters",
		"\uff21\uff43\uff4d\uff45": "variantCharacters", "\U0001d400cme": "variantCharacters",
		"\u24b6cme": "variantCharacters", "\ufb01rm": "variantCharacters", "\u2160 Corp": "variantCharacters",
		"\uff71\uff78\uff92": "variantCharacters",
		"Ac\u00adme":         "invisibleCharacters", "Ac\u3164me": "invisibleCharacters",
		"\u3164Acme": "invisibleCharacters", "Ac\u200bme": "invisibleCharacters",
		"Ac\u200dme": "invisibleCharacters",
		"Ac\u200cme": "invisibleCharacters", "Acme\u200e": "invisibleCharacters",
		"Ac\ufe0fme": "invisibleCharacters", "Acme 1\ufe0f": "invisibleCharacters",
		"Acme\u2060":       "invisibleCharacters",
		"\u2764\u200cAcme": "invisibleCharacters", "\u1100\u1160": "invisibleCharacters",
		"Acme\u00a0Corp": "unusualSpaces", "Acme  Corp": "unusualSpaces", "Acme\u2800Corp": "unusualSpaces",
		"Acme\u3000Corp": "unusualSpaces", "Acme\u2003Corp": "unusualSpaces", "Acm\u00e9  Corp": "unusualSpaces",
		"\u0301Acme": "unusualMarks", "Acme \u0338Corp": "unusualMarks", "A\u0301\u0301cme": "unusualMarks",
		"A\u0301\u0302\u0303\u0304\u0305cme": "unusualMarks",
		"Acme 1\u0662":                       "mixedDigits", "\u0661\u0967": "mixedScripts mixedDigits",
		"\uff21\u0441\u00adme  1": "mixedScripts looksLatin variantCharacters invisibleCharacters unusualSpaces",
		"":                        "", "\u00e9\xff": "",
	} {
		var got []string
		for _, w := range filter.WarningsOf(name) {
			got = append(got, string(w))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q %+q: got %q, want %q", name, name, got, want)
		}
	}
}
