// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/sha256"
	"strings"
)

// The text of an authorization code: the prefix, 26 characters of Crockford's
// base32 with 130 random bits, and 4 check characters over the text before them. The
// prefix lets scanners find leaked codes. The check refuses a mistyped code before any
// look-up.
const (
	codePrefix  = "GHC"
	codeRandom  = 26
	codeCheck   = 4
	codeLength  = len(codePrefix) + codeRandom + codeCheck
	crockford   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeMaxText = 2 * codeLength // with blanks and hyphens in between
)

// NewAuthCode mints an authorization code.
func NewAuthCode() Secret { return mintCrockford(codePrefix, codeRandom) }

// mintCrockford mints a text: the prefix, n random characters and the check.
func mintCrockford(prefix string, n int) Secret {
	b := []byte(prefix)
	for _, r := range randomBytes(n) {
		b = append(b, crockford[r&31]) // 256 is a multiple of 32: no bias
	}
	return Secret{string(b) + checkCharacters(string(b))}
}

// ParseAuthCode reads a code as people type it: in any letter case, with blanks and
// hyphens in between, and with O for 0 and I or L for 1 (Crockford's rule, after the
// prefix). It returns the canonical text, or ErrMalformed.
func ParseAuthCode(text string) (Secret, error) {
	if len(text) > codeMaxText {
		return Secret{}, ErrMalformed
	}
	b := make([]byte, 0, codeLength)
	for i := range len(text) {
		c := text[i]
		switch {
		case c == ' ' || c == '-':
			continue
		case 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		if len(b) >= len(codePrefix) {
			c = unambiguous(c)
			if strings.IndexByte(crockford, c) < 0 {
				return Secret{}, ErrMalformed
			}
		}
		b = append(b, c)
	}
	code := string(b)
	if len(code) != codeLength || !strings.HasPrefix(code, codePrefix) {
		return Secret{}, ErrMalformed
	}
	body := code[:codeLength-codeCheck]
	if checkCharacters(body) != code[codeLength-codeCheck:] {
		return Secret{}, ErrMalformed
	}
	return Secret{code}, nil
}

func unambiguous(c byte) byte {
	switch c {
	case 'O':
		return '0'
	case 'I', 'L':
		return '1'
	}
	return c
}

// checkCharacters returns 20 bits of a hash. It guards against typing mistakes,
// not against forgers: anyone can compute it.
func checkCharacters(body string) string {
	sum := sha256.Sum256([]byte(body))
	b := make([]byte, codeCheck)
	for i := range b {
		b[i] = crockford[sum[i]&31]
	}
	return string(b)
}
