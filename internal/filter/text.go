// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/problem"
)

// blanks are the characters allowed between words, as in JSON.
const blanks = " \t\r\n"

// Bounds of the text that an error repeats.
const (
	maxShown      = 40 // characters of the caller's text
	maxShownNames = 12 // names of properties
)

// checkText refuses a text that is too long or not UTF-8. It checks the length first, so
// that even the search for invalid bytes is bounded.
func checkText(what, text string) error {
	if len(text) > MaxLength {
		return fail(text, MaxLength, because(codeTooLong, what, MaxLength))
	}
	for i, r := range text {
		if r != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
			return fail(text, i, because(codeNotUTF8, what))
		}
	}
	return nil
}

// fail makes an Error from an offset in bytes.
func fail(text string, offset int, r reason) error {
	characters := 0
	for i := range text {
		if i >= offset {
			break
		}
		characters++
	}
	return &Error{Offset: characters, Reason: r.String(), Phrase: r}
}

// reason is a Reason before its values were put in. The zero value means no error.
type reason = problem.Phrase

func because(code problem.Code, args ...any) reason { return Sentences().Say(code, args...) }

// show quotes a piece of the caller's text for a Reason: short, on one line, and
// without characters that could change how the rest is displayed.
func show(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	n := 0
	for _, r := range s {
		if n == maxShown {
			b.WriteRune('…')
			break
		}
		if r == '"' || !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
		n++
	}
	b.WriteByte('"')
	return b.String()
}

// unknownProperty returns the reason for a name that is not in the schema. It lists the
// known names, which the documentation of each list has anyway.
func unknownProperty(name string, schema Schema) reason {
	names := slices.Sorted(maps.Keys(schema))
	for i, key := range names {
		names[i] = schema[key].written
	}
	more := ""
	if len(names) > maxShownNames {
		names, more = names[:maxShownNames], ", …"
	}
	return because(codeUnknownName, show(name), strings.Join(names, ", ")+more)
}
