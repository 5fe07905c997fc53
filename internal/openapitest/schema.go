// SPDX-License-Identifier: Apache-2.0

package openapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// resource is the address of a schema while it is compiled. Nothing is read from there.
const resource = "https://example.test/schema.json"

// checkBody checks a body against the schema that the document has for its type.
func (d *Document) checkBody(content openapi3.Content, h http.Header, body []byte) error {
	if len(content) == 0 {
		return nil
	}
	media := content.Get(h.Get("Content-Type"))
	switch {
	case media == nil:
		return fmt.Errorf("the document has no body of the type %q", h.Get("Content-Type"))
	case media.Schema == nil:
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if mediaType(h) == mediaForm {
		value, err = openapi3filter.RegisteredBodyDecoder(mediaForm)(bytes.NewReader(body), h, media.Schema,
			func(name string) *openapi3.Encoding { return media.Encoding[name] })
	}
	if err != nil {
		return err
	}
	return d.visit(media.Schema.Value, value)
}

// visit checks a value against a schema of the document.
func (d *Document) visit(s *openapi3.Schema, value any) error {
	compile, _ := d.compiled.LoadOrStore(s, sync.OnceValues(func() (*jsonschema.Schema,
		error) {
		return d.compile(s)
	}))
	schema, err := compile.(func() (*jsonschema.Schema, error))()
	if err != nil {
		return fmt.Errorf("compile the schema: %w", err)
	}
	return schema.Validate(value)
}

// compile compiles a schema, once for each document: the validator of kin-openapi does it
// again for each value, which took a third of the processor time of the wires' tests.
func (d *Document) compile(s *openapi3.Schema) (*jsonschema.Schema, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	// The schema refers to others by their place in the document.
	if members, ok := root.(map[string]any); ok && d.spec.Components != nil {
		components, err := json.Marshal(map[string]any{"schemas": d.spec.Components.Schemas})
		if err != nil {
			return nil, err
		}
		if members["components"], err = jsonschema.UnmarshalJSON(bytes.NewReader(components)); err != nil {
			return nil, err
		}
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(resource, root); err != nil {
		return nil, err
	}
	return c.Compile(resource)
}
