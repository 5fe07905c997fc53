// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
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

const noValue = "null,"

// addComparisons adds a comparison with one value or several.
func (c *conditions) addComparisons(col column, operator comparison, values []string) error {
	var nodes []filter.Node
	for _, value := range values {
		node, err := col.comparisonNode(operator, value)
		if err != nil {
			return err
		}
		nodes = append(nodes, node)
	}
	c.addAny(operator.negated, nodes)
	return nil
}

// comparisonNode returns the comparison with one value.
func (col column) comparisonNode(operator comparison, value string) (filter.Node, error) {
	if col.kind == listColumn { // no item contains a control character; see tenancy.ListedText
		value = strings.ReplaceAll(value, "\n", "\x01")
	}
	v, err := col.parseValue(operator, value)
	if err != nil {
		return nil, err
	}
	compare := filter.Compare{Property: col.property, Op: operator.op, Value: v}
	if col.kind != listColumn || v.Null || v.Text == "" || operator.op == filter.Co {
		return compare, nil
	}
	compare.Value.Text = tenancy.ListedText(value)
	switch operator.op {
	case filter.Eq:
		compare.Op = filter.Co // a list equals each of its items
	case filter.Ne:
		compare.Op = filter.Co
		return filter.Not{Term: compare}, nil
	}
	return compare, nil
}

// addAny adds a condition: one of the comparisons must hold, or none of them if it is negated.
func (c *conditions) addAny(negated bool, nodes []filter.Node) {
	node := nodes[0]
	if len(nodes) > 1 {
		node = filter.Or{Terms: nodes}
	}
	if negated {
		node = filter.Not{Term: node}
	}
	c.terms = append(c.terms, node)
}

// parseValue reads a value in the form that the column has.
func (col column) parseValue(operator comparison, text string) (filter.Value, error) {
	switch {
	case operator.list && text == noValue:
		return filter.Value{Null: true}, nil
	case col.kind == textColumn, col.kind == listColumn:
		return filter.Value{Text: filter.Fold(text)}, nil
	case col.kind == guidColumn:
		if operator.op != filter.Eq && operator.op != filter.Ne {
			return filter.Value{}, badParameter("fq", "compares providerGUID with eq, neq, in and nin only.")
		}
		number, ours, err := numberOfGUID(text)
		if err != nil {
			return filter.Value{}, badParameter("fq", "needs a GUID, not "+quoted(text)+".")
		}
		if !ours {
			number = unusedNumber
		}
		return filter.Value{Number: number}, nil
	case operator.op == filter.Co: // searches within the digits
		if !onlyDigits(text) {
			return filter.Value{}, badParameter("fq", "needs digits, not "+quoted(text)+".")
		}
		return filter.Value{Text: text}, nil
	}
	number, err := tenancy.ParseOrganizationNumber(text)
	if err != nil {
		return filter.Value{}, notANumber(text)
	}
	return filter.Value{Number: int64(number)}, nil
}

// notANumber returns the error of status 400 for a text that is not a valid number.
func notANumber(text string) error {
	if tooLarge(text) {
		return badParameter("fq",
			"has a number that is too large: "+quoted(text)+". The greatest is "+maxNumber+".")
	}
	return badParameter("fq", "needs a whole number, not "+quoted(text)+".")
}

// addConstants compares the values of a constant column for the two states that a company can have. It adds
// the condition that a company is in a state that matches.
func (c *conditions) addConstants(col column, operator comparison, values []string) error {
	active, err := col.active.holds(operator, values)
	if err != nil {
		return err
	}
	inactive, err := col.inactive.holds(operator, values)
	if err != nil || active && inactive {
		return err
	}
	state := "" // no company has this state
	switch {
	case active:
		state = string(tenancy.OrganizationActive)
	case inactive:
		state = string(tenancy.OrganizationInactive)
	}
	c.terms = append(c.terms, inState(state))
	return nil
}

func inState(state string) filter.Node {
	return filter.Compare{Property: tenancy.OrganizationProperties()[tenancy.PropertyState], Op: filter.Eq,
		Value: filter.Value{Text: state}}
}

// matchNothing returns a condition that no row meets.
func (s columnSet) matchNothing() filter.Node {
	col, _ := s.lookup(s.idColumn)
	return filter.Compare{Property: col.property, Op: filter.Eq, Value: filter.Value{Number: unusedNumber}}
}

// orderHolds reports whether an operator holds for two values, given the result of cmp.Compare for them.
func orderHolds(op filter.Op, order int) bool {
	switch op {
	case filter.Eq:
		return order == 0
	case filter.Ne:
		return order != 0
	case filter.Gt:
		return order > 0
	case filter.Ge:
		return order >= 0
	case filter.Lt:
		return order < 0
	}
	return order <= 0
}

// addSearch adds the condition that one of the columns contains a text: a part of a text, a whole GUID or the
// word of a status. Some clients write "<columns>:contains:<text>". A column with the same value for every
// company is skipped, because it would match all companies or none.
func (c *conditions) addSearch(text string) error {
	if text == "" {
		return nil
	}
	columns := c.set.defaultSearch
	if head, rest, found := strings.Cut(text, ":contains:"); found {
		columns, text = head, rest
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || len(text) > filter.MaxLength {
		return badParameter("search", "cannot be in any column.")
	}
	var nodes []filter.Node
	searchable := false
	for name := range strings.SplitSeq(columns, ",") {
		col, ok := c.set.lookup(name)
		if !ok || col.kind == constantColumn && col.active.kind != statusConstant {
			continue
		}
		searchable = true
		if node, ok := col.searchNode(text); ok {
			nodes = append(nodes, node)
		}
	}
	switch {
	case !searchable || len(nodes) > filter.MaxTerms:
		return badParameter("search",
			"must be a text, or <columns>:contains:<text> with some of these columns: "+
				c.set.defaultSearch+".")
	case len(nodes) == 0:
		nodes = append(nodes, c.set.matchNothing()) // no GUID, status or number is such a text
	}
	c.addAny(false, nodes)
	return nil
}

// searchNode returns the condition that the column contains a text. ok is false if the column can never
// contain it.
func (col column) searchNode(text string) (node filter.Node, ok bool) {
	operator := comparison{op: filter.Co}
	switch col.kind {
	case constantColumn:
		for _, state := range []tenancy.OrganizationState{tenancy.OrganizationActive,
			tenancy.OrganizationInactive} {
			if strings.EqualFold(text, statusWord(state)) {
				return inState(string(state)), true
			}
		}
		return nil, false
	case guidColumn:
		operator.op = filter.Eq
	}
	node, err := col.comparisonNode(operator, text)
	return node, err == nil
}
