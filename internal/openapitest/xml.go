// SPDX-License-Identifier: Apache-2.0

package openapitest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// element is an XML element with its attributes and children. Text is ignored.
type element struct {
	name     string
	attrs    []xml.Attr
	children []element
}

// checkXMLRequest checks a request in XML against the schema of the same request in JSON.
// The name of the root is ignored.
func (d *Document) checkXMLRequest(op *openapi3.Operation, body []byte) error {
	if op.RequestBody == nil || len(bytes.TrimSpace(body)) == 0 {
		return nil // the wire ignores it, too
	}
	root, err := parseXML(body)
	if err != nil {
		return err
	}
	schema := op.RequestBody.Value.Content["application/json"].Schema.Value
	return d.visit(schema, reading{d, []string{"0", "1", "false", "true"}}.value(root, schema))
}

// checkXMLAnswer checks an answer in XML against the schema of the same answer in JSON. The
// root has the name of the schema (xml: {name: …}) or of the operation (x-xml-root).
func (d *Document) checkXMLAnswer(op *openapi3.Operation, status int, body []byte) error {
	response := op.Responses.Status(status)
	if response == nil {
		response = op.Responses.Default()
	}
	media := response.Value.Content["application/json"]
	if media == nil || response.Value.Content["application/xml"] == nil {
		return fmt.Errorf("the document says nothing of XML")
	}
	root, err := parseXML(body)
	if err != nil {
		return err
	}
	ofOperation, _ := op.Extensions["x-xml-root"].(string)
	var faults []error
	for _, schema := range alternatives(media.Schema.Value) {
		want := ofOperation
		if schema.XML != nil {
			want = schema.XML.Name
		}
		err := d.visit(schema, reading{d, []string{"0", "1"}}.value(root, schema))
		if err == nil && want == root.name {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("the root element is %s and not %q", root.name, want)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// alternatives are the schemas of which one must hold.
func alternatives(s *openapi3.Schema) (all []*openapi3.Schema) {
	branches := slices.Concat(s.OneOf, s.AnyOf)
	if len(branches) == 0 {
		return []*openapi3.Schema{s}
	}
	for _, one := range branches {
		all = append(all, alternatives(one.Value)...)
	}
	return all
}

// parseXML reads a document of elements and attributes.
func parseXML(body []byte) (element, error) {
	dec, open := xml.NewDecoder(bytes.NewReader(body)), []element{{}}
	for {
		token, err := dec.Token()
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, element{name: t.Name.Local, attrs: t.Attr})
		case xml.EndElement:
			last := len(open) - 1
			open[last-1].children = append(open[last-1].children, open[last])
			open = open[:last]
		}
		switch {
		case errors.Is(err, io.EOF) && len(open[0].children) == 1:
			return open[0].children[0], nil
		case err != nil:
			return element{}, fmt.Errorf("XML with %d root elements: %w", len(open[0].children), err)
		}
	}
}

// reading converts elements into JSON values. It needs a schema, because in XML a list of
// one or none looks like an object, and 1 looks like true.
type reading struct {
	document *Document
	truths   []string // no and yes, by turns
}

func (r reading) value(e element, s *openapi3.Schema) any {
	choice := alternatives(s)
	for _, one := range choice[:len(choice)-1] {
		if v := r.object(e, one); r.document.visit(one, v) == nil {
			return v
		}
	}
	return r.object(e, choice[len(choice)-1])
}

func (r reading) object(e element, s *openapi3.Schema) map[string]any {
	members := map[string]any{}
	for name, p := range s.Properties {
		if has(p.Value, "array") && slices.Contains(s.Required, name) {
			members[name] = []any{}
		}
	}
	for _, a := range e.attrs {
		members[a.Name.Local] = r.scalar(property(s, a.Name.Local), a.Value)
	}
	for _, child := range e.children {
		p := property(s, child.name)
		before, twice := members[child.name]
		switch {
		case has(p, "array"):
			list, _ := before.([]any)
			members[child.name] = append(list, r.item(child, p))
		case twice:
			members[child.name] = "an element that occurs twice"
		default:
			members[child.name] = r.value(child, p)
		}
	}
	return members
}

// item is the element as one of a list.
func (r reading) item(e element, list *openapi3.Schema) any {
	if list.Items == nil {
		return nil // of a list that is always empty
	}
	if has(list.Items.Value, "string") {
		return e.text()
	}
	return r.value(e, list.Items.Value)
}

// has reports whether a schema, or one of its branches, names a type.
func has(s *openapi3.Schema, name string) bool {
	return slices.ContainsFunc(alternatives(s), func(one *openapi3.Schema) bool {
		return slices.Contains(one.Type.Slice(), name)
	})
}

// text returns the value of an element in a list of texts.
func (e element) text() any {
	if len(e.attrs) == 1 && e.attrs[0].Name.Local == "val" && len(e.children) == 0 {
		return e.attrs[0].Value
	}
	return nil
}

// property returns the schema of a member; for an unknown member it allows any value.
func property(s *openapi3.Schema, name string) *openapi3.Schema {
	if p := s.Properties[name]; p != nil {
		return p.Value
	}
	return &openapi3.Schema{}
}

// scalar reads an attribute as a boolean or a number if the schema has one, otherwise as a
// text.
func (r reading) scalar(s *openapi3.Schema, text string) any {
	if has(s, "boolean") {
		if i := slices.Index(r.truths, text); i >= 0 {
			return i%2 == 1
		}
	}
	if has(s, "integer") || has(s, "number") {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	}
	return text
}
