// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"encoding/base64"
	"errors"
	"math"
	"regexp"
	"strings"
)

// MaxImportedCode is the longest text of a code that another system made.
const MaxImportedCode = 256

// ErrOwnForm says that a text begins like the codes that this package mints.
var ErrOwnForm = errors.New("a code in the form of this server")

// ParseImportedCode reads the text of a code that another system made. It is taken as it is: another
// letter case is another code. ErrMalformed unless it is 1 to MaxImportedCode visible ASCII characters
// without blanks; ErrOwnForm if it begins with GHC in any spelling that ParseAuthCode reads, so that a
// mistyped code of this server is never taken for one of another.
func ParseImportedCode(text string) (Secret, error) {
	if text == "" || len(text) > MaxImportedCode || strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~'
	}) {
		return Secret{}, ErrMalformed
	}
	if strings.HasPrefix(strings.ToUpper(strings.ReplaceAll(text, "-", "")), codePrefix) {
		return Secret{}, ErrOwnForm
	}
	return Secret{text}, nil
}

// GuessBits returns how many bits a guesser has to find, estimated low, who knows how such texts are
// made but not this one:
//
//   - A letter or digit counts as much as the alphabet that it is likely to be from: digits, hexadecimal
//     digits, letters of one case or both, with or without digits. Other characters count nothing.
//   - One that repeats the character before it, continues a run such as abc or 321, or is part of a piece of
//     three characters that was there before counts 1.
//   - A time such as 2018-04-02T07:53:28.134Z counts 35 in all: a millisecond of a year.
//   - A text that is the Base64 of a printable one counts as much as that one.
func GuessBits(s Secret) int {
	text := s.text
	if plain, ok := fromBase64(text); ok {
		return min(textBits(text), textBits(plain))
	}
	return textBits(text)
}

// timeBits are those of a millisecond within a year.
const timeBits = 35

// timestamp returns the form of a time in a text.
func timestamp() *regexp.Regexp {
	return regexp.MustCompile(`\d{4}-?\d\d-?\d\d[T_-]?\d\d:?\d\d:?\d\d([.,]?\d{1,9})?Z?`)
}

func textBits(text string) int {
	times := 0
	text = timestamp().ReplaceAllStringFunc(text, func(string) string {
		times++
		return "-"
	})
	each := math.Log2(float64(alphabetOf(text)))
	bits := float64(times * timeBits)
	for i := range len(text) {
		switch {
		case !alphanumeric(text[i]):
		case predictable(text, i):
			bits++
		default:
			bits += each
		}
	}
	return int(bits)
}

// predictable reports whether the character at i follows from those before it.
func predictable(text string, i int) bool {
	if i >= 1 && text[i] == text[i-1] {
		return true
	}
	if i >= 2 {
		step := int(text[i]) - int(text[i-1])
		if step*step == 1 && int(text[i-1])-int(text[i-2]) == step {
			return true
		}
		return strings.Contains(text[:i], text[i-2:i+1])
	}
	return false
}

// alphabetOf returns the size of the smallest usual alphabet of letters and digits that has those of
// the text.
func alphabetOf(text string) int {
	var digit, lower, upper, beyondHex bool
	for i := range len(text) {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			digit = true
		case 'a' <= c && c <= 'z':
			lower, beyondHex = true, beyondHex || c > 'f'
		case 'A' <= c && c <= 'Z':
			upper, beyondHex = true, beyondHex || c > 'F'
		}
	}
	if !beyondHex && digit && (lower || upper) {
		return 16
	}
	size := 0
	for _, class := range []struct {
		used bool
		size int
	}{{digit, 10}, {lower, 26}, {upper, 26}} {
		if class.used {
			size += class.size
		}
	}
	return max(size, 1)
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// fromBase64 returns the printable text that a text is the Base64 of.
func fromBase64(text string) (string, bool) {
	text = strings.TrimRight(text, "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		plain, err := encoding.DecodeString(text)
		if err == nil && !strings.ContainsFunc(string(plain), func(r rune) bool { return r < ' ' || r > '~' }) {
			return string(plain), true
		}
	}
	return "", false
}
