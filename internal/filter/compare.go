// SPDX-License-Identifier: Apache-2.0

package filter

// compare reads a property, an operator and its value.
func (p *parser) compare() (Node, error) {
	name := p.token
	if p.terms++; p.terms > MaxTerms {
		return nil, p.fail(name, codeTooManyTerms, MaxTerms)
	}
	// The next token is read before the name is looked up: for emails[type eq "x"]
	// the error about brackets helps more than the one about the name.
	if err := p.advance(); err != nil {
		return nil, err
	}
	property, ok := p.schema.lookup(name.text)
	if !ok {
		return nil, fail(p.lexer.text, name.offset, unknownProperty(name.text, p.schema))
	}
	op, err := p.operator(property)
	if err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if property.Kind == Flag {
		return p.flag(property, op)
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

// flag reads true, false or null and returns the comparison with the text that means
// true, so that engines do not handle flags. Some clients put every value in quotes and
// write "true".
func (p *parser) flag(property Property, op Op) (Node, error) {
	c := Compare{Property: Property{Name: property.Name, Kind: Text}, Op: op}
	if op == Pr {
		return c, nil
	}
	switch at := p.token; {
	case at.is("null"):
		c.Value.Null = true
	case at.isQuotable("true"):
		c.Value.Text = property.True
	case at.isQuotable("false"):
		c.Value.Text = property.True
		c.Op = Eq + Ne - op
	default:
		return nil, p.fail(at, codeFlagOnly)
	}
	return c, p.advance()
}

// operator checks the current token as an operator, without advancing.
func (p *parser) operator(property Property) (Op, error) {
	const all = "eq, ne, co, sw, ew, gt, ge, lt, le, pr"
	if p.token.kind != tokenWord {
		return 0, p.fail(p.token, codeNoOperator, all)
	}
	op, ok := parseOp(p.token.text)
	if !ok {
		return 0, p.fail(p.token, codeUnknownOperator, show(p.token.text), all)
	}
	if property.Kind == Flag && op != Eq && op != Ne && op != Pr {
		return 0, p.fail(p.token, codeOperatorOnFlag, op)
	}
	if property.Kind == Time && op.matchesPart() {
		return 0, p.fail(p.token, codeOperatorOnTime, op)
	}
	return op, nil
}
