// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/filter"
)

// comparison is an operator of the wire. A list operator holds if it holds for any of its values. A negated
// operator holds if op holds for none of them.
type comparison struct {
	op      filter.Op
	list    bool
	negated bool
}

const operatorNames = "contains, notcontain, eq, neq, gt, lt, gteq, lteq, in, nin"

func parseOperator(name string) (comparison, bool) {
	switch strings.ToLower(name) {
	case "contains":
		return comparison{op: filter.Co}, true
	case "notcontain":
		return comparison{op: filter.Co, negated: true}, true
	case "eq":
		return comparison{op: filter.Eq}, true
	case "neq":
		return comparison{op: filter.Ne}, true
	case "gt":
		return comparison{op: filter.Gt}, true
	case "lt":
		return comparison{op: filter.Lt}, true
	case "gteq":
		return comparison{op: filter.Ge}, true
	case "lteq":
		return comparison{op: filter.Le}, true
	case "in":
		return comparison{op: filter.Eq, list: true}, true
	case "nin":
		return comparison{op: filter.Eq, list: true, negated: true}, true
	}
	return comparison{}, false
}

// maxNumber is the greatest number that a column can be compared with.
const maxNumber = "9223372036854775807"

// tooLarge reports whether a text that could not be parsed is a plain decimal number. Such a number must be
// greater than maxNumber.
func tooLarge(text string) bool {
	return strings.Trim(text, "0123456789") == "" && len(text) >= len(maxNumber) && text[0] != '0'
}

// unusedNumber is a number that no organization has.
const unusedNumber = math.MaxInt64

// conditions collects the conditions that a list must meet; all of them must hold. A condition that cannot be
// understood is an error, because clients take the first row without checking it.
type conditions struct {
	set   columnSet
	terms []filter.Node
	count int // comparisons so far
}

// tree returns the filter, or nil if there are no conditions.
func (c *conditions) tree() filter.Node {
	switch len(c.terms) {
	case 0:
		return nil
	case 1:
		return c.terms[0]
	}
	return filter.And{Terms: c.terms}
}

// addFilter adds one "<column>:<operator>:<value>". The value may contain colons.
func (c *conditions) addFilter(text string) error {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) < 3 {
		return badParameter("fq", "must be <column>:<operator>:<value>, not "+quoted(text)+".")
	}
	col, ok := c.set.lookup(parts[0])
	if !ok {
		return badParameter("fq", "has the unknown column "+quoted(parts[0])+". Use one of: "+c.set.help+".")
	}
	operator, ok := parseOperator(parts[1])
	if !ok {
		return badParameter("fq",
			"has the unknown operator "+quoted(parts[1])+". Use one of: "+operatorNames+".")
	}
	values, err := parseValues(operator, parts[2])
	if err != nil {
		return err
	}
	if c.count += len(values); c.count > filter.MaxTerms {
		return badParameter("fq",
			"has more than "+strconv.Itoa(filter.MaxTerms)+" values in all. Ask in several parts.")
	}
	if col.kind == constantColumn {
		return c.addConstants(col, operator, values)
	}
	return c.addComparisons(col, operator, values)
}

// parseValues returns the values of a comparison. Clients write "null," to ask for rows without a value.
func parseValues(operator comparison, text string) ([]string, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || len(text) > filter.MaxLength {
		return nil, badParameter("fq", "has a value that cannot be in any column.")
	}
	// every row would match; the client left the text out by mistake
	if operator.op == filter.Co && filter.Fold(text) == "" {
		return nil, badParameter("fq", "needs a text to look for.")
	}
	if !operator.list || text == noValue {
		return []string{text}, nil
	}
	var values []string
	for value := range strings.SplitSeq(text, ",") {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return nil, badParameter("fq", "has a list without values.")
	}
	return values, nil
}
