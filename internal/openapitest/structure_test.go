// SPDX-License-Identifier: Apache-2.0

package openapitest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Code generators take the documents of all wires.
func TestStructureOfTheWires(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../dialect/*/openapi.yaml")
	if err != nil || len(files) != 2 {
		t.Fatalf("got %d documents, want 2: %v", len(files), err)
	}
	for _, file := range append(files, "../api/openapi.json", "../oauth/openapi.json") {
		d, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		faults, err := d.Structure()
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults {
			t.Errorf("%s: %s", file, fault)
		}
	}
}

// sound is a document without a fault. The rows of TestStructure replace one line of it.
const sound = `openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /things:
    get:
      operationId: getThings
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
      responses:
        "200": {$ref: '#/components/responses/Things'}
        "4XX": {description: e}
        default: {description: e}
components:
  parameters:
    Name: {name: name, in: query, schema: {type: string}}
  responses:
    Things:
      description: d
      content:
        application/json: {schema: {$ref: '#/components/schemas/Thing'}}
        application/xml: {schema: {type: string}}
  schemas:
    Thing: {type: object, additionalProperties: false, properties: {type: {type: [string, "null"]}, enum: {$ref: '#/components/schemas/Value'}}}
    Other: {type: object}
    Value: {anyOf: [{type: integer}, {type: string, enum: [a]}, {type: "null"}]}
`

func TestStructure(t *testing.T) {
	t.Parallel()
	const value = `    Value: {anyOf: [{type: integer}, {type: string, enum: [a]}, {type: "null"}]}`
	for name, c := range map[string]struct{ line, instead, want string }{
		"sound": {value, value, ""},
		"two types": {value, `    Value: {type: [integer, string, "null"]}`,
			"components.schemas.Value: the types are [integer string]"},
		"null in an enum": {value, `    Value: {type: [string, "null"], enum: [a, null]}`,
			"components.schemas.Value: null is in the enum"},
		"a const without a type": {value, `    Value: {const: 2}`,
			"components.schemas.Value: enum or const has no type"},
		"an enum without a type": {value, `    Value: {enum: [a]}`,
			"components.schemas.Value: enum or const has no type"},
		"a const below": {value, `    Value: {type: array, items: {oneOf: [{const: 2}]}}`,
			"components.schemas.Value.items.oneOf.0: enum or const"},
		"a const in a condition": {value, `    Value: {type: object, if: {properties: {a: {const: 2}}}}`,
			"components.schemas.Value.if.properties.a: enum or const"},
		"a const in a parameter": {`schema: {type: string}}`, `schema: {const: 2}}`,
			"components.parameters.Name.schema: enum or const"},
		"an exclusive minimum": {value, `    Value: {type: integer, exclusiveMinimum: 0}`,
			"components.schemas.Value: exclusiveMinimum"},
		"objects in anyOf": {value,
			`    Value: {anyOf: [{$ref: '#/components/schemas/Thing'}, {$ref: '#/components/schemas/Other'}]}`,
			"components.schemas.Value: objects are in anyOf"},
		"texts in anyOf": {value, `    Value: {anyOf: [{type: string, enum: [a]}, {type: string, format: date}]}`,
			"components.schemas.Value: texts are in anyOf"},
		"the name of the generated client": {"    Other:", "    Client:",
			"components: the schema Client has the name of the generated client itself"},
		"a name of a member's type": {value,
			"    PieceKind: {type: object}\n    Piece: {type: object, properties: {kind: {type: string, enum: [a]}}}\n" + value,
			"components: the schema PieceKind has the name of the member Piece.kind"},
		"two kinds of XML": {`        application/xml: {schema: {type: string}}`,
			"        application/xml: {schema: {type: string}}\n        text/xml: {schema: {type: string}}",
			"components.responses.Things.content: more than one media type is XML"},
		"a name that is shared": {"    Other:", "    name:",
			"components: the parameter Name has the name of the schema name"},
		"a name of an operation": {"    Other:", "    Get_Things-Response:",
			"components: the schema Get_Things-Response has the name of the operation getThings"},
		"no status of 4xx": {`        "4XX": {description: e}`, `        "5XX": {description: e}`,
			"GET /things: no response has a status of 4xx"},
		"a limit that is a text": {"schema: {type: integer}}", "schema: {type: string}}",
			"GET /things: the parameter limit is no integer"},
		"a boolean for a schema": {value, `    Value: {type: object, properties: {a: true}}`,
			"components.schemas.Value.properties.a: the schema is true"},
		"a boolean for all items": {value, `    Value: {type: array, items: true}`,
			"components.schemas.Value.items: the schema is true"},
	} {
		file := filepath.Join(t.TempDir(), "openapi.yaml")
		if err := os.WriteFile(file, []byte(strings.Replace(sound, c.line, c.instead, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Read(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		faults, err := d.Structure()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(faults, "\n")
		if !strings.HasPrefix(got, c.want) || len(faults) > 1 || c.want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
