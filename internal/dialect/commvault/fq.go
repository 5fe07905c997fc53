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

// comparison is one operator of the wire. Lists hold for any of their values;
// negated ones hold for none.
type comparison struct {
	op      filter.Op
	list    bool
	negated bool // the opposite of op, for every value
}

const operatorNames = "contains, notcontain, eq, neq, gt, lt, gteq, lteq, in, nin"

func comparisonOf(name string) (comparison, bool) {
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

// tooLarge reports whether a text that is no number here is one in its usual
// form, and so must be greater than maxNumber.
func tooLarge(text string) bool {
	return strings.Trim(text, "0123456789") == "" && len(text) >= len(maxNumber) && text[0] != '0'
}

// foreign is a number that no organization has.
const foreign = math.MaxInt64

// conditions gathers what a list must meet, all of it. What it does not
// understand is an error, since clients take the first row unchecked.
type conditions struct {
	set   columnSet
	terms []filter.Node
	count int // comparisons so far
}

// node returns the tree; nil when there is nothing to meet.
func (c *conditions) node() filter.Node {
	switch len(c.terms) {
	case 0:
		return nil
	case 1:
		return c.terms[0]
	}
	return filter.And{Terms: c.terms}
}

// fq adds one "<column>:<operator>:<value>"; the value may hold colons.
func (c *conditions) fq(text string) error {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) < 3 {
		return badParameter("fq", "must be <column>:<operator>:<value>, not "+echoed(text)+".")
	}
	col, ok := c.set.find(parts[0])
	if !ok {
		return badParameter("fq", "has the unknown column "+echoed(parts[0])+". Use one of: "+c.set.names+".")
	}
	how, ok := comparisonOf(parts[1])
	if !ok {
		return badParameter("fq", "has the unknown operator "+echoed(parts[1])+". Use one of: "+operatorNames+".")
	}
	values, err := valuesOf(how, parts[2])
	if err != nil {
		return err
	}
	if c.count += len(values); c.count > filter.MaxTerms {
		return badParameter("fq", "has more than "+strconv.Itoa(filter.MaxTerms)+" values in all. Ask in several parts.")
	}
	if col.kind == constantColumn {
		return c.constants(col, how, values)
	}
	return c.compare(col, how, values)
}

// valuesOf takes a list apart. "null," is how clients ask for no value.
func valuesOf(how comparison, text string) ([]string, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || len(text) > filter.MaxLength {
		return nil, badParameter("fq", "has a value that cannot be in any column.")
	}
	if how.op == filter.Co && filter.Fold(text) == "" { // every text has it in it, and the client left it out by mistake
		return nil, badParameter("fq", "needs a text to look for.")
	}
	if !how.list || text == noValue {
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

// compare adds a comparison with one value or several.
func (c *conditions) compare(col column, how comparison, values []string) error {
	var any []filter.Node
	for _, value := range values {
		node, err := col.node(how, value)
		if err != nil {
			return err
		}
		any = append(any, node)
	}
	c.add(how.negated, any)
	return nil
}

// node is the comparison with one value.
func (col column) node(how comparison, value string) (filter.Node, error) {
	if col.kind == listColumn { // a line end parts the items, see tenancy.ListedText; a control is in none
		value = strings.ReplaceAll(value, "\n", "\x01")
	}
	v, err := col.value(how, value)
	if err != nil {
		return nil, err
	}
	compare := filter.Compare{Property: col.property, Op: how.op, Value: v}
	if col.kind != listColumn || v.Null || v.Text == "" || how.op == filter.Co {
		return compare, nil
	}
	compare.Value.Text = tenancy.ListedText(value)
	switch how.op {
	case filter.Eq:
		compare.Op = filter.Co // a list equals each of its items
	case filter.Ne:
		compare.Op = filter.Co
		return filter.Not{Term: compare}, nil
	}
	return compare, nil
}

// add takes comparisons of which one must hold, or none.
func (c *conditions) add(negated bool, any []filter.Node) {
	node := any[0]
	if len(any) > 1 {
		node = filter.Or{Terms: any}
	}
	if negated {
		node = filter.Not{Term: node}
	}
	c.terms = append(c.terms, node)
}

// value reads a value as the column has it.
func (col column) value(how comparison, text string) (filter.Value, error) {
	switch {
	case how.list && text == noValue:
		return filter.Value{Null: true}, nil
	case col.kind == textColumn, col.kind == listColumn:
		return filter.Value{Text: filter.Fold(text)}, nil
	case col.kind == guidColumn:
		if how.op != filter.Eq && how.op != filter.Ne {
			return filter.Value{}, badParameter("fq", "compares providerGUID with eq, neq, in and nin only.")
		}
		number, ours, err := numberOfGUID(text)
		if err != nil {
			return filter.Value{}, badParameter("fq", "needs a GUID, not "+echoed(text)+".")
		}
		if !ours {
			number = foreign
		}
		return filter.Value{Number: number}, nil
	case how.op == filter.Co: // within the number as it is written
		if !onlyDigits(text) {
			return filter.Value{}, badParameter("fq", "needs digits, not "+echoed(text)+".")
		}
		return filter.Value{Text: text}, nil
	}
	number, err := tenancy.ParseOrganizationNumber(text)
	if err != nil {
		return filter.Value{}, notANumber(text)
	}
	return filter.Value{Number: int64(number)}, nil
}

// notANumber is the error of status 400 for a text that is no number here.
func notANumber(text string) error {
	if tooLarge(text) {
		return badParameter("fq", "has a number that is too large: "+echoed(text)+". The greatest is "+maxNumber+".")
	}
	return badParameter("fq", "needs a whole number, not "+echoed(text)+".")
}

// constants compares what a column has in each of the two states there are, and asks
// for the companies in those that fit.
func (c *conditions) constants(col column, how comparison, values []string) error {
	active, err := col.active.holds(how, values)
	if err != nil {
		return err
	}
	inactive, err := col.inactive.holds(how, values)
	if err != nil || active && inactive {
		return err
	}
	state := "" // without one the comparison is with the empty text, which none has
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
	return filter.Compare{Property: tenancy.OrganizationProperties()["state"], Op: filter.Eq, Value: filter.Value{Text: state}}
}

// nothing is what no row meets.
func (s columnSet) nothing() filter.Node {
	col, _ := s.find(s.number)
	return filter.Compare{Property: col.property, Op: filter.Eq, Value: filter.Value{Number: foreign}}
}

func holds(op filter.Op, order int) bool {
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

// search adds a text that must be in one of the columns: a part of a text, a
// whole GUID or the word of a status. Some clients write
// "<columns>:contains:<text>"; columns that are the same for every company are
// passed over, since all or none would be found by them.
func (c *conditions) search(text string) error {
	if text == "" {
		return nil
	}
	columns := c.set.searched
	if head, rest, found := strings.Cut(text, ":contains:"); found {
		columns, text = head, rest
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || len(text) > filter.MaxLength {
		return badParameter("search", "cannot be in any column.")
	}
	var any []filter.Node
	looked := false
	for name := range strings.SplitSeq(columns, ",") {
		col, ok := c.set.find(name)
		if !ok || col.kind == constantColumn && col.active.kind != statusConstant {
			continue
		}
		looked = true
		if node, ok := col.search(text); ok {
			any = append(any, node)
		}
	}
	switch {
	case !looked || len(any) > filter.MaxTerms:
		return badParameter("search", "must be a text, or <columns>:contains:<text> with some of these columns: "+c.set.searched+".")
	case len(any) == 0:
		any = append(any, c.set.nothing()) // no GUID, status or number is such a text
	}
	c.add(false, any)
	return nil
}

// search is the condition that a text is found in the column; ok is false where
// the column cannot have it.
func (col column) search(text string) (node filter.Node, ok bool) {
	within := comparison{op: filter.Co}
	switch col.kind {
	case constantColumn:
		for _, state := range []tenancy.OrganizationState{tenancy.OrganizationActive, tenancy.OrganizationInactive} {
			if strings.EqualFold(text, statusWord(state)) {
				return inState(string(state)), true
			}
		}
		return nil, false
	case guidColumn:
		within.op = filter.Eq
	}
	node, err := col.node(within, text)
	return node, err == nil
}
