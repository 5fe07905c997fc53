// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"gatehouse/internal/filter"
)

// printer writes trees as filter text. Wherever several spellings mean the same,
// choose picks one of n.
type printer struct {
	choose func(n int) int
	names  map[string]string // wire names by domain name
}

func newPrinter(choose func(n int) int) printer {
	names := map[string]string{}
	for wire, property := range properties() {
		names[property.Name] = wire
	}
	return printer{choose: choose, names: names}
}

// first always picks the first spelling.
func first(int) int { return 0 }

func (p printer) print(node filter.Node) string {
	if p.choose(8) == 7 {
		return p.group(node) // parentheses leave no trace
	}
	switch node := node.(type) {
	case filter.And:
		return p.join(node.Terms, "and")
	case filter.Or:
		return p.join(node.Terms, "or")
	case filter.Not:
		return p.word("not") + p.gap() + p.group(node.Term)
	}
	return p.compare(node.(filter.Compare))
}

// group prints in parentheses.
func (p printer) group(node filter.Node) string {
	return "(" + p.gap() + p.print(node) + p.gap() + ")"
}

// join prints terms with a keyword between, with no more blanks and parentheses
// than are needed, or some more.
func (p printer) join(terms []filter.Node, keyword string) string {
	text := ""
	for i, term := range terms {
		piece := ""
		if _, isOr := term.(filter.Or); isOr {
			piece = p.group(term)
		} else {
			piece = p.print(term)
		}
		if i == 0 {
			text = piece
			continue
		}
		before, after := p.blank(), p.blank()
		if strings.HasSuffix(text, `"`) || strings.HasSuffix(text, ")") {
			before = p.gap()
		}
		if strings.HasPrefix(piece, "(") {
			after = p.gap()
		}
		text += before + p.word(keyword) + after + piece
	}
	return text
}

func (p printer) compare(c filter.Compare) string {
	text := p.word(p.names[c.Property.Name]) + p.blank() + p.word(c.Op.String())
	if c.Op == filter.Pr {
		return text
	}
	literal := p.literal(c)
	if literal[0] == '"' {
		return text + p.gap() + literal
	}
	return text + p.blank() + literal
}

func (p printer) literal(c filter.Compare) string {
	part := c.Op == filter.Co || c.Op == filter.Sw || c.Op == filter.Ew
	switch {
	case c.Value.Null:
		return p.word("null")
	case c.Property.Kind == filter.Text || part:
		return p.quote(c.Value.Text)
	case c.Property.Kind == filter.ID:
		digits := strconv.FormatInt(c.Value.Number, 10)
		return [...]string{digits, p.quote(digits), p.quote(p.word(c.Property.Prefix) + digits)}[p.choose(3)]
	}
	return p.quote(p.instant(c.Value.Time))
}

func (p printer) instant(instant time.Time) string {
	switch p.choose(3) {
	case 1:
		return instant.Format("2006-01-02 15:04:05.000000000")
	case 2:
		// An offset must not carry the written year out of the years there are.
		if year := instant.Year(); year > 1 && year < 9999 {
			minutes := p.choose(2*24*60-1) - (24*60 - 1)
			instant = instant.In(time.FixedZone("", 60*minutes))
		}
	}
	return instant.Format(time.RFC3339Nano)
}

// quote writes a JSON string, of which any character may be escaped.
func (p printer) quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch short := strings.IndexRune("\"\\/\b\f\n\r\t", r); {
		case short >= 0 && p.choose(2) == 0:
			b.WriteByte('\\')
			b.WriteByte(`"\/bfnrt`[short])
		case r >= ' ' && r != '"' && r != '\\' && p.choose(2) == 0:
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04X`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	return b.String() + `"`
}

// word spells letters of ASCII in either case.
func (p printer) word(s string) string {
	word := []byte(s)
	for i, c := range word {
		if 'a' <= c|0x20 && c|0x20 <= 'z' && p.choose(2) == 1 {
			word[i] = c ^ 0x20
		}
	}
	return string(word)
}

// blank is where there must be one at least.
func (p printer) blank() string {
	return [...]string{" ", "\t", "\r\n", "  ", " \t "}[p.choose(5)]
}

// gap is where there may be none.
func (p printer) gap() string {
	return [...]string{"", " ", "\n\t"}[p.choose(3)]
}
