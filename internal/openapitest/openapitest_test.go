// SPDX-License-Identifier: Apache-2.0

package openapitest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"gatehouse/internal/httpkit"
)

const document = `openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /things/{id}:
    put:
      operationId: putThing
      x-trees: [b, a]
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody:
        content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}
      responses:
        "200": {description: d, content: {application/json: {schema: {type: object, additionalProperties: false, required: [id], properties: {id: {type: integer}}, if: {properties: {id: {type: integer, const: 0}}}, then: {required: [reason]}}}}}
        default: {description: e, content: {application/json: {schema: {type: object, required: [error]}}}}
  /things/all:
    put:
      operationId: putAll
      responses:
        "200": {description: d, content: {application/json: {schema: {type: object}}}}
    post:
      operationId: postAll
      x-xml-root: Thing
      requestBody: {content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}, text/xml: {schema: {type: string}}}}
      responses:
        "200":
          description: d
          content:
            application/json:
              schema:
                type: object
                additionalProperties: false
                required: [id, on, tags]
                if: {properties: {on: {type: boolean, const: false}}}
                then: {required: [in]}
                properties:
                  id: {type: integer}
                  on: {type: boolean}
                  tags: {type: array, items: {type: string}}
                  in: {type: object, additionalProperties: false, properties: {n: {type: integer, enum: [2]}}}
            application/xml: {schema: {type: string}}
        "500": {description: e, content: {application/json: {schema: {type: object}}}}
        default:
          description: e
          content:
            application/json: {schema: {oneOf: [{type: object, required: [id]}, {type: object, xml: {name: E}, required: [error]}]}}
            application/xml: {schema: {type: string}}
`

func load(t *testing.T) *Document {
	t.Helper()
	file := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOperations(t *testing.T) {
	t.Parallel()
	if got := strings.Join(load(t).Operations(),
		"|"); got != "postAll POST /things/all|putAll PUT /things/all|putThing PUT /things/{id} a b" {
		t.Errorf("got %s", got)
	}
}

// Watch reports what does not match, and nothing else.
func TestWatch(t *testing.T) {
	t.Parallel()
	d := load(t)
	for name, c := range map[string]struct {
		method, path, body, answer string
		status                     int
		ok                         bool
	}{
		"right":                 {"PUT", "/root/things/1", `{"name":"n"}`, `{"id":1}`, 200, true},
		"wrong answer":          {"PUT", "/root/things/1", `{"name":"n"}`, `{"id":"1"}`, 200, false},
		"more than is said":     {"PUT", "/root/things/1", `{"name":"n"}`, `{"id":1,"x":1}`, 200, false},
		"a condition unmet":     {"PUT", "/root/things/1", `{"name":"n"}`, `{"id":0}`, 200, false},
		"wrong request":         {"PUT", "/root/things/1", `{}`, `{"id":1}`, 200, false},
		"wrong request refused": {"PUT", "/root/things/1", `{}`, `{"error":"x"}`, 400, true},
		"wrong error":           {"PUT", "/root/things/1", `{}`, `{}`, 400, false},
		"no operation":          {"GET", "/root/things/1", ``, `{}`, 200, false},
		"no operation, refused": {"GET", "/root/other", ``, `{}`, 404, true},
		"the nearer pattern":    {"PUT", "/root/things/all", ``, `{}`, 200, true},
		"another root":          {"PUT", "/other/things/1", ``, `{}`, 200, true},
		"wrong, made":           {"PUT", "/root/things/1", `{"name":1}`, `{"error":"x"}`, 201, false},
		"a status unsaid":       {"PUT", "/root/things/all", ``, `{}`, 202, false},
		"fewer fields":          {"PUT", "/root/things/1?fields=x", `{"name":"n"}`, `{}`, 200, true},
	} {
		recorded := &recorder{TB: t}
		answer := func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(c.status)
			_, err := w.Write([]byte(c.answer))
			return err
		}
		door := &httpkit.Door{Roots: []string{"/root"}, Routes: []httpkit.Route{
			{Method: c.method, Pattern: "/root/{path...}", Name: "any", Handler: answer},
			{Method: c.method, Pattern: "/other/{path...}", Name: "other", Handler: answer}}}
		handler := httpkit.Observe(d.Watch(recorded, door), slog.New(slog.DiscardHandler),
			func(httpkit.Info, string, int, time.Duration) {})
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if recorded.failures == 0 != c.ok {
			t.Errorf("%s: %d faults", name, recorded.failures)
		}
		if w.Code != c.status || w.Body.String() != c.answer ||
			w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: the answer came through as %d %s", name, w.Code, w.Body)
		}
	}
	if got := strings.Join(d.Unseen(), "|"); got != "postAll 200|postAll 500" {
		t.Errorf("not seen: %s", got)
	}
}

// TestCheckBody checks bodies of a schema that refers to another one.
func TestCheckBody(t *testing.T) {
	t.Parallel()
	d := read(t, document+`components:
  schemas:
    Thing: {type: object, additionalProperties: false, properties: {at: {type: string, format: date-time}, next: {$ref: "#/components/schemas/Thing"}}}
`)
	const media = "application/json"
	things := openapi3.NewArraySchema().WithItems(&openapi3.Schema{})
	content := openapi3.Content{media: {Schema: things.NewRef()}}
	content[media].Schema.Value.Items.Ref = "#/components/schemas/Thing"
	for _, c := range []struct {
		media, body string
		ok          bool
	}{
		{media, `[{"next":{"at":"2026-04-02T07:53:28Z"}}]`, true},
		{media + "; charset=utf-8", `[]`, true},
		{media, `[{"next":{"at":"yesterday"}}]`, false},
		{media, `[{"next":{"before":1}}]`, false},
		{media, `[] []`, false},
		{media, ``, false},
		{"application/problem+json", `[]`, false},
	} {
		err := d.checkBody(content, http.Header{"Content-Type": {c.media}}, []byte(c.body))
		if err == nil != c.ok {
			t.Errorf("%s %s: got %v", c.media, c.body, err)
		}
	}
}

// XML is read by the schema of the JSON: what is a list, a truth or a number there
// must be so here.
func TestWatchXML(t *testing.T) {
	t.Parallel()
	d := load(t)
	for name, c := range map[string]struct {
		body, answer string
		status       int
		ok           bool
	}{
		"right": {`<R name="n"/>`,
			`<Thing id="1" on="0"><tags val="a"/><tags val="b"/><in n="2"/></Thing>`, 200, true},
		"an empty list":          {`<R name="n"/>`, `<Thing id="1" on="1"/>`, 200, true},
		"the other root":         {``, `<Other id="1" on="1"/>`, 200, false},
		"a text for a number":    {``, `<Thing id="x" on="1"/>`, 200, false},
		"a word for a truth":     {``, `<Thing id="1" on="yes"/>`, 200, false},
		"a member missing":       {``, `<Thing on="1"/>`, 200, false},
		"a member too many":      {``, `<Thing id="1" on="1" x=""/>`, 200, false},
		"a condition unmet":      {``, `<Thing id="1" on="0"/>`, 200, false},
		"a child too many":       {``, `<Thing id="1" on="1"><x/></Thing>`, 200, false},
		"a child twice":          {``, `<Thing id="1" on="1"><in n="2"/><in n="2"/></Thing>`, 200, false},
		"a text that is a child": {``, `<Thing id="1" on="1"><tags>a</tags></Thing>`, 200, false},
		"an attribute for one":   {``, `<Thing id="1" on="1" in="2"/>`, 200, false},
		"two roots":              {``, `<Thing id="1" on="1"/><Thing id="1" on="1"/>`, 200, false},
		"no XML":                 {``, `{}`, 200, false},
		"a wrong request":        {`<R/>`, `<Thing id="1" on="1"/>`, 200, false},
		"a request refused":      {`<R/>`, `<E error="x"/>`, 400, true},
		"a wrong error":          {`<R/>`, `<E/>`, 400, false},
		"an error without XML":   {`<R/>`, `<E error="x"/>`, 500, false},
	} {
		recorded := &recorder{TB: t}
		door := &httpkit.Door{Roots: []string{"/root"}, Routes: []httpkit.Route{{Method: "POST",
			Pattern: "/root/{path...}", Name: "any",
			Handler: func(w http.ResponseWriter, _ *http.Request) error {
				w.Header().Set("Content-Type", "application/xml; charset=utf-8")
				w.WriteHeader(c.status)
				_, err := w.Write([]byte(`<?xml version="1.0"?>` + c.answer))
				return err
			}}}}
		handler := httpkit.Observe(d.Watch(recorded, door), slog.New(slog.DiscardHandler),
			func(httpkit.Info, string, int, time.Duration) {})
		r := httptest.NewRequest("POST", "/root/things/all", strings.NewReader(c.body))
		r.Header.Set("Content-Type", "text/xml")
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if recorded.failures == 0 != c.ok {
			t.Errorf("%s: %d faults", name, recorded.failures)
		}
	}
}

// recorder counts failures instead of failing the test.
type recorder struct {
	testing.TB
	failures int
}

func (t *recorder) Errorf(string, ...any) { t.failures++ }
