// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"strings"
	"unicode/utf8"

	"gatehouse/internal/problem"
)

type tokenKind int

const (
	tokenEnd    tokenKind = iota // after the last character
	tokenWord                    // a name, operator, keyword or number; the parser knows which
	tokenString                  // a string in double quotes
	tokenOpen                    // (
	tokenClose                   // )
)

type token struct {
	kind   tokenKind
	offset int    // in bytes, where it starts
	text   string // of a word, as written; of a string, decoded
}

// is reports whether the token is the keyword, in any letter case; keyword is in lower case.
func (t token) is(keyword string) bool {
	return t.kind == tokenWord && lowerASCII(t.text) == keyword
}

// isQuotable is like is, and also true for the keyword in quotes.
func (t token) isQuotable(keyword string) bool {
	return t.is(keyword) || t.kind == tokenString && lowerASCII(t.text) == keyword
}

// lexer cuts text, which has passed checkText, into tokens.
type lexer struct {
	text string
	pos  int
}

func (l *lexer) fail(offset int, code problem.Code, args ...any) error {
	return fail(l.text, offset, because(code, args...))
}

// next returns the token at the current position and advances past it. At the end it
// returns tokenEnd, however often it is called.
func (l *lexer) next() (token, error) {
	for l.pos < len(l.text) && strings.IndexByte(blanks, l.text[l.pos]) >= 0 {
		l.pos++
	}
	start := l.pos
	if start == len(l.text) {
		return token{kind: tokenEnd, offset: start}, nil
	}
	switch c := l.text[start]; {
	case c == '(':
		l.pos++
		return token{kind: tokenOpen, offset: start}, nil
	case c == ')':
		l.pos++
		return token{kind: tokenClose, offset: start}, nil
	case c == '"':
		return l.string()
	case isWord(c):
		for l.pos < len(l.text) && isWord(l.text[l.pos]) {
			l.pos++
		}
		return token{kind: tokenWord, offset: start, text: l.text[start:l.pos]}, nil
	case c == '\'':
		return token{}, l.fail(start, codeSingleQuotes)
	case c == '[' || c == ']':
		return token{}, l.fail(start, codeBrackets)
	}
	r, _ := utf8.DecodeRuneInString(l.text[start:])
	return token{}, l.fail(start, codeUnexpected, show(string(r)))
}

// isWord reports whether c can be part of a word. The plus sign is in no name; it is
// here so that a number such as +1 is one word and gets the error about numbers.
func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("_$-.:+", c) >= 0
}
