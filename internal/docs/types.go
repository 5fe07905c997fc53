// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// part is a piece of a type as the page shows it.
type part struct {
	Text string
	Link string // the address of a schema on the page; "": none
	Code bool   // a value that is sent literally
}

// field is a parameter or a member of a body.
type field struct {
	Name, In, Description string
	Required              bool
	Type                  []part
	Limits                string
}

// typeOf returns the type of a schema in words. Other schemas are links.
func (v *view) typeOf(s schema) []part {
	switch {
	case s.Ref != "":
		name := lastPart(s.Ref)
		return []part{{Text: name, Link: "#" + v.schemaID(name)}}
	case s.Const != nil:
		return []part{{Text: string(s.Const), Code: true}}
	case len(s.Enum) > 0:
		var all [][]part
		for _, value := range s.Enum {
			all = append(all, []part{{Text: string(value), Code: true}})
		}
		return joined(all, " or ")
	case len(s.AnyOf) > 0:
		return v.typesOf(s.AnyOf, " or ")
	case len(s.OneOf) > 0:
		return v.typesOf(s.OneOf, " or ")
	case len(s.AllOf) > 0:
		return v.typesOf(s.AllOf, " and ")
	case s.Items != nil:
		return append([]part{{Text: "list of "}}, v.typeOf(*s.Items)...)
	}
	return []part{{Text: word(s)}}
}

func (v *view) typesOf(list []schema, between string) []part {
	var all [][]part
	for _, s := range list {
		all = append(all, v.typeOf(s))
	}
	return joined(all, between)
}

func joined(all [][]part, between string) (out []part) {
	for i, one := range all {
		if i > 0 {
			out = append(out, part{Text: between})
		}
		out = append(out, one...)
	}
	return out
}

// word returns the name of a simple type.
func word(s schema) string {
	var names []string
	switch t := s.Type.(type) {
	case string:
		names = []string{t}
	case []any:
		for _, one := range t {
			names = append(names, fmt.Sprint(one))
		}
	}
	if len(names) == 0 {
		return "any value"
	}
	text := strings.Join(names, " or ")
	if s.Format != "" && s.Format != "password" {
		text += ", " + s.Format
	}
	return text
}

// limitsOf returns what else a value must be.
func limitsOf(s schema) string {
	var all []string
	add := func(text string) {
		if text != "" {
			all = append(all, text)
		}
	}
	add(between(number(s.MinLength), number(s.MaxLength), "characters"))
	add(between(number(s.MinItems), number(s.MaxItems), "items"))
	add(between(text(s.Minimum), text(s.Maximum), ""))
	if s.Default != nil {
		add("default " + string(s.Default))
	}
	return strings.Join(all, "; ")
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

func text(n *json.Number) string {
	if n == nil {
		return ""
	}
	return n.String()
}

func between(least, most, what string) string {
	var text string
	switch {
	case least == "" && most == "":
		return ""
	case most == "":
		text = "at least " + least
	case least == "":
		text = "at most " + most
	case least == most:
		text = "exactly " + least
	default:
		text = least + " to " + most
	}
	return strings.TrimSpace(text + " " + what)
}

// members returns the members of an object, and those of objects in it.
func (v *view) members(s schema, prefix string) (list []field) {
	for _, m := range s.Properties {
		var of schema
		if json.Unmarshal(m.value, &of) != nil { // true or false
			continue
		}
		list = append(list, field{Name: prefix + m.name, Description: of.Description, Type: v.typeOf(of),
			Required: slices.Contains(s.Required, m.name), Limits: limitsOf(of)})
		list = append(list, v.members(of, prefix+m.name+".")...)
		if of.Items != nil {
			list = append(list, v.members(*of.Items, prefix+m.name+"[].")...)
		}
	}
	return list
}
