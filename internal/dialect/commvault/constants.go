// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"cmp"
	"strconv"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// constant is a value that a column has for every company, or for every one in the
// same state: these are compared here, since no table has them. The zero one is
// absent.
type constant struct {
	kind   constantKind
	text   string // folded
	number int64  // of a flag, 1 for true
}

type constantKind int

const (
	noConstant constantKind = iota
	textConstant
	numberConstant
	flagConstant
	statusConstant // a number with a word
)

func constantText(text string) constant { return constant{kind: textConstant, text: filter.Fold(text)} }

func constantNumber(n int64) constant { return constant{kind: numberConstant, number: n} }

func constantFlag(yes bool) constant {
	c := constant{kind: flagConstant}
	if yes {
		c.number = 1
	}
	return c
}

// holds reports whether the comparison holds for any of the values, or for none
// if it is negated. The error is of status 400.
func (c constant) holds(how comparison, values []string) (bool, error) {
	any := false
	for _, value := range values {
		one, err := c.matches(how, value)
		if err != nil {
			return false, err
		}
		any = any || one
	}
	return any != how.negated, nil
}

func (c constant) matches(how comparison, value string) (bool, error) {
	switch null := value == noValue && (how.list || c.kind == statusConstant); {
	case c.kind == noConstant: // only none equals it
		none := null || value == ""
		return how.op == filter.Eq && none || how.op == filter.Ne && !none, nil
	case null:
		return how.op == filter.Ne, nil
	case c.kind == textConstant && how.op == filter.Co:
		return strings.Contains(c.text, filter.Fold(value)), nil
	case c.kind == textConstant:
		return holds(how.op, cmp.Compare(c.text, filter.Fold(value))), nil
	case how.op == filter.Co && c.kind == numberConstant && onlyDigits(value):
		return strings.Contains(strconv.FormatInt(c.number, 10), value), nil
	case how.op == filter.Co && c.kind == numberConstant:
		return false, badParameter("fq", "needs digits, not "+echoed(value)+".")
	case how.op == filter.Co:
		return false, badParameter("fq", "cannot look within status and flags. Use eq, neq, gt, lt, gteq, lteq, in or nin.")
	}
	n, err := c.parse(value)
	return err == nil && holds(how.op, cmp.Compare(c.number, n)), err
}

// parse reads a value of the constant's kind.
func (c constant) parse(value string) (int64, error) {
	switch c.kind {
	case statusConstant:
		if n, ok := parseStatus(value); ok {
			return n, nil
		}
		return 0, badParameter("fq", "has the unknown status "+echoed(value)+". Use 0 to 3, UNKNOWN, ACTIVE, DEACTIVATED or DELETED.")
	case flagConstant:
		switch strings.ToLower(value) {
		case "true", "1":
			return 1, nil
		case "false", "0":
			return 0, nil
		}
		return 0, badParameter("fq", "needs true or false, not "+echoed(value)+".")
	}
	n, err := tenancy.ParseOrganizationNumber(value)
	if err != nil {
		return 0, notANumber(value)
	}
	return int64(n), nil
}

func onlyDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
