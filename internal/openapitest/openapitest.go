// SPDX-License-Identifier: Apache-2.0

// Package openapitest checks a wire against its OpenAPI document: the routes, and each
// request and answer of the tests that go through Watch.
//
// Test-only: nothing of the product imports it.
package openapitest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"gatehouse/internal/httpkit"
)

// Document is an OpenAPI document whose paths are relative to the wire's roots.
type Document struct {
	spec     *openapi3.T
	compiled sync.Map // functions that return a compiled schema, by *openapi3.Schema
	right    sync.Map // parameters that match it, by what was compared
	seen     sync.Map // "name status" of each answer
}

// Read reads a document. The error says what is not valid in it.
func Read(file string) (*Document, error) {
	spec, err := openapi3.NewLoader().LoadFromFile(file)
	if err == nil {
		err = spec.Validate(context.Background())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &Document{spec: spec}, nil
}

// Operations lists "name METHOD /path [trees]", sorted; trees are those of x-trees,
// and left out without it.
func (d *Document) Operations() []string {
	var list []string
	for path, item := range d.spec.Paths.Map() {
		for method, op := range item.Operations() {
			line := op.OperationID + " " + method + " " + path
			if trees, ok := op.Extensions["x-trees"].([]any); ok {
				var names []string
				for _, tree := range trees {
					names = append(names, fmt.Sprint(tree))
				}
				slices.Sort(names)
				line += " " + strings.Join(names, " ")
			}
			list = append(list, line)
		}
	}
	slices.Sort(list)
	return list
}

// Unseen lists "name status" of the answers that the document has and that Watch has not
// seen, sorted. Those for every other status are left out.
func (d *Document) Unseen() []string {
	var list []string
	for _, item := range d.spec.Paths.Map() {
		for _, op := range item.Operations() {
			for status := range op.Responses.Map() {
				answer := op.OperationID + " " + status
				if _, seen := d.seen.Load(answer); !seen && !strings.HasSuffix(status, "XX") && status != "default" {
					list = append(list, answer)
				}
			}
		}
	}
	slices.Sort(list)
	return list
}

// AllRan reports whether this run of a package's tests left none of them out.
func AllRan() bool {
	for _, arg := range os.Args {
		if strings.HasPrefix(arg, "-test.run") || strings.HasPrefix(arg, "-test.skip") ||
			strings.HasPrefix(arg, "-test.fuzz") || strings.HasPrefix(arg, "-test.list") {
			return false
		}
	}
	return true
}

// Watch returns the door's handler. It fails the test if an answer, or a request that was
// answered with success, does not match the document. A request without an operation in the
// document must be refused.
func (d *Document) Watch(t testing.TB, door *httpkit.Door) http.Handler {
	next := door.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil { // tests of incomplete bodies
			next.ServeHTTP(w, r)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		a := httptest.NewRecorder()
		next.ServeHTTP(a, r)
		if path, ok := d.relative(door, r.URL.Path); ok && r.Method != http.MethodHead {
			if err := d.Check(r, path, body, a); err != nil {
				t.Errorf("%s %s, answered %d %.500s\nis not as the OpenAPI document says: %v", r.Method, r.URL, a.Code,
					a.Body, err)
			}
		}
		for name, values := range a.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(a.Code)
		_, _ = w.Write(a.Body.Bytes())
	})
}

// relative returns a path without the root of the door it is under. If the document has
// whole paths, it returns the path itself.
func (d *Document) relative(door *httpkit.Door, path string) (string, bool) {
	if len(d.spec.Servers) > 0 && d.spec.Servers[0].URL == "/" {
		return path, true
	}
	for _, root := range door.Roots {
		if door.FoldPath {
			root, path = strings.ToLower(root), strings.ToLower(path)
		}
		if rest, ok := strings.CutPrefix(path, root); ok && (rest == "" || rest[0] == '/') {
			return "/" + strings.TrimPrefix(rest, "/"), true
		}
	}
	return "", false
}

// Check compares a request and its answer with the document. The path is as the document has
// it, and the body is that of the request.
func (d *Document) Check(r *http.Request, path string, body []byte, a *httptest.ResponseRecorder) error {
	route, params := d.find(r.Method, path)
	if route == nil {
		if a.Code < 400 {
			return fmt.Errorf("there is no operation for it")
		}
		return nil
	}
	d.seen.Store(fmt.Sprint(route.Operation.OperationID, " ", a.Code), true)
	if responses := route.Operation.Responses; responses.Status(a.Code) == nil && responses.Default() == nil &&
		responses.Value(fmt.Sprint(a.Code/100, "XX")) == nil {
		return fmt.Errorf("the operation has no answer with this status")
	}
	r = r.Clone(context.Background())
	r.Body = io.NopCloser(bytes.NewReader(body)) // that of the request may be read and closed
	r.URL.RawQuery = semicolons(r.URL.RawQuery)
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // the wires skip it, and the validator does not
	if media := mediaType(r.Header); media != "" {
		r.Header.Set("Content-Type", media) // likewise the parameters of the type
	}
	if mediaType(r.Header) == mediaForm {
		body = []byte(semicolons(string(body)))
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
			ExcludeRequestBody: true, ExcludeResponseBody: true, IncludeResponseStatus: true,
			SkipSettingDefaults: true}}
	if a.Code < http.StatusMultipleChoices {
		if err := d.checkRequest(in, body); err != nil {
			return err
		}
	}
	if isXML(mediaType(a.Header())) {
		if err := d.checkXMLAnswer(route.Operation, a.Code, a.Body.Bytes()); err != nil {
			return fmt.Errorf("the answer in XML: %w", err)
		}
		return nil
	}
	query := r.URL.Query()
	if query.Has("fields") || query.Has("exclude") || !httpkit.IsJSON(mediaType(a.Header())) {
		return nil
	}
	if err := d.checkAnswer(in, a); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	return nil
}

// checkRequest checks the parameters and the body of a request.
func (d *Document) checkRequest(in *openapi3filter.RequestValidationInput, body []byte) error {
	r, op := in.Request, in.Route.Operation
	// Tests send the same parameters thousands of times, and each check compiles their schemas.
	key := fmt.Sprint(r.Method, in.Route.Path, r.URL, in.PathParams)
	for _, p := range slices.Concat(in.Route.PathItem.Parameters, op.Parameters) {
		if p.Value.In == openapi3.ParameterInHeader {
			key += fmt.Sprintf(" %q", r.Header.Values(p.Value.Name))
		}
	}
	if _, ok := d.right.Load(key); !ok {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			return fmt.Errorf("the request: %w", err)
		}
		d.right.Store(key, true)
	}
	if len(body) > 0 && decodable(r.Header) && op.RequestBody != nil {
		if err := d.checkBody(op.RequestBody.Value.Content, r.Header, body); err != nil {
			return fmt.Errorf("the request: %w", err)
		}
	}
	if isXML(mediaType(r.Header)) {
		if err := d.checkXMLRequest(op, body); err != nil {
			return fmt.Errorf("the request in XML: %w", err)
		}
	}
	return nil
}

// checkAnswer checks the headers and the body of an answer in JSON.
func (d *Document) checkAnswer(in *openapi3filter.RequestValidationInput,
	a *httptest.ResponseRecorder) error {
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: a.Code,
		Header: a.Header(), Options: in.Options}
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		return err
	}
	response := in.Route.Operation.Responses.Status(a.Code)
	if response == nil {
		response = in.Route.Operation.Responses.Default()
	}
	return d.checkBody(response.Value.Content, a.Header(), a.Body.Bytes())
}

// decodable reports whether the validator can check a body. XML is checked separately, and
// the wire itself handles bodies with a wrong type.
func decodable(h http.Header) bool {
	media := mediaType(h)
	return media == "application/json" || media == mediaForm
}

const mediaForm = "application/x-www-form-urlencoded"

// semicolons encodes the semicolons of a query or a form. The wires accept them, and the
// validator refuses them.
func semicolons(text string) string { return strings.ReplaceAll(text, ";", "%3B") }

func isXML(media string) bool { return media == "application/xml" || media == "text/xml" }

func mediaType(h http.Header) string {
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return media
}

// find returns the operation of a path, one without parameters before others.
func (d *Document) find(method, path string) (route *routers.Route, params map[string]string) {
	for pattern, item := range d.spec.Paths.Map() {
		found, ok := match(pattern, path)
		op := item.GetOperation(method)
		if !ok || op == nil || route != nil && len(found) >= len(params) {
			continue
		}
		route, params = &routers.Route{Spec: d.spec, Path: pattern, PathItem: item, Method: method, Operation: op},
			found
	}
	return route, params
}

// match compares a path with a pattern, segment by segment.
func match(pattern, path string) (params map[string]string, ok bool) {
	want, got := strings.Split(strings.Trim(pattern, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	if len(want) != len(got) {
		return nil, false
	}
	params = map[string]string{}
	for i, segment := range want {
		name, isParam := strings.CutPrefix(segment, "{")
		switch {
		case isParam:
			params[strings.TrimSuffix(name, "}")] = got[i]
		case segment != got[i]:
			return nil, false
		}
	}
	return params, true
}

// HasParameter reports whether an operation has a parameter with the name.
func (d *Document) HasParameter(operation, name string) bool {
	for _, item := range d.spec.Paths.Map() {
		for _, op := range item.Operations() {
			if op.OperationID == operation {
				return slices.ContainsFunc(slices.Concat(item.Parameters, op.Parameters),
					func(p *openapi3.ParameterRef) bool { return p.Value.Name == name })
			}
		}
	}
	return false
}
