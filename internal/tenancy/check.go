// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
)

// The longest texts, in characters.
const (
	MaxName  = 254
	maxText  = 1000
	maxEmail = 254
)

// Checker collects what is wrong with the input, so that one error names all of it.
type Checker struct{ fields []problem.FieldError }

// Add adds an error about a field. The values are those after the field's name.
func (c *Checker) Add(field string, code problem.Code, args ...any) {
	c.fields = append(c.fields, problem.Wrong(field, code, args...))
}

// forget takes what was found about a field away.
func (c *Checker) forget(field string) {
	c.fields = slices.DeleteFunc(c.fields, func(f problem.FieldError) bool { return f.Field == field })
}

// Required trims the text and wants between 1 and max characters on one line, of
// which one at least is seen.
func (c *Checker) Required(field string, text *string, max int) {
	c.requiredOr(problem.CodeRequired, field, text, max)
}

// requiredOr is Required with a code of its own for a text of which nothing is seen.
func (c *Checker) requiredOr(code problem.Code, field string, text *string, max int) {
	*text = trimmed(*text)
	if strings.IndexFunc(*text, func(r rune) bool {
		return unicode.IsGraphic(r) && !unicode.IsSpace(r) &&
			!filter.Ignorable(r)
	}) < 0 {
		c.Add(field, code)
		return
	}
	c.Line(field, text, max)
}

// trimmed returns the text without the blanks at its ends, also those that have
// characters at their outer side which are not seen: names are compared without
// these. Those next to the text stay, since a mark of direction belongs there. Of a
// text of which nothing is seen, nothing is left.
func trimmed(text string) string {
	outer := func(r rune) bool { return unicode.IsSpace(r) || filter.Ignorable(r) }
	inner := strings.TrimLeftFunc(text, outer)
	if inner == "" {
		return ""
	}
	head := text[:len(text)-len(inner)]
	if i := strings.LastIndexFunc(head, unicode.IsSpace); i >= 0 {
		text = strings.TrimLeftFunc(head[i:], unicode.IsSpace) + inner
	}
	inner = strings.TrimRightFunc(text, outer)
	if i := strings.IndexFunc(text[len(inner):], unicode.IsSpace); i >= 0 {
		text = text[:len(inner)+i]
	}
	return text
}

// line trims the text and wants at most max characters on one line.
func (c *Checker) Line(field string, text *string, max int) {
	*text = trimmed(*text)
	c.Text(field, *text, max)
	if strings.ContainsAny(*text, "\r\n\t") {
		c.Add(field, problem.CodeOneLine)
	}
}

// text wants at most max characters and no control characters but line ends and
// tabs; none either that change the direction of the text around them.
func (c *Checker) Text(field, text string, max int) {
	if utf8.RuneCountInString(text) > max {
		c.Add(field, problem.CodeTooLong, max)
	}
	if strings.ContainsFunc(text, func(r rune) bool {
		return forbidden(r) &&
			!strings.ContainsRune("\r\n\t", r)
	}) {
		c.Add(field, problem.CodeBadCharacter)
	}
}

// forbidden reports whether a character is a control, changes the direction of the
// text around it, or is none at all. The marks U+200E, U+200F and U+061C only have a
// direction themselves; names in Hebrew and Arabic need them.
func forbidden(r rune) bool {
	mark := r == '\u200E' || r == '\u200F' || r == '\u061C'
	return unicode.IsControl(r) || r == utf8.RuneError || unicode.In(r, unicode.Bidi_Control, unicode.Zl,
		unicode.Zp) && !mark
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// email wants an address alone, without a display name. Empty is fine.
func (c *Checker) email(field string, text *string) {
	c.Line(field, text, maxEmail)
	if *text == "" {
		return
	}
	if a, err := mail.ParseAddress(*text); err != nil || a.Address != *text {
		c.Add(field, problem.CodeNotEmail)
	}
}

// err is Invalid with all fields, or nil when nothing was wrong.
func (c *Checker) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return problem.InvalidFields(c.fields)
}
