// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/problem"
)

// maxDepth bounds the nesting of JSON and XML bodies. No wire needs more than six.
const maxDepth = 32

// ReadBody returns the whole body, at most as many bytes as the route's limits
// allow, without a byte order mark. For a longer one it returns an Error with 413, and the
// connection will be closed; for one in a content coding, an Error with 415. It may be
// called more than once.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	info := InfoOf(r)
	if info.body == nil {
		content, err := readBody(w, r, info.maxBody)
		info.body = &body{content, err}
		if err == nil { // outside Observe the Info is lost, but the body must remain readable
			r.Body = io.NopCloser(bytes.NewReader(content))
		}
	}
	return info.body.content, info.body.err
}

// BodyOf returns what ReadBody has read of a request's body so far, and nil before
// that. It reads nothing itself.
func BodyOf(r *http.Request) []byte {
	if b := InfoOf(r).body; b != nil {
		return b.content
	}
	return nil
}

func readBody(w http.ResponseWriter, r *http.Request, maxBody int64) ([]byte, error) {
	if r.ContentLength > maxBody { // before reading: a client that waits for "100 Continue" sends nothing
		return nil, tooLarge(w, maxBody)
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge(w, maxBody)
	case err != nil:
		e := refusal(http.StatusBadRequest, codeBodyIncomplete)
		e.Err = err
		return nil, e
	case len(content) > 0 && coded(r.Header):
		w.Header().Set("Accept-Encoding", "identity") // RFC 9110, section 12.5.3
		return nil, refusal(http.StatusUnsupportedMediaType, codeBodyCoded)
	}
	return bytes.TrimPrefix(content, []byte(byteOrderMark)), nil
}

// byteOrderMark is U+FEFF in UTF-8. Some editors and libraries put it before a text.
const byteOrderMark = "\ufeff"

// coded reports whether a body is in a content coding. Coded bodies are refused: no known
// client of the wires sends one, and a small one may expand without end.
func coded(h http.Header) bool {
	for _, line := range h["Content-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				return true
			}
		}
	}
	return false
}

// tooLarge also closes the connection, so that the rest need not be read.
func tooLarge(w http.ResponseWriter, maxBody int64) error {
	w.Header().Set("Connection", "close")
	return refusal(http.StatusRequestEntityTooLarge, codeBodyTooLarge, maxBody)
}

// MediaType returns the body's media type in lower case, without parameters: ""
// if the request names none, and "invalid" if it cannot be read. Everything after the
// first semicolon is ignored: clients write text there that is no parameter, as in
// "application/json; utf-8", and every body is read as UTF-8 in any case.
func MediaType(r *http.Request) string {
	header := r.Header.Get("Content-Type")
	if header == "" || header == "application/json" {
		return header
	}
	media, _, _ := strings.Cut(header, ";")
	if media = strings.ToLower(strings.Trim(media, " \t")); !isMediaType(media) {
		return "invalid"
	}
	return media
}

// isMediaType reports whether a text is two tokens with a slash between them
// (RFC 9110, section 8.3.1). A range such as */* is one as well.
func isMediaType(text string) bool {
	kind, subtype, found := strings.Cut(text, "/")
	return found && isToken(kind) && isToken(subtype)
}

func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
			!strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	})
}

// IsJSON reports whether a media type is JSON's.
func IsJSON(t string) bool { return t == "application/json" || strings.HasSuffix(t, "+json") }

// DecodeJSON reads exactly one JSON object into v, a pointer to a struct.
// Members that v does not know are ignored: real clients send more than the
// wires document. A member that is sent twice, or in another letter case than v
// has it, is refused. Errors are of Status 400 and name the member and what it should be.
func DecodeJSON(body []byte, v any) error {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(trimmed) == 0:
		return refusal(http.StatusBadRequest, codeBodyEmpty)
	case trimmed[0] != '{':
		return refusal(http.StatusBadRequest, codeBodyNoObject)
	case !utf8.Valid(body):
		return refusal(http.StatusBadRequest, codeBodyNotUTF8)
	case tooDeep(trimmed):
		return refusal(http.StatusBadRequest, codeBodyTooNested, maxDepth)
	}
	err := json.Unmarshal(body, v)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return decodeFirst(body, v)
	}
	if err != nil {
		return jsonError(err)
	}
	return checkMembers(trimmed, knownMembers(v))
}

// decodeFirst returns the error of a body with a mistake. A Decoder, which costs more than
// Unmarshal, tells a mistake in the first value from something after it.
func decodeFirst(body []byte, v any) error {
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(v); err != nil {
		return jsonError(err)
	}
	return refusal(http.StatusBadRequest, codeBodyTwoValues)
}

func jsonError(err error) error {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		e := refusal(http.StatusBadRequest, CodeWrongType, wrongType.Field, jsonName(wrongType.Value),
			typeName(wrongType))
		e.Field = wrongType.Field
		return e
	case errors.As(err, &syntax):
		return refusal(http.StatusBadRequest, codeBadJSON, syntax.Offset)
	}
	e := refusal(http.StatusBadRequest, codeJsonTooShort)
	e.Err = err // a door may have values that refuse a text by an error of their own
	return e
}

// jsonName names a JSON value in a sentence. The decoder appends the value of a number
// to the word; the sentence does not repeat it.
func jsonName(value string) problem.Phrase {
	switch word, _, _ := strings.Cut(value, " "); word {
	case "string":
		return Word(CodeAString)
	case "bool":
		return Word(CodeABool)
	case "array":
		return Word(CodeAnArray)
	case "object":
		return Word(CodeAnObject)
	}
	return Word(CodeANumber)
}

func typeName(e *json.UnmarshalTypeError) problem.Phrase {
	switch e.Type.Kind().String() {
	case "string":
		return Word(CodeAString)
	case "bool":
		return Word(CodeTrueOrFalse)
	case "int", "int64":
		return Word(CodeAWholeNumber)
	case "slice":
		return Word(CodeAnArray)
	}
	return Word(CodeAnObject)
}

// Word returns a value of a sentence that is itself words of a language.
func Word(code problem.Code) problem.Phrase { return Sentences().Say(code) }

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
