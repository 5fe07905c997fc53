// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

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
