// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"cmp"
	"strconv"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// constant is the value of a column for every company, or for every company in one state. No table has such a
// column, so the comparison is made here. The zero constant is an absent value.
type constant struct {
	kind   constantKind
	text   string // folded
	number int64  // 1 for a flag that is true
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

// holds reports whether the comparison holds for any of the values or, if it is negated, for none of them.
// Its error is of status 400.
func (c constant) holds(operator comparison, values []string) (bool, error) {
	anyHolds := false
	for _, value := range values {
		holds, err := c.matches(operator, value)
		if err != nil {
			return false, err
		}
		anyHolds = anyHolds || holds
	}
	return anyHolds != operator.negated, nil
}

func (c constant) matches(operator comparison, value string) (bool, error) {
	switch null := value == noValue && (operator.list || c.kind == statusConstant); {
	case c.kind == noConstant: // equal only to no value
		none := null || value == ""
		return operator.op == filter.Eq && none || operator.op == filter.Ne && !none, nil
	case null:
		return operator.op == filter.Ne, nil
	case c.kind == textConstant && operator.op == filter.Co:
		return strings.Contains(c.text, filter.Fold(value)), nil
	case c.kind == textConstant:
		return orderHolds(operator.op, cmp.Compare(c.text, filter.Fold(value))), nil
	case operator.op == filter.Co && c.kind == numberConstant && onlyDigits(value):
		return strings.Contains(strconv.FormatInt(c.number, 10), value), nil
	case operator.op == filter.Co && c.kind == numberConstant:
		return false, badParameter("fq", "needs digits, not "+quoted(value)+".")
	case operator.op == filter.Co:
		return false, badParameter("fq",
			"cannot look within status and flags. Use eq, neq, gt, lt, gteq, lteq, in or nin.")
	}
	n, err := c.parse(value)
	return err == nil && orderHolds(operator.op, cmp.Compare(c.number, n)), err
}

// parse reads a value of the constant's kind.
func (c constant) parse(value string) (int64, error) {
	switch c.kind {
	case statusConstant:
		if n, ok := parseStatus(value); ok {
			return n, nil
		}
		return 0, badParameter("fq",
			"has the unknown status "+quoted(value)+". Use 0 to 3, UNKNOWN, ACTIVE, DEACTIVATED or DELETED.")
	case flagConstant:
		switch strings.ToLower(value) {
		case "true", "1":
			return 1, nil
		case "false", "0":
			return 0, nil
		}
		return 0, badParameter("fq", "needs true or false, not "+quoted(value)+".")
	}
	n, err := tenancy.ParseOrganizationNumber(value)
	if err != nil {
		return 0, notANumber(value)
	}
	return int64(n), nil
}

func onlyDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
