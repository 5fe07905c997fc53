// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/secret"
)

// needle is a secret that must not be found, with the texts that reveal it:
// itself and parts of what is random in it, in every form.
type needle struct {
	name  string
	parts []string
	texts map[string]string // by part and form
}

// newNeedle makes a needle of a secret that is random from its first character on.
func newNeedle(name, text string) needle { return newRandomNeedle(name, text, text) }

// newRandomNeedle makes a needle of a secret and the part of it that is random.
// Half of that is as bad as all of it: an attacker with one half may guess the other.
func newRandomNeedle(name, text, random string) needle {
	half := len(random) / 2
	parts := []string{text, random[:half], random[half:]}
	for _, decode := range []func(string) ([]byte, error){
		base64.RawURLEncoding.DecodeString, base64.RawStdEncoding.DecodeString, hex.DecodeString,
		base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString,
	} {
		if raw, err := decode(random); err == nil {
			parts = append(parts, string(raw))
		}
	}
	n := needle{name, parts, map[string]string{}}
	known := map[string]bool{}
	for i, part := range parts {
		for form, text := range forms(part) {
			if !known[text] {
				known[text] = true
				n.texts[fmt.Sprintf("part %d, %s", i, form)] = text
			}
		}
	}
	return n
}

// newCodeNeedle leaves the prefix out, which is in all codes.
func newCodeNeedle(name, code string) needle {
	return newRandomNeedle(name, code, strings.TrimPrefix(code, "GHC"))
}

// newTokenNeedle is of a JWT: what is random in it is the signature.
func newTokenNeedle(name, token string) needle {
	return newRandomNeedle(name, token, token[strings.LastIndexByte(token, '.')+1:])
}

// newSessionNeedle leaves the scheme out.
func newSessionNeedle(name, token string) needle {
	return newRandomNeedle(name, token, strings.TrimPrefix(token, "QSDK "))
}

// find returns the name and form of every needle that is in the haystack.
func find(haystack string, needles []needle) []string {
	var found []string
	parts := wordsOf(haystack)
	for _, n := range needles {
		for form, text := range n.texts {
			if parts.mayBeOf(text) && strings.Contains(haystack, text) {
				found = append(found, n.name+", "+form)
			}
		}
	}
	slices.Sort(found)
	return found
}

// words is a set of the words of wordSize bytes in a text, which begin at each byte. It may
// have further words, because it stores one bit for all words with the same hash. Most of
// thousands of needles are sorted out by it: to search a log for each takes ten seconds.
type words struct {
	set   []byte
	shift int
}

const wordSize = 8

func wordsOf(text string) words {
	size := bits.Len(uint(len(text))) + 4 // at most one bit of sixteen is set
	w := words{make([]byte, 1<<size/8), 64 - size}
	for i := range max(0, len(text)-wordSize+1) {
		hash := w.hash(text[i:])
		w.set[hash/8] |= 1 << (hash % 8)
	}
	return w
}

func (w words) hash(text string) uint64 {
	var word uint64
	for i := range wordSize {
		word = word<<8 | uint64(text[i])
	}
	return word * 0x9e3779b97f4a7c15 >> w.shift
}

// mayBeOf reports whether the first and the last word of a part are in the set. They are,
// if the text has the part. A part that is shorter than a word may be of any text.
func (w words) mayBeOf(part string) bool {
	if len(part) < wordSize {
		return true
	}
	for _, word := range []string{part, part[len(part)-wordSize:]} {
		if hash := w.hash(word); w.set[hash/8]&(1<<(hash%8)) == 0 {
			return false
		}
	}
	return true
}

// forms are the ways in which a text may be written down.
func forms(text string) map[string]string {
	out := map[string]string{}
	for letters, t := range map[string]string{"as it is": text, "lower": strings.ToLower(text),
		"upper": strings.ToUpper(text)} {
		out[letters] = t
		out[letters+", hex"] = hex.EncodeToString([]byte(t))
		out[letters+", HEX"] = strings.ToUpper(hex.EncodeToString([]byte(t)))
		for shift := range 3 {
			at := letters + ", Base64 at " + string(rune('0'+shift))
			out[at] = insideBase64(base64.RawStdEncoding, t, shift)
			out[at+", URL"] = insideBase64(base64.RawURLEncoding, t, shift)
		}
	}
	return out
}

// insideBase64 is what stands of a text in the Base64 of a longer one in which
// it begins at the shift, without the characters it shares with its neighbours.
func insideBase64(enc *base64.Encoding, text string, shift int) string {
	encoded := enc.EncodeToString(append(make([]byte, shift), text...))
	first := []int{0, 2, 3}[shift] // characters with bits of the text before it
	last := len(encoded)
	if (shift+len(text))%3 != 0 {
		last-- // it has bits of the text after it
	}
	return encoded[first:last]
}

// checkAbsent fails the test for every needle that is in the haystack, once.
// It does not show the haystack, nor the needle.
func checkAbsent(t testing.TB, where, haystack string, needles []needle) {
	t.Helper()
	told := map[string]bool{}
	for _, f := range find(haystack, needles) {
		if name, _, _ := strings.Cut(f, ", part "); !told[name] {
			told[name] = true
			t.Errorf("%s has a secret: %s", where, f)
		}
	}
}

// TestFind plants a secret in every form and finds it: a search that finds
// nothing proves something only if it can find.
func TestFind(t *testing.T) {
	t.Parallel()
	code := secret.NewAuthCode().Reveal()
	session := "QSDK " + secret.NewSessionToken().Reveal()
	jwt := "eyJhbGciOiJIUzI1NiJ9.e30." + base64.RawURLEncoding.EncodeToString(secret.NewMasterKey())
	needles := map[string]needle{
		code: newCodeNeedle("code", code), session: newSessionNeedle("session", session),
		jwt:         newTokenNeedle("token", jwt),
		rand.Text(): {}, secret.NewPassword().Reveal(): {},
	}
	for text, n := range needles {
		if n.name == "" {
			n = newNeedle("text", text)
		}
		all := []needle{n}
		half := n.parts[2]
		raw := n.parts[0]
		if len(n.parts) > 3 {
			raw = n.parts[3]
		}
		for how, planted := range map[string]string{
			"plain":      text,
			"lower":      strings.ToLower(text),
			"upper":      strings.ToUpper(text),
			"half":       half,
			"hex":        hex.EncodeToString([]byte(text)),
			"HEX":        strings.ToUpper(hex.EncodeToString([]byte(text))),
			"half, hex":  hex.EncodeToString([]byte(half)),
			"decoded":    raw,
			"pg_dump":    `\x` + hex.EncodeToString([]byte(raw)),
			"Base64":     base64.StdEncoding.EncodeToString([]byte(text)),
			"Base64 URL": base64.URLEncoding.EncodeToString([]byte(raw)),
			"Base64 +1":  base64.StdEncoding.EncodeToString([]byte("x" + text + "y")),
			"Base64 +2":  base64.URLEncoding.EncodeToString([]byte("xx" + half + "yy")),
			"basic auth": base64.StdEncoding.EncodeToString([]byte("admin:" + strings.ToLower(text))),
		} {
			for _, in := range []string{"before " + planted + " behind", planted} {
				if len(find(in, all)) == 0 {
					t.Errorf("%s is not found when planted as %s", n.name, how)
				}
			}
		}
		other := secret.NewAuthCode().Reveal() + secret.NewSessionToken().Reveal() + rand.Text()
		if f := find(other, all); len(f) > 0 {
			t.Errorf("found in other secrets: %q", f)
		}
	}
}
