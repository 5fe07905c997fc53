// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Absent lists and objects, as they are stored: never NULL.
const (
	noneInList   = "[]"
	noneInObject = "{}"
)

// jsonText is a list or a map as it is stored.
func jsonText[T any](v T, none string) (string, error) {
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

// jsonOf scans one; an empty one becomes nil again.
type jsonOf[T any] struct{ to *T }

// Scan implements sql.Scanner.
func (j jsonOf[T]) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return errors.New("the column holds no JSON")
	}
	if text == noneInList || text == noneInObject {
		*j.to = *new(T)
		return nil
	}
	*j.to = *new(T)
	return json.Unmarshal([]byte(text), j.to)
}
