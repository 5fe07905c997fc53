// SPDX-License-Identifier: Apache-2.0

// Package jsoncolumn writes lists and maps as JSON into columns of text, and reads
// them from there: the same on every engine. An absent one is an empty one there,
// never NULL, and absent again when it is read.
//
// Floor F0: it imports the standard library only.
package jsoncolumn

import (
	"bytes"
	"encoding/json"
)

// Empty lists and objects, as they are stored.
const (
	NoList   = "[]"
	NoObject = "{}"
)

// Text gives a list or a map as it is stored: none, which is NoList or NoObject,
// when it is nil. The error is json's, of a value that is not JSON.
func Text(v any, none string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // what was given comes back as it was
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	text := string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	if text == "null" {
		text = none
	}
	return text, nil
}

// Read reads what Text gave; an empty list or map is nil. The error is json's.
func Read[T any](text string, to *T) error {
	*to = *new(T)
	if text == NoList || text == NoObject {
		return nil
	}
	return json.Unmarshal([]byte(text), to)
}
