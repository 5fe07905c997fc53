// SPDX-License-Identifier: Apache-2.0

package filter

import "fmt"

// compare reads a property, an operator and its value.
func (p *parser) compare() (Node, error) {
	name := p.token
	if p.terms++; p.terms > MaxTerms {
		return nil, p.fail(name, fmt.Sprintf("the filter has more than %d comparisons; ask in several parts", MaxTerms))
	}
	// The next token is read before the name is looked up: for emails[type eq "x"]
	// the error about brackets helps more than the one about the name.
	if err := p.advance(); err != nil {
		return nil, err
	}
	property, ok := p.schema.lookup(name.text)
	if !ok {
		return nil, p.fail(name, unknownProperty(name.text, p.schema))
	}
	op, err := p.operator(property)
	if err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if op == Pr {
		return Compare{Property: property, Op: op}, nil
	}
	value, err := p.value(property, op)
	if err != nil {
		return nil, err
	}
	return Compare{Property: property, Op: op, Value: value}, p.advance()
}

// operator checks the token in the place of an operator, without taking it.
func (p *parser) operator(property Property) (Op, error) {
	const all = "use one of eq, ne, co, sw, ew, gt, ge, lt, le, pr"
	if p.token.kind != tokenWord {
		return 0, p.fail(p.token, "an operator is missing here; "+all)
	}
	op, ok := parseOp(p.token.text)
	if !ok {
		return 0, p.fail(p.token, "unknown operator "+show(p.token.text)+"; "+all)
	}
	if property.Kind == Time && op.matchesPart() {
		return 0, p.fail(p.token, op.String()+" does not work on a time; use eq, ne, gt, ge, lt, le or pr")
	}
	return op, nil
}
