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

// Properties are values that callers store with an organization or a contact. They are
// returned as they were sent, except for white space. They have no meaning for this program.
// Their size is bounded, and each is valid JSON and not null. A name may have a namespace;
// see Namespaced.
type Properties map[string]json.RawMessage

// Namespaced reports whether the name of a property has a namespace before a colon. Such a
// property belongs to the door with that name: other doors neither show nor accept it.
func Namespaced(property string) bool { return strings.Contains(property, ":") }

// The limits of Properties, which are read with every row.
const (
	maxProperties      = 64
	maxPropertyName    = 100      // bytes
	maxPropertiesBytes = 16 << 10 // of names and values together
	maxPropertyDepth   = 8        // arrays and objects within one another, in a value
)

// merge returns a copy of the properties with the changes applied. A change that is JSON's
// null removes a property. The result is nil if none are left.
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

// compact removes white space. A value that is not JSON stays, and check refuses it.
func compact(value json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, value) != nil {
		return value
	}
	return b.Bytes()
}

// changed returns the sorted names of the properties that differ.
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

// properties checks names, values and size. The field of an error is the prefix and the
// property's name, or that of the prefix alone if the error is about all properties.
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

// nesting returns how deeply the arrays and objects of a valid value are nested.
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

// emailDomains returns the domains in lower case, each once, in their order, and checks that
// each is a domain. It omits empty texts, which clients send for no domain.
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

// isDomain reports whether a text consists of labels of letters, digits and hyphens that are
// separated by points. Letters may be outside of ASCII.
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
