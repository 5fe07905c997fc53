// SPDX-License-Identifier: Apache-2.0

package openapitest

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Input is a value that an operation takes from a client.
type Input struct {
	Operation, Method, Path string
	Query                   bool   // a parameter of the address; else a member of the body
	Name                    string // of a member with the names that lead to it: "shortName.id", "list.0.id"
	Switch                  bool   // true or false
}

// Inputs returns every parameter of the query, and every member of a body that is
// a number, a switch or one of a list, by operation and name.
func (d *Document) Inputs() []Input {
	found := map[Input]bool{}
	for path, item := range d.spec.Paths.Map() {
		for method, op := range item.Operations() {
			at := Input{Operation: op.OperationID, Method: method, Path: path}
			for _, p := range append(slices.Clone(item.Parameters), op.Parameters...) {
				if p.Value.In == openapi3.ParameterInQuery {
					in := at
					in.Query, in.Name = true, p.Value.Name
					found[in] = true
				}
			}
			if op.RequestBody == nil {
				continue
			}
			for _, media := range op.RequestBody.Value.Content {
				closed(media.Schema, "", func(name string, isSwitch bool) {
					in := at
					in.Name, in.Switch = name, isSwitch
					found[in] = true
				})
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b Input) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Name, b.Name))
	})
}

// closed calls add for each member that is no free text.
func closed(ref *openapi3.SchemaRef, name string, add func(name string, isSwitch bool)) {
	if ref == nil || ref.Value == nil {
		return
	}
	s := ref.Value
	isSwitch := s.Type.Includes(openapi3.TypeBoolean) || slices.Contains(s.Enum, any(false)) || s.Const == false
	number := s.Type.Includes(openapi3.TypeInteger) || s.Type.Includes(openapi3.TypeNumber)
	if name != "" && (number || isSwitch || len(s.Enum) > 0 || s.Const != nil) {
		add(name, isSwitch)
	}
	for _, parts := range []openapi3.SchemaRefs{s.AnyOf, s.OneOf, s.AllOf} {
		for _, part := range parts {
			closed(part, name, add)
		}
	}
	below := func(member string) string {
		if name == "" {
			return member
		}
		return name + "." + member
	}
	for member, of := range s.Properties {
		closed(of, below(member), add)
	}
	if name != "" {
		closed(s.Items, below("0"), add)
	}
}

// With returns a copy of a body in which the member has the value. A nil value removes the
// member. The name of the member is that of an Input.
func With(t testing.TB, body map[string]any, name string, value json.RawMessage) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var made map[string]any
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	in := made
	steps := strings.Split(name, ".")
	last := len(steps) - 1
	for i := 0; i < last; i++ {
		next, _ := in[steps[i]].(map[string]any)
		if next == nil {
			next = map[string]any{}
		}
		in[steps[i]] = next
		if steps[i+1] == "0" {
			in[steps[i]] = []any{next}
			i++
		}
		in = next
	}
	delete(in, steps[last])
	if value != nil {
		in[steps[last]] = value
	}
	return made
}

// NoValues returns what programs send if they have no value, as JSON. None of it may mean
// a number or an enumeration value.
func NoValues() []json.RawMessage {
	var list []json.RawMessage
	for _, text := range []string{`""`, `" "`, `null`, `[]`, `{}`, `false`} {
		list = append(list, json.RawMessage(text))
	}
	return list
}
