// SPDX-License-Identifier: Apache-2.0

package openapitest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
)

// Structure returns the parts of a valid document that code generators refuse, as sorted
// sentences. It is a fast replacement for the generators themselves, which the end-to-end
// tests run.
func (d *Document) Structure() ([]string, error) {
	text, err := json.Marshal(d.spec)
	if err != nil {
		return nil, fmt.Errorf("marshal the document: %w", err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("read the document back: %w", err)
	}
	s := &structure{root: root}
	s.names(d.spec)
	s.operations(d.spec)
	s.find("", root)
	slices.Sort(s.faults)
	return s.faults, nil
}

// structure collects faults.
type structure struct {
	root   map[string]any
	faults []string
}

func (s *structure) fault(at, format string, args ...any) {
	s.faults = append(s.faults, strings.TrimPrefix(at, ".")+": "+fmt.Sprintf(format, args...))
}

// names finds components of different kinds that become one name in a generated
// client, and those that take the name of an operation's own types.
func (s *structure) names(spec *openapi3.T) {
	// oapi-codegen has a type of this name in every client.
	taken := map[string]string{"client": "generated client itself"}
	for _, item := range spec.Paths.Map() {
		for _, op := range item.Operations() {
			for _, end := range []string{"Params", "Request", "Response"} {
				taken[folded(op.OperationID+end)] = "operation " + op.OperationID
			}
		}
	}
	c := spec.Components
	for name, s := range c.Schemas {
		for member, of := range s.Value.Properties {
			if of.Ref == "" && (len(of.Value.Enum) > 0 || len(of.Value.Properties) > 0) { // it gets a type
				taken[folded(name+member)] = "member " + name + "." + member
			}
		}
	}
	for _, kind := range []struct {
		name  string
		names []string
	}{
		{"schema", slices.Sorted(maps.Keys(c.Schemas))}, {"parameter", slices.Sorted(maps.Keys(c.Parameters))},
		{"response", slices.Sorted(maps.Keys(c.Responses))}, {"request body",
			slices.Sorted(maps.Keys(c.RequestBodies))},
		{"header", slices.Sorted(maps.Keys(c.Headers))},
	} {
		for _, name := range kind.names {
			if other, ok := taken[folded(name)]; ok {
				s.fault("components", "the %s %s has the name of the %s", kind.name, name, other)
			}
			taken[folded(name)] = kind.name + " " + name
		}
	}
}

// folded returns a name without the characters that generators drop or change.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// operations finds operations without an answer for errors of the client.
func (s *structure) operations(spec *openapi3.T) {
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			at := method + " " + path
			if !slices.ContainsFunc(op.Responses.Keys(), func(status string) bool {
				return strings.HasPrefix(status,
					"4")
			}) {
				s.fault(at, "no response has a status of 4xx")
			}
			for _, p := range slices.Concat(item.Parameters, op.Parameters) {
				whole := slices.Contains([]string{"limit", "offset", "start"}, p.Value.Name)
				if whole && !p.Value.Schema.Value.Type.Is("integer") {
					s.fault(at, "the parameter %s is no integer", p.Value.Name)
				}
			}
		}
	}
}

// find looks for schemas, and for the contents of bodies, in what is not a schema.
func (s *structure) find(at string, node any) {
	switch n := node.(type) {
	case []any:
		for i, one := range n {
			s.find(fmt.Sprintf("%s.%d", at, i), one)
		}
	case map[string]any:
		for key, value := range n {
			switch below := at + "." + key; {
			case below == ".components.schemas":
				s.schemas(below, value)
			case key == "schema":
				s.schema(below, value)
			case key == "content":
				s.content(below, value)
				s.find(below, value)
			default:
				s.find(below, value)
			}
		}
	}
}

func (s *structure) content(at string, node any) {
	media, _ := node.(map[string]any)
	var all []string
	for name := range media {
		if strings.HasSuffix(name, "/xml") || strings.HasSuffix(name, "+xml") {
			all = append(all, name)
		}
	}
	if len(all) > 1 {
		s.fault(at, "more than one media type is XML")
	}
}

// schemas checks schemas that are in a list, or in a map by names.
func (s *structure) schemas(at string, node any) {
	switch n := node.(type) {
	case []any:
		for i, one := range n {
			s.schema(fmt.Sprintf("%s.%d", at, i), one)
		}
	case map[string]any:
		for name, one := range n {
			s.schema(at+"."+name, one)
		}
	}
}

// schema checks a schema and those in it.
func (s *structure) schema(at string, node any) {
	n, ok := node.(map[string]any)
	if !ok {
		s.fault(at, "the schema is %v; only additionalProperties may be so", node)
		return
	}
	s.types(at, n)
	s.branches(at, n)
	for _, key := range []string{"exclusiveMinimum", "exclusiveMaximum"} {
		if _, ok := n[key]; ok {
			s.fault(at, "%s is not read by every generator", key)
		}
	}
	for _, key := range []string{"properties", "patternProperties", "allOf", "anyOf", "oneOf", "prefixItems"} {
		s.schemas(at+"."+key, n[key])
	}
	for _, key := range []string{"items", "contains", "not", "if", "then", "else", "additionalProperties",
		"propertyNames"} {
		if below, ok := n[key]; ok && (key != "additionalProperties" || !isBool(below)) {
			s.schema(at+"."+key, below)
		}
	}
}

func isBool(v any) bool {
	_, ok := v.(bool)
	return ok
}

// types checks the kinds of value of a schema.
func (s *structure) types(at string, n map[string]any) {
	if list, ok := n["type"].([]any); ok {
		list = slices.DeleteFunc(slices.Clone(list), func(v any) bool { return v == "null" })
		if len(list) > 1 {
			s.fault(at, "the types are %v; say anyOf", list)
		}
	}
	enum, isEnum := n["enum"].([]any)
	_, isConst := n["const"]
	if _, ok := n["type"]; !ok && (isEnum || isConst) {
		s.fault(at, "enum or const has no type")
	}
	if slices.Contains(enum, nil) {
		s.fault(at, "null is in the enum; say oneOf with the type null")
	}
}

// branches checks that alternatives of objects use oneOf, and that the type of a value tells
// other alternatives apart.
func (s *structure) branches(at string, n map[string]any) {
	branches, _ := n["anyOf"].([]any)
	types := map[any]int{}
	for _, one := range branches {
		types[s.resolve(one)["type"]]++
	}
	if types["object"] > 1 {
		s.fault(at, "objects are in anyOf; say oneOf, with branches that exclude each other")
	}
	if types["string"] > 1 {
		s.fault(at, "texts are in anyOf; say one string with a pattern")
	}
}

// resolve follows a reference to another schema.
func (s *structure) resolve(node any) map[string]any {
	n, _ := node.(map[string]any)
	ref, ok := n["$ref"].(string)
	if !ok {
		return n
	}
	var at any = s.root
	for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		m, _ := at.(map[string]any)
		at = m[name]
	}
	return s.resolve(at)
}
