// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// MaxBody is the cap on a request's body, in bytes, for every door.
const MaxBody = 64 << 10

// maxDepth bounds the nesting of JSON and XML bodies. No wire of ours goes past six.
const maxDepth = 32

// ReadBody reads the whole body, at most MaxBody bytes. Past that it is an
// Error with 413, and the connection will be closed.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if info := InfoOf(r); info.body != nil { // before the request got its place
		return info.body.content, info.body.err
	}
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		return nil, nil
	case r.ContentLength > MaxBody: // before reading: a client that waits for "100 Continue" sends nothing
		return nil, tooLarge(w)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge(w)
	case err != nil:
		e := Errorf(http.StatusBadRequest, "The body ended before it was complete.")
		e.Err = err
		return nil, e
	}
	return body, nil
}

// tooLarge also has the connection closed, so that the rest need not be read.
func tooLarge(w http.ResponseWriter) error {
	w.Header().Set("Connection", "close")
	return Errorf(http.StatusRequestEntityTooLarge, "The body is larger than %d bytes.", MaxBody)
}

// MediaType gives the body's media type in lower case, without parameters; ""
// when none is announced, and "invalid" when it cannot be read.
func MediaType(r *http.Request) string {
	header := r.Header.Get("Content-Type")
	if header == "" || header == "application/json" {
		return header
	}
	t, _, err := mime.ParseMediaType(header)
	if err != nil {
		return "invalid"
	}
	return t
}

// IsJSON tells whether a media type is JSON's.
func IsJSON(t string) bool { return t == "application/json" || strings.HasSuffix(t, "+json") }

// DecodeJSON reads exactly one JSON object into v, a pointer to a struct.
// Members that v does not know are ignored: real clients send more than the
// wires document. Errors are of Status 400 and name the member and what it should be.
func DecodeJSON(body []byte, v any) error {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(trimmed) == 0:
		return Errorf(http.StatusBadRequest, "The body is empty. Send a JSON object.")
	case trimmed[0] != '{':
		return Errorf(http.StatusBadRequest, "The body is not a JSON object.")
	case !utf8.Valid(body):
		return Errorf(http.StatusBadRequest, "The body is not valid UTF-8.")
	case tooDeep(trimmed):
		return Errorf(http.StatusBadRequest, "The body is nested more than %d levels deep.", maxDepth)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(v); err != nil {
		return jsonError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Errorf(http.StatusBadRequest, "There is something after the JSON object. Send one object only.")
	}
	return nil
}

func jsonError(err error) error {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		e := Errorf(http.StatusBadRequest, "The value of %s is %s; it should be %s.", wrongType.Field, jsonName(wrongType.Value), typeName(wrongType))
		e.Field = wrongType.Field
		return e
	case errors.As(err, &syntax):
		return Errorf(http.StatusBadRequest, "The body is not valid JSON: there is a mistake at byte %d.", syntax.Offset)
	}
	return Errorf(http.StatusBadRequest, "The body is not valid JSON: it ends too early.")
}

// jsonName names a JSON value in a sentence. The decoder puts the value of a
// number behind the word; what was sent is not repeated.
func jsonName(value string) string {
	word, _, _ := strings.Cut(value, " ")
	if word == "array" || word == "object" {
		return "an " + word
	}
	return "a " + word
}

func typeName(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	case "int", "int64":
		return "a whole number"
	case "slice":
		return "an array"
	}
	return "an object"
}

// tooDeep counts brackets outside strings, before any parser recurses.
func tooDeep(b []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
