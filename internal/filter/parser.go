// SPDX-License-Identifier: Apache-2.0

package filter

import "gatehouse/internal/problem"

// parser is a recursive descent parser with one token of look-ahead. Only group
// recurses, and it counts.
type parser struct {
	lexer  lexer
	schema Schema
	token  token // the current one
	depth  int   // open parentheses
	terms  int   // comparisons so far
}

// Parse reads a filter. Every error is an [*Error]. A text that is empty or blank is an
// error, so check for an absent filter before.
//
// "not" binds tighter than "and", "and" tighter than "or". Parentheses are not in the
// tree: a and (b and c) is one And of three terms.
func Parse(text string, schema Schema) (Node, error) {
	if err := checkText("filter", text); err != nil {
		return nil, err
	}
	p := &parser{lexer: lexer{text: text}, schema: schema}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == tokenEnd {
		return nil, p.fail(p.token, codeEmptyFilter)
	}
	node, err := p.or()
	if err != nil {
		return nil, err
	}
	switch p.token.kind {
	case tokenEnd:
		return node, nil
	case tokenClose:
		return nil, p.fail(p.token, codeNotOpened)
	}
	return nil, p.fail(p.token, codeNoConjunction)
}

func (p *parser) fail(at token, code problem.Code, args ...any) error {
	return p.lexer.fail(at.offset, code, args...)
}

// advance makes the next token the current one.
func (p *parser) advance() error {
	next, err := p.lexer.next()
	if err != nil {
		return err
	}
	p.token = next
	return nil
}

// or reads terms joined by "or".
func (p *parser) or() (Node, error) {
	first, err := p.and()
	if err != nil || !p.token.is("or") {
		return first, err
	}
	terms := appendOr(nil, first)
	for p.token.is("or") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		term, err := p.and()
		if err != nil {
			return nil, err
		}
		terms = appendOr(terms, term)
	}
	return Or{Terms: terms}, nil
}

// and reads terms joined by "and".
func (p *parser) and() (Node, error) {
	first, err := p.term()
	if err != nil || !p.token.is("and") {
		return first, err
	}
	terms := appendAnd(nil, first)
	for p.token.is("and") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		term, err := p.term()
		if err != nil {
			return nil, err
		}
		terms = appendAnd(terms, term)
	}
	return And{Terms: terms}, nil
}

// appendOr appends term, or its terms if it is itself an Or, written in parentheses.
func appendOr(terms []Node, term Node) []Node {
	if inner, ok := term.(Or); ok {
		return append(terms, inner.Terms...)
	}
	return append(terms, term)
}

// appendAnd is appendOr for And.
func appendAnd(terms []Node, term Node) []Node {
	if inner, ok := term.(And); ok {
		return append(terms, inner.Terms...)
	}
	return append(terms, term)
}

// term reads a comparison, a group or the negation of a group.
func (p *parser) term() (Node, error) {
	at := p.token
	switch {
	case at.kind == tokenOpen:
		return p.group()
	case at.is("not"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.token.kind != tokenOpen {
			return nil, p.fail(p.token, codeNotNeedsParentheses)
		}
		node, err := p.group()
		if err != nil {
			return nil, err
		}
		return Not{Term: node}, nil
	case at.kind == tokenWord && !at.is("and") && !at.is("or"):
		return p.compare()
	case at.kind == tokenEnd:
		return nil, p.fail(at, codeEndsEarly)
	}
	return nil, p.fail(at, codeNoComparison)
}

// group reads a filter in parentheses, including both parentheses.
func (p *parser) group() (Node, error) {
	open := p.token
	if p.depth++; p.depth > MaxDepth {
		return nil, p.fail(open, codeTooDeep, MaxDepth)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	node, err := p.or()
	if err != nil {
		return nil, err
	}
	switch p.token.kind {
	case tokenClose:
	case tokenEnd:
		return nil, p.fail(open, codeNotClosed)
	default:
		return nil, p.fail(p.token, codeNoConjunctionOrEnd)
	}
	p.depth--
	return node, p.advance()
}
