// SPDX-License-Identifier: Apache-2.0

package csvcell_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gatehouse/internal/csvcell"
)

func TestSafe(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "'": "'", "Acme": "Acme", "a=b": "a=b", " =1": " =1", "'quoted": "'quoted",
		"=1+1": "'=1+1", "+49": "'+49", "-1": "'-1", "@sum": "'@sum", "\t=1": "'\t=1", "\r=1": "'\r=1",
		"\n=1": "'\n=1", "＝1": "'＝1", "＠a": "'＠a", "'=1": "''=1", "''=1": "'''=1",
	} {
		if got := csvcell.Safe(text); got != want {
			t.Errorf("Safe(%q) is %q, want %q", text, got, want)
		}
		if got := csvcell.Plain(want); got != text {
			t.Errorf("Plain(%q) is %q, want %q", want, got, text)
		}
	}
	if got := csvcell.Plain("=1+1"); got != "=1+1" {
		t.Errorf("a bare formula becomes %q", got)
	}
}

// Whatever the text is, it comes back, and its cell begins with no dangerous character.
func TestSafeIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("'=+-@\t\r\n＝＋－＠a 1é"))).Draw(t, "text")
		cell := csvcell.Safe(text)
		if csvcell.Plain(cell) != text {
			t.Fatalf("%q becomes %q and then %q", text, cell, csvcell.Plain(cell))
		}
		if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
			t.Fatalf("%q is no safe cell", cell)
		}
	})
}
