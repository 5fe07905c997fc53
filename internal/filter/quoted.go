// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a JSON string that begins at the current position. It is stricter than
// encoding/json, which turns lone surrogates into U+FFFD: a filter must not silently
// search for another text.
func (l *lexer) string() (token, error) {
	start := l.pos
	l.pos++
	var b strings.Builder
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		switch {
		case c == '"':
			l.pos++
			return token{kind: tokenString, offset: start, text: b.String()}, nil
		case c < ' ':
			return token{}, l.fail(l.pos, codeRawControl)
		case c == '\\':
			r, err := l.escape()
			if err != nil {
				return token{}, err
			}
			b.WriteRune(r)
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	return token{}, l.fail(start, codeNoClosingQuote)
}

// escape decodes one escape, from its backslash on.
func (l *lexer) escape() (rune, error) {
	start := l.pos
	if start+1 == len(l.text) {
		return 0, l.fail(start, codeLoneBackslash)
	}
	l.pos += 2
	switch c := l.text[start+1]; c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return l.unicodeEscape(start)
	}
	return 0, l.fail(start, codeUnknownEscape)
}

// unicodeEscape decodes the digits of a \u escape that starts at start, and the
// second escape of a surrogate pair.
func (l *lexer) unicodeEscape(start int) (rune, error) {
	r, ok := l.hex4()
	switch {
	case !ok:
		return 0, l.fail(start, codeShortEscape)
	case r == 0:
		// PostgreSQL cannot hold it, so that no stored text can match.
		return 0, l.fail(start, codeEscapedNUL)
	case !utf16.IsSurrogate(r):
		return r, nil
	case !strings.HasPrefix(l.text[l.pos:], `\u`):
		return 0, l.half(start)
	}
	l.pos += len(`\u`)
	second, ok := l.hex4()
	if !ok {
		return 0, l.half(start)
	}
	if r = utf16.DecodeRune(r, second); r == utf8.RuneError {
		return 0, l.half(start)
	}
	return r, nil
}

func (l *lexer) half(start int) error {
	return l.fail(start, codeHalfPair)
}

// hex4 reads four hexadecimal digits. It does not move if there are fewer.
func (l *lexer) hex4() (rune, bool) {
	if len(l.text)-l.pos < 4 {
		return 0, false
	}
	var r rune
	for _, c := range []byte(l.text[l.pos : l.pos+4]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	l.pos += 4
	return r, true
}
