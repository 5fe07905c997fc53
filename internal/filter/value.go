// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"strconv"
	"strings"
	"time"
)

// value checks the token in the place of a literal, without taking it.
func (p *parser) value(property Property, op Op) (Value, error) {
	at := p.token
	switch {
	case at.kind == tokenWord:
		return p.bareValue(property, op)
	case at.kind != tokenString:
		return Value{}, p.fail(at, "a value is missing here; write it in double quotes")
	case property.Kind == Text || op.matchesPart():
		return Value{Text: Fold(at.text)}, nil
	case property.Kind == Time:
		instant, ok := parseTime(at.text)
		if !ok {
			return Value{}, p.fail(at, `this is not a time; write it as "2006-01-02T15:04:05Z", with any offset, or "2006-01-02", in the years 0001 to 9999`)
		}
		return Value{Time: instant}, nil
	}
	number, ok := parseNumber(trimPrefix(at.text, property.Prefix))
	if !ok {
		return Value{}, p.fail(at, "this is not an id; write it as %q, digits only, without leading zeros", property.Prefix+"1")
	}
	return Value{Number: number}, nil
}

// bareValue checks a literal that is not in quotes: null, true, false or a number.
func (p *parser) bareValue(property Property, op Op) (Value, error) {
	at := p.token
	switch c := at.text[0]; {
	case at.is("null"):
		if op != Eq && op != Ne {
			return Value{}, p.fail(at, "null works with eq and ne only; use one of them, or pr")
		}
		return Value{Null: true}, nil
	case at.is("true"), at.is("false"):
		return Value{}, p.fail(at, "this property is not true or false; compare it with a value in double quotes")
	case (c < '0' || '9' < c) && c != '-' && c != '+':
		return Value{}, p.fail(at, "text must be in double quotes; put them around %s", show(at.text))
	case property.Kind == Text:
		return Value{}, p.fail(at, "this property is text; put the number in double quotes")
	case property.Kind == Time:
		return Value{}, p.fail(at, `this property is a time; write it as "2006-01-02T15:04:05Z", in double quotes`)
	case op.matchesPart():
		return Value{}, p.fail(at, "%s compares text; put the number in double quotes", op)
	}
	number, ok := parseNumber(at.text)
	if !ok {
		return Value{}, p.fail(at, "this is not the number of an id; write digits only, without sign, fraction, exponent or leading zeros")
	}
	return Value{Number: number}, nil
}

// trimPrefix removes the prefix in any letter case, if it is there.
func trimPrefix(s, prefix string) string {
	if len(s) >= len(prefix) && lowerASCII(s[:len(prefix)]) == lowerASCII(prefix) {
		return s[len(prefix):]
	}
	return s
}

// parseNumber reads a number in its one canonical form, so that an id has one
// spelling and nothing is rounded.
func parseNumber(s string) (int64, bool) {
	number, err := strconv.ParseInt(s, 10, 64)
	if err != nil || number < 0 || strconv.FormatInt(number, 10) != s {
		return 0, false
	}
	return number, true
}

// parseTime reads RFC 3339, a date (midnight UTC), or a date and a time parted by
// a blank, in UTC unless an offset follows.
func parseTime(s string) (time.Time, bool) {
	const date = len("2006-01-02")
	s = strings.ToUpper(s) // RFC 3339 allows t and z
	switch {
	case len(s) == date:
		s += "T00:00:00Z"
	case len(s) > date && s[date] == ' ':
		if !strings.ContainsAny(s[date:], "Z+-") {
			s += "Z"
		}
		s = s[:date] + "T" + s[date+1:]
	}
	instant, err := time.Parse(time.RFC3339, s)
	if err != nil || !strictRFC3339(s) {
		return time.Time{}, false
	}
	// The offset can carry an instant out of the years that can be stored.
	instant = instant.UTC()
	return instant, 1 <= instant.Year() && instant.Year() <= 9999
}

// strictRFC3339 refuses what time.Parse takes beyond RFC 3339 (go.dev/issue/54580):
// hours of one digit, a comma before the fraction, and offsets of 24:60.
func strictRFC3339(s string) bool {
	if s[len("2006-01-02T15")] != ':' || strings.Contains(s, ",") {
		return false
	}
	offset := s[len(s)-len("07:00"):]
	return strings.HasSuffix(s, "Z") || offset[:2] < "24" && offset[3:] < "60"
}
