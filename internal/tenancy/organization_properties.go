// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/problem"
)

// Properties are members that callers keep with a thing and get back as they
// gave them, blanks aside. They mean nothing here and decide nothing: they are
// bounded, and each is valid JSON, never null. A name may have a namespace; see Namespaced.
type Properties map[string]json.RawMessage

// Namespaced reports whether the name of a property has a namespace before a colon. Such a
// property is the own one of the door with that name: other doors neither show nor accept it.
func Namespaced(property string) bool { return strings.Contains(property, ":") }

// What Properties may hold. They are read with every row.
const (
	maxProperties      = 64
	maxPropertyName    = 100      // bytes
	maxPropertiesBytes = 16 << 10 // of names and values together
	maxPropertyDepth   = 8        // arrays and objects within one another, in a value
)

// merge returns the properties with the changes put in, without touching either;
// a change that is JSON's null takes a property away. Nil when none are left.
func (p Properties) merge(changes Properties) Properties {
	if len(changes) == 0 {
		return p
	}
	merged := maps.Clone(p)
	if merged == nil {
		merged = Properties{}
	}
	for name, value := range changes {
		if value = compact(value); string(value) == "null" {
			delete(merged, name)
		} else {
			merged[name] = value
		}
	}
	if len(merged) == 0 {
		return nil
	}
	return merged
}

// compact takes the blanks away. What is no JSON stays, for check to refuse.
func compact(value json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, value) != nil {
		return value
	}
	return b.Bytes()
}

// changed returns the names of what is not as it was, in order.
func (p Properties) changed(old Properties) (names []string) {
	for name, value := range p {
		if before, was := old[name]; !was || !bytes.Equal(before, value) {
			names = append(names, name)
		}
	}
	for name := range old {
		if _, is := p[name]; !is {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// properties checks names, values and size. The field of a fault is the prefix
// and the property's name, or what the prefix names when it is of them all.
func (c *Checker) properties(prefix string, p Properties) {
	size, all := 0, prefix+FieldProperties
	for _, name := range slices.Sorted(maps.Keys(p)) {
		value := p[name]
		size += len(name) + len(value)
		switch {
		case name == "" || len(name) > maxPropertyName || !utf8.ValidString(name):
			c.Add(all, problem.CodePropertyNameLength, maxPropertyName)
		case strings.ContainsFunc(name, forbidden):
			c.Add(all, problem.CodePropertyNameCharacter)
		case !utf8.Valid(value) || !json.Valid(value):
			c.Add(all+"."+name, problem.CodeNotJSON)
		case nesting(value) > maxPropertyDepth:
			c.Add(all+"."+name, problem.CodeTooNested, maxPropertyDepth)
		}
	}
	if len(p) > maxProperties {
		c.Add(all, problem.CodeTooManyProperties, maxProperties)
	}
	if size > maxPropertiesBytes {
		c.Add(all, problem.CodePropertiesTooLong, maxPropertiesBytes)
	}
}

// nesting is how many arrays and objects of a valid value stand in one another.
func nesting(value []byte) (deepest int) {
	depth, inString := 0, false
	for i := 0; i < len(value); i++ {
		switch b := value[i]; {
		case inString && b == '\\':
			i++
		case b == '"':
			inString = !inString
		case inString:
		case b == '{' || b == '[':
			depth++
			deepest = max(deepest, depth)
		case b == '}' || b == ']':
			depth--
		}
	}
	return deepest
}

const maxEmailDomains = 64

// emailDomains returns the domains in lower case, each once, in the order given,
// and wants each to look like one. Empty texts, which clients send for none, are left out.
func (c *Checker) emailDomains(field string, given []string) (domains []string) {
	for _, domain := range given {
		domain = strings.ToLower(strings.TrimSpace(domain))
		switch {
		case domain == "" || slices.Contains(domains, domain):
			continue
		case !isDomain(domain):
			c.Add(field, problem.CodeNotDomains)
			return nil
		}
		domains = append(domains, domain)
	}
	if len(domains) > maxEmailDomains {
		c.Add(field, problem.CodeTooManyDomains, maxEmailDomains)
	}
	return domains
}

// isDomain reports whether a text is labels of letters, digits and hyphens with
// points between; letters beyond ASCII may stand as they are.
func isDomain(text string) bool {
	if len(text) > 253 || !utf8.ValidString(text) {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") ||
			strings.ContainsFunc(label, func(r rune) bool { return !isWord(r) && r != '-' }) {
			return false
		}
	}
	return true
}
