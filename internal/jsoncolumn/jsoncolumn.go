// SPDX-License-Identifier: Apache-2.0

// Package jsoncolumn stores lists and maps as JSON in text columns, in the same form on
// every engine. A nil value is stored as an empty one, never as NULL, and is nil again
// when it is read.
//
// Floor F0: it imports the standard library only.
package jsoncolumn

import (
	"bytes"
	"encoding/json"
)

// The stored forms of an empty list and an empty map.
const (
	NoList   = "[]"
	NoObject = "{}"
)

// Text returns the stored form of a list or a map. For nil that is none, which is NoList
// or NoObject. The error is that of package json for a value that is not JSON.
func Text(v any, none string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // text is read back unchanged
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	text := string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	if text == "null" {
		text = none
	}
	return text, nil
}

// Read reads the result of Text. An empty list or map becomes nil. The error is that of
// package json.
func Read[T any](text string, to *T) error {
	*to = *new(T)
	if text == NoList || text == NoObject {
		return nil
	}
	return json.Unmarshal([]byte(text), to)
}
