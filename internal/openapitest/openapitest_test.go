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
        "200": {description: d, content: {application/json: {schema: {type: object, additionalProperties: false, required: [id], properties: {id: {type: integer}}}}}}
        default: {description: e, content: {application/json: {schema: {type: object, required: [error]}}}}
  /things/all:
    put:
      operationId: putAll
      responses:
        "200": {description: d, content: {application/json: {schema: {type: object}}}}
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
	if got := strings.Join(load(t).Operations(), "|"); got != "putAll PUT /things/all|putThing PUT /things/{id} a b" {
		t.Errorf("got %s", got)
	}
}

// What is wrong is told, and what is right passes.
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
		"wrong request":         {"PUT", "/root/things/1", `{}`, `{"id":1}`, 200, false},
		"wrong request refused": {"PUT", "/root/things/1", `{}`, `{"error":"x"}`, 400, true},
		"wrong error":           {"PUT", "/root/things/1", `{}`, `{}`, 400, false},
		"no operation":          {"GET", "/root/things/1", ``, `{}`, 200, false},
		"no operation, refused": {"GET", "/root/other", ``, `{}`, 404, true},
		"the nearer pattern":    {"PUT", "/root/things/all", ``, `{}`, 200, true},
		"another root":          {"PUT", "/other/things/1", ``, `{}`, 200, true},
		"fewer fields":          {"PUT", "/root/things/1?fields=x", `{"name":"n"}`, `{}`, 200, true},
	} {
		told := &teller{TB: t}
		answer := func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(c.status)
			_, err := w.Write([]byte(c.answer))
			return err
		}
		door := &httpkit.Door{Roots: []string{"/root"}, Routes: []httpkit.Route{
			{Method: c.method, Pattern: "/root/{path...}", Name: "any", Handler: answer}, {Method: c.method, Pattern: "/other/{path...}", Name: "other", Handler: answer}}}
		handler := httpkit.Observe(d.Watch(told, door), slog.New(slog.DiscardHandler), func(httpkit.Info, string, int, time.Duration) {})
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if told.faults == 0 != c.ok {
			t.Errorf("%s: %d faults", name, told.faults)
		}
		if w.Code != c.status || w.Body.String() != c.answer || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: the answer came through as %d %s", name, w.Code, w.Body)
		}
	}
}

// teller counts what is told.
type teller struct {
	testing.TB
	faults int
}

func (t *teller) Errorf(string, ...any) { t.faults++ }
