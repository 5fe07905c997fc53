// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// object is a JSON object in the order in which it is written.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *object) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return errors.New("an object was expected")
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		m := member{name: name.(string)} // the token of a member's name
		if err := dec.Decode(&m.value); err != nil {
			return err
		}
		*o = append(*o, m)
	}
	return nil
}

// document is the part of an OpenAPI document that the page shows.
type document struct {
	Info struct {
		Title, Version, Description string
	}
	Servers []struct {
		URL string
	}
	Security []security
	Tags     []struct {
		Name, Description string
	}
	Paths      object
	Components struct {
		Schemas         object
		Parameters      map[string]parameter
		Responses       map[string]response
		RequestBodies   map[string]body
		SecuritySchemes map[string]scheme
	}
}

// security is one way to get access: all of the schemes together. Without one it needs none.
type security map[string][]string

type scheme struct {
	Type, Scheme, Description string
}

type operation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Security                          *[]security
	Parameters                        []parameter
	RequestBody                       *body
	Responses                         object
}

type parameter struct {
	Ref                   string `json:"$ref"`
	Name, In, Description string
	Required              bool
	Schema                schema
	Example               json.RawMessage
}

type body struct {
	Ref      string `json:"$ref"`
	Required bool
	Content  object
}

type media struct {
	Schema  schema
	Example json.RawMessage
}

type response struct {
	Ref         string `json:"$ref"`
	Description string
	Content     object
}

// schema is a schema of JSON Schema 2020-12, as far as the documents use it.
type schema struct {
	Ref                                      string `json:"$ref"`
	Type                                     any
	Format, Description                      string
	Enum                                     []json.RawMessage
	Const, Default, Example                  json.RawMessage
	Properties                               object
	Required                                 []string
	Items                                    *schema
	AnyOf, OneOf, AllOf                      []schema
	MinLength, MaxLength, MinItems, MaxItems *int
	Minimum, Maximum                         *json.Number
}

// parameter follows a reference.
func (d *document) parameter(p parameter) parameter {
	if p.Ref != "" {
		return d.Components.Parameters[lastPart(p.Ref)]
	}
	return p
}

func (d *document) body(b body) body {
	if b.Ref != "" {
		return d.Components.RequestBodies[lastPart(b.Ref)]
	}
	return b
}

func (d *document) response(r response) response {
	if r.Ref != "" {
		return d.Components.Responses[lastPart(r.Ref)]
	}
	return r
}

// schema follows a reference to another schema. An unknown one is the empty schema.
func (d *document) schema(s schema) schema {
	for _, m := range d.Components.Schemas {
		if s.Ref != "" && m.name == lastPart(s.Ref) {
			var found schema
			if json.Unmarshal(m.value, &found) != nil {
				return schema{}
			}
			return found
		}
	}
	return s
}

// lastPart returns the name at the end of a reference.
func lastPart(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }
