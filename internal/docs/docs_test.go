// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"gatehouse/internal/docs"
	"gatehouse/internal/httpkit"
)

// files are the documents that the server describes.
func files() map[string]string {
	return map[string]string{"/v1": "../api/openapi.json", "/oauth2": "../oauth/openapi.json"}
}

// get answers a request for the page of the documents.
func get(t *testing.T, method, path string) *http.Response {
	t.Helper()
	var sources []docs.Source
	for _, root := range []string{"/v1", "/oauth2"} {
		text, err := os.ReadFile(files()[root])
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, docs.Source{Root: root, Document: text})
	}
	door := docs.Door(sources...)
	handler := httpkit.Observe(httpkit.CleanPaths(door.Handler()), slog.New(slog.DiscardHandler),
		func(httpkit.Info, string, int, time.Duration) {})
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Result()
}

// element is an element of a page with its text and that of all elements in it.
type element struct {
	xml.StartElement
	text strings.Builder
}

func (e *element) attribute(name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// elements returns the elements of a page in their order.
func elements(t *testing.T, res *http.Response) (all []*element) {
	t.Helper()
	dec := xml.NewDecoder(res.Body)
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var open []*element
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, &element{StartElement: token.Copy()})
			all = append(all, open[len(open)-1])
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			for _, e := range open {
				e.text.Write(token)
			}
		}
	}
}

// The page has every operation with its path, every member of every schema, and each link
// within it leads somewhere.
func TestPageIsWhole(t *testing.T) {
	t.Parallel()
	text := map[string]string{} // of the element with an id
	var links []string
	for _, e := range elements(t, get(t, "GET", "/docs")) {
		if id := e.attribute("id"); id != "" {
			if _, twice := text[id]; twice {
				t.Errorf("the id %s is there twice", id)
			}
			text[id] = e.text.String()
		}
		if e.Name.Local == "a" {
			links = append(links, e.attribute("href"))
		}
	}
	for _, link := range links {
		if id, within := strings.CutPrefix(link, "#"); within && text[id] == "" {
			t.Errorf("a link leads to %s, which is nowhere", link)
		} else if !within && link != "/v1/openapi.json" && link != "/oauth2/openapi.json" {
			t.Errorf("a link leaves the page: %s", link)
		}
	}
	for root, file := range files() {
		spec, err := openapi3.NewLoader().LoadFromFile(file)
		if err != nil {
			t.Fatal(err)
		}
		key := strings.TrimPrefix(root, "/")
		for path, item := range spec.Paths.Map() {
			for method, op := range item.Operations() {
				shown := text[key+"-"+op.OperationID]
				address := method + " " + strings.TrimSuffix(spec.Servers[0].URL, "/") + path
				for _, want := range append([]string{address, op.Summary, op.Description, "curl"},
					op.Responses.Keys()...) {
					if !strings.Contains(shown, want) {
						t.Errorf("%s: the page does not say %q", op.OperationID, want)
					}
				}
				for _, p := range slices.Concat(item.Parameters, op.Parameters) {
					if !strings.Contains(shown, p.Value.Name) || !strings.Contains(shown, p.Value.Description) {
						t.Errorf("%s: the page does not say %q", op.OperationID, p.Value.Name)
					}
				}
			}
		}
		for name, s := range spec.Components.Schemas {
			for member := range s.Value.Properties {
				if !strings.Contains(text[key+"-schema-"+name], member) {
					t.Errorf("%s: the page does not say %q", name, member)
				}
			}
		}
	}
}

// The page loads nothing and runs nothing, and its policy says so.
func TestPageLoadsNothing(t *testing.T) {
	t.Parallel()
	res := get(t, "GET", "/docs")
	policy := res.Header.Get("Content-Security-Policy")
	want := regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; ` +
		`form-action 'none'; frame-ancestors 'none'$`)
	if !want.MatchString(policy) || res.Header.Get("Content-Type") != "text/html; charset=utf-8" ||
		res.Header.Get("X-Content-Type-Options") != "nosniff" ||
		res.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers: %v", res.Header)
	}
	levels, last := map[string]int{"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5}, 0
	for _, e := range elements(t, res) {
		name := e.Name.Local
		switch name {
		case "script", "link", "img", "iframe", "object", "embed", "form", "base":
			t.Errorf("there is an element %s", name)
		}
		for _, a := range e.Attr {
			if key := a.Name.Local; key == "style" || key == "src" || strings.HasPrefix(key, "on") {
				t.Errorf("%s has the attribute %s", name, key)
			}
		}
		if level := levels[name]; level > 0 {
			if level > last+1 {
				t.Errorf("%q is of level %d after one of level %d", e.text.String(), level, last)
			}
			last = level
		}
	}
}

// Texts of a document are never markup.
func TestPageEscapes(t *testing.T) {
	t.Parallel()
	const evil = "</style><script>alert(1)</script>"
	door := docs.Door(docs.Source{Root: "/x",
		Document: []byte(`{"info":{"title":"` + evil + `"},"servers":[{"url":"/x"}],
		"tags":[{"name":"t","description":"` + evil + `"}],"paths":{"/a":{"get":{"operationId":"a","tags":["t"],"summary":"` + evil + `"}}}}`)})
	handler := httpkit.Observe(door.Handler(), slog.New(slog.DiscardHandler),
		func(httpkit.Info, string, int, time.Duration) {})
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/docs", nil))
	if strings.Contains(w.Body.String(), "<script") {
		t.Error("a text became a script")
	}
}

func TestOtherRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		status       int
	}{{"HEAD", "/docs", 200}, {"POST", "/docs", 405}, {"GET", "/docs/x", 404}, {"GET", "/docs?x=1", 200}} {
		if res := get(t, c.method, c.path); res.StatusCode != c.status {
			t.Errorf("%s %s: got %d, want %d", c.method, c.path, res.StatusCode, c.status)
		}
	}
}

// What is no document is an error of the server, which its log says. That of the product are right: see get.
func TestBadDocuments(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"x": "/v1", "[]": "/v1", `{}`: "/v1", `{"servers":[{"url":"/"}],"paths":{"/a":1}}`: "/a",
		`{"servers":[{"url":"/"}],"paths":{"/a":{"get":{"operationId":"b"}}}}`:                                    "b has no tag",
		`{"servers":[{"url":"/"}],"paths":{"/a":{"get":{"operationId":"b","tags":["t"],"requestBody":{}}}}}`:      "no content",
		`{"servers":[{"url":"/"}],"paths":{"/a":{"get":1}}}`:                                                      "get /a",
		`{"servers":[{"url":"/"}],"paths":{},"components":{"schemas":{"S":{"required":1}}}}`:                      "S",
		`{"servers":[{"url":"/"}],"paths":{"/a":{"get":{"operationId":"b","tags":["t"],"responses":{"200":1}}}}}`: "b",
	} {
		var log bytes.Buffer
		door := docs.Door(docs.Source{Root: "/v1", Document: []byte(text)})
		handler := httpkit.Observe(door.Handler(), slog.New(slog.NewTextHandler(&log, nil)),
			func(httpkit.Info, string, int, time.Duration) {})
		for range 2 { // the second is not made, either
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest("GET", "/docs", nil))
			if w.Code != http.StatusInternalServerError || !strings.Contains(log.String(), want) ||
				strings.Contains(w.Body.String(), "make") {
				t.Errorf("%s: got %d %s, and the log says %s, want %q", text, w.Code, w.Body, log.String(), want)
			}
		}
	}
}
