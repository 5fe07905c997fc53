// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"errors"
	"strings"
	"testing"
)

func TestAuthCodeForm(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var letters [256]int
	const n = 4000
	for range n {
		text := NewAuthCode().Reveal()
		if len(text) != 33 || !strings.HasPrefix(text, "GHC") {
			t.Fatalf("code has the wrong form: %d characters", len(text))
		}
		if seen[text] {
			t.Fatal("the same code twice")
		}
		seen[text] = true
		for i := range text[3:29] {
			letters[text[3+i]]++
		}
		if p, err := ParseAuthCode(text); err != nil || p.Reveal() != text {
			t.Fatalf("a new code does not parse: %v", err)
		}
	}
	// Each of the 32 letters comes up 3,250 times; a large difference means bias, or an id or a
	// time in the code.
	for _, c := range crockford {
		if got := letters[c]; got < 2800 || got > 3700 {
			t.Errorf("letter %c came up %d times of %d", c, got, n*26)
		}
	}
}

func TestParseAuthCodeSpellings(t *testing.T) {
	t.Parallel()
	body := "GHC" + "0123456789ABCDEFGHJKMNPQ10"
	code := body + checkCharacters(body)
	for name, text := range map[string]string{
		"as made":             code,
		"lower case":          strings.ToLower(code),
		"hyphens":             code[:3] + "-" + code[3:10] + "-" + code[10:],
		"blanks":              " " + code[:8] + " " + code[8:] + " ",
		"letters for figures": strings.Replace(strings.Replace(code, "Q10", "QIO", 1), "GHC01", "GHCol", 1),
	} {
		p, err := ParseAuthCode(text)
		if err != nil || p.Reveal() != code {
			t.Errorf("%s: got %q, %v; want %q", name, p.Reveal(), err, code)
		}
	}
}

func TestParseAuthCodeRefuses(t *testing.T) {
	t.Parallel()
	code := NewAuthCode().Reveal()
	for i := range len(code) {
		if _, err := ParseAuthCode(code[:i]); !errors.Is(err, ErrMalformed) {
			t.Errorf("truncated to %d characters: got %v", i, err)
		}
	}
	changed := 0
	for i := 3; i < 29; i++ { // one wrong character is caught, but for one in 2^20
		other := byte('0')
		if code[i] == other {
			other = '2'
		}
		if _, err := ParseAuthCode(code[:i] + string(other) + code[i+1:]); err == nil {
			changed++
		}
	}
	if changed > 1 {
		t.Errorf("%d of 26 wrong characters were not caught", changed)
	}
	for name, text := range map[string]string{
		"empty": "", "too long": code + "0", "other prefix": "GHX" + code[3:], "U is no letter": code[:5] + "U" +
			code[6:],
		"only blanks": "      ", "much too long": strings.Repeat("-", 1<<20) + code, "not ASCII": "ＧHC" + code[3:],
	} {
		if _, err := ParseAuthCode(text); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}

func TestSessionToken(t *testing.T) {
	t.Parallel()
	text := NewSessionToken().Reveal()
	if text == NewSessionToken().Reveal() {
		t.Fatal("the same token twice")
	}
	if p, err := ParseSessionToken(text); err != nil || p.Reveal() != text {
		t.Fatalf("a new token does not parse: %v", err)
	}
	wrong := []byte(text)
	wrong[0] ^= 1
	for name, bad := range map[string]string{
		"empty": "", "truncated": text[:70], "longer": text + "00", "upper case": strings.ToUpper(text),
		"no hex": "z" + text[1:], "changed": string(wrong),
	} {
		if name == "upper case" && bad == text { // all figures
			continue
		}
		if _, err := ParseSessionToken(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}

func FuzzParseAuthCode(f *testing.F) {
	f.Add(NewAuthCode().Reveal())
	f.Add("ghc-0123")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseAuthCode(text)
		if err != nil {
			return
		}
		again, err := ParseAuthCode(p.Reveal())
		if err != nil || again != p || len(p.Reveal()) != codeLength {
			t.Fatalf("what parses is not canonical: %q", p.Reveal())
		}
	})
}

func FuzzTokens(f *testing.F) {
	k := newTestKeyring(f)
	key, err := k.SignKey(KeyClaims{Issuer: "applicationAuth", ApplicationID: "a", ID: "b", IssuedAt: testNow})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(key.Reveal())
	f.Add(NewSessionToken().Reveal())
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := k.VerifyKey(text, "applicationAuth", testNow); err == nil && c.ApplicationID != "a" {
			t.Fatal("a key nobody made was taken")
		}
		if _, err := k.VerifyAccess(text, "x", testNow); err == nil {
			t.Fatal("an access token nobody made was taken")
		}
		if p, err := ParseSessionToken(text); err == nil && p.Reveal() != text {
			t.Fatal("a session token has two spellings")
		}
	})
}
