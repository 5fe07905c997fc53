// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5/pgtype"
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

// ScanText implements pgtype.TextScanner.
func (j jsonOf[T]) ScanText(v pgtype.Text) error {
	switch {
	case !v.Valid:
		return errors.New("the column holds no JSON")
	case v.String == noneInList || v.String == noneInObject:
		*j.to = *new(T)
		return nil
	}
	*j.to = *new(T)
	return json.Unmarshal([]byte(v.String), j.to)
}
