// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgtype"

	"gatehouse/internal/jsoncolumn"
)

// jsonOf scans a list or a map.
type jsonOf[T any] struct{ to *T }

// ScanText implements pgtype.TextScanner.
func (j jsonOf[T]) ScanText(v pgtype.Text) error {
	if !v.Valid {
		return errors.New("the column holds no JSON")
	}
	return jsoncolumn.Read(v.String, j.to)
}
