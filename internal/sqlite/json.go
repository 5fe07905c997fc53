// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"

	"gatehouse/internal/jsoncolumn"
)

// jsonOf scans a list or a map.
type jsonOf[T any] struct{ to *T }

// Scan implements sql.Scanner.
func (j jsonOf[T]) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return errors.New("the column holds no JSON")
	}
	return jsoncolumn.Read(text, j.to)
}
