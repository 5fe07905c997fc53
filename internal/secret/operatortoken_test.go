// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"strings"
	"testing"
)

func TestOperatorTokenTexts(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		access, refresh := NewOperatorToken()
		a, r := access.Reveal(), refresh.Reveal()
		if !IsOperatorToken(a) || IsOperatorToken(r) || seen[a[3:]] || seen[r[3:]] || a[3:] == r[3:] {
			t.Fatal("a text is of the wrong kind, or was minted twice")
		}
		seen[a[3:]], seen[r[3:]] = true, true
		for i, c := range []struct {
			parse func(string) (Secret, error)
			text  string
			good  bool
		}{{ParseOperatorAccess, a, true}, {ParseOperatorRefresh, r, true}, {ParseOperatorAccess, r, false},
			{ParseOperatorRefresh, a, false}} {
			if got, err := c.parse(c.text); (err == nil) != c.good || c.good && got.Reveal() != c.text {
				t.Errorf("%d: got %v", i, err)
			}
		}
	}
}

func TestOperatorTokenMistakes(t *testing.T) {
	t.Parallel()
	access, _ := NewOperatorToken()
	good := access.Reveal()
	for i := range good {
		if _, err := ParseOperatorAccess(good[:i]); err == nil {
			t.Errorf("cut after %d, it is taken", i)
		}
		changed := good[:i] + string(crockford[(strings.IndexByte(crockford, good[i])+1)%32]) + good[i+1:]
		if _, err := ParseOperatorAccess(changed); err == nil {
			t.Errorf("changed at %d, it is taken", i)
		}
	}
	for _, bad := range []string{strings.ToLower(good), good + "0", " " + good[1:], good[:20] + "U" + good[21:],
		good[:20] + "\x00" + good[21:]} {
		if _, err := ParseOperatorAccess(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	// The check characters are right, but there are letters outside the alphabet.
	body := good[:20] + "U" + good[21:pairLength-codeCheck]
	if _, err := ParseOperatorAccess(body + checkCharacters(body)); err == nil {
		t.Error("a letter that is not of the alphabet is taken")
	}
}

func FuzzParseOperatorToken(f *testing.F) {
	access, refresh := NewOperatorToken()
	for _, seed := range []string{access.Reveal(), refresh.Reveal(), "GHA", "", strings.Repeat("GHA0", 15)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (Secret, error){ParseOperatorAccess, ParseOperatorRefresh} {
			if s, err := parse(text); err == nil && (s.Reveal() != text || len(text) != pairLength) {
				t.Errorf("%q became %q", text, s.Reveal())
			}
		}
	})
}
