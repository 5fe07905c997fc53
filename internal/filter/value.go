// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// value checks the current token as a literal, without advancing.
func (p *parser) value(property Property, op Op) (Value, error) {
	at := p.token
	switch {
	case at.kind == tokenWord:
		return p.bareValue(property, op)
	case at.kind != tokenString:
		return Value{}, p.fail(at, codeNoValue)
	case property.Kind == Text || op.matchesPart():
		text := Fold(at.text)
		if !property.Values.has(op, text) {
			return Value{}, p.fail(at, codeNotAmongValues, property.Values)
		}
		return Value{Text: text}, nil
	case property.Kind == Time:
		instant, ok := parseTime(at.text)
		if !ok {
			return Value{}, p.fail(at, codeNotTime)
		}
		return Value{Time: instant}, nil
	}
	number, err := parseNumber(trimPrefix(at.text, property.Prefix))
	if errors.Is(err, strconv.ErrRange) {
		return Value{}, p.tooLarge(at)
	}
	if err != nil {
		return Value{}, p.fail(at, codeNotID, property.Prefix+"1")
	}
	return Value{Number: number}, nil
}

// bareValue checks a literal that is not in quotes: null, true, false or a number.
func (p *parser) bareValue(property Property, op Op) (Value, error) {
	at := p.token
	switch c := at.text[0]; {
	case at.is("null"):
		if op != Eq && op != Ne {
			return Value{}, p.fail(at, codeNullOperator)
		}
		return Value{Null: true}, nil
	case at.is("true"), at.is("false"):
		return Value{}, p.fail(at, codeNotFlag)
	case (c < '0' || '9' < c) && c != '-' && c != '+':
		return Value{}, p.fail(at, codeNotQuoted, show(at.text))
	case property.Kind == Text:
		return Value{}, p.fail(at, codeTextProperty)
	case property.Kind == Time:
		return Value{}, p.fail(at, codeTimeProperty)
	case op.matchesPart():
		return Value{}, p.fail(at, codeOperatorOnNumber, op)
	}
	number, err := parseNumber(at.text)
	if errors.Is(err, strconv.ErrRange) {
		return Value{}, p.tooLarge(at)
	}
	if err != nil {
		return Value{}, p.fail(at, codeNotNumber)
	}
	return Value{Number: number}, nil
}

func (p *parser) tooLarge(at token) error {
	return p.fail(at, codeNumberTooLarge, int64(math.MaxInt64))
}

// trimPrefix removes the prefix in any letter case, if it is there.
func trimPrefix(s, prefix string) string {
	if len(s) >= len(prefix) && lowerASCII(s[:len(prefix)]) == lowerASCII(prefix) {
		return s[len(prefix):]
	}
	return s
}

// parseNumber reads a number in its one canonical form, so that an id has one
// spelling and nothing is rounded. The error of a number that has this form and
// is too large is [strconv.ErrRange].
func parseNumber(s string) (int64, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" || s[0] == '0' && s != "0" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(s, 10, 64)
}

// parseTime reads a date and a time in the form of xsd:dateTime or RFC 3339, or with a
// blank between them. A date alone means its midnight. A time without an offset is in
// UTC. The colon or the minutes of an offset may be absent.
func parseTime(s string) (time.Time, bool) {
	const date = len("2006-01-02")
	s = strings.ToUpper(s) // RFC 3339 allows t and z
	if len(s) == date {
		s += "T00:00:00"
	}
	if len(s) <= date || s[date] != 'T' && s[date] != ' ' {
		return time.Time{}, false
	}
	day, clock, zone := s[:date], s[date+1:], "Z"
	if at := strings.IndexAny(clock, "Z+-"); at >= 0 {
		clock, zone = clock[:at], fullOffset(clock[at:])
	}
	clock, late := endOfDay(clock)
	s = day + "T" + clock + zone
	instant, err := time.Parse(time.RFC3339, s)
	if err != nil || !strictRFC3339(s) {
		return time.Time{}, false
	}
	// The offset can move an instant out of the years that can be stored.
	instant = instant.UTC().Add(late)
	return instant, 1 <= instant.Year() && instant.Year() <= 9999
}

// fullOffset returns +02:00 for +02 and +0200, and anything else as it is.
func fullOffset(zone string) string {
	const hours = len("+02")
	switch {
	case len(zone) == hours:
		return zone + ":00"
	case len(zone) == hours+len("00") && !strings.Contains(zone, ":"):
		return zone[:hours] + ":" + zone[hours:]
	}
	return zone
}

// endOfDay returns midnight and a day for 24:00:00, which in xsd:dateTime means the first
// instant of the next day. It returns other times unchanged.
func endOfDay(clock string) (string, time.Duration) {
	if fraction, ok := strings.CutPrefix(clock, "24:00:00"); ok && strings.Trim(fraction, ".0") == "" {
		return "00:00:00" + fraction, 24 * time.Hour
	}
	return clock, 0
}

// strictRFC3339 reports whether a time that time.Parse accepts is in RFC 3339, too. Without
// it, hours of one digit, a comma before the fraction, and offsets of 24:60 would be
// accepted (go.dev/issue/54580).
func strictRFC3339(s string) bool {
	if s[len("2006-01-02T15")] != ':' || strings.Contains(s, ",") {
		return false
	}
	offset := s[len(s)-len("07:00"):]
	return strings.HasSuffix(s, "Z") || offset[:2] < "24" && offset[3:] < "60"
}
