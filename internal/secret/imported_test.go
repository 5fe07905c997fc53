// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func TestParseImportedCode(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"CBABAB761", "a", "~!<&\"'", strings.Repeat("x", MaxImportedCode), "GH-1",
		"xGHC0"} {
		if s, err := ParseImportedCode(text); err != nil || s.Reveal() != text {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", " a", "a ", "a b", "a\tb", "a\n", "é", "a\x7f", "a\x00",
		strings.Repeat("x", MaxImportedCode+1)} {
		if _, err := ParseImportedCode(text); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v, want ErrMalformed", text, err)
		}
	}
	code := NewAuthCode().Reveal()
	for _, text := range []string{code, code[:10], "GHC", "ghc1", "G-H-C-1", strings.ToLower(code), "-GHC",
		code + "x"} {
		if _, err := ParseImportedCode(text); !errors.Is(err, ErrOwnForm) {
			t.Errorf("%q: %v, want ErrOwnForm", text, err)
		}
	}
}

func TestGuessBits(t *testing.T) {
	t.Parallel()
	// What both vendors' pages show: an organization and a millisecond; nine characters.
	oracle := base64.StdEncoding.EncodeToString([]byte("or-100001-2018-04-02T07:53:28.134Z"))
	for _, c := range []struct {
		text      string
		low, high int
	}{
		{"CBABAB761", 28, 36},
		{oracle, 40, 75},
		{strings.TrimRight(oracle, "="), 40, 75},
		{"2018-04-02T07:53:28.134Z", timeBits, timeBits},
		{"20180402075328134", timeBits, timeBits},
		{"12345678", 0, 15},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, 50},
		{"abcabcabcabcabcabc", 0, 35},
		{"987654321", 0, 20},
		{"------", 0, 0},
		{"7391", 12, 14},
		{"K7Q2ZD9XM4", 48, 52},
	} {
		if bits := GuessBits(Of(c.text)); bits < c.low || bits > c.high {
			t.Errorf("%s: %d bits, want %d to %d", c.text, bits, c.low, c.high)
		}
	}
	for range 200 { // what random generators make is never taken for less than half of what it is
		raw := randomBytes(16)
		for _, text := range []string{hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw),
			base64.RawURLEncoding.EncodeToString(raw)} {
			if bits := GuessBits(Of(text)); bits < 85 || bits > 140 {
				t.Fatalf("%s: %d bits, want about 128", text, bits)
			}
		}
	}
}

func FuzzParseImportedCode(f *testing.F) {
	for _, text := range []string{"CBABAB761", "GHC", "b3ItMTAwMDAx", "a b", "é", "=", "20180402075328134"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseImportedCode(text)
		if err != nil {
			return
		}
		if s.Reveal() != text {
			t.Errorf("%q is taken as another text", text)
		}
		if _, err := ParseAuthCode(text); err == nil {
			t.Errorf("%q is a code of both kinds", text)
		}
		if bits := GuessBits(s); bits < 0 || bits > 8*len(text)+timeBits {
			t.Errorf("%q: %d bits", text, bits)
		}
	})
}
