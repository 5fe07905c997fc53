// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/filter"
)

// FillLikeness fills the columns that version 33 added, a batch at a time.
func FillLikeness(ctx context.Context, tx *sql.Tx) error {
	for _, table := range []string{"organizations", "requests"} {
		for after := int64(-1); ; {
			names, err := readNames(ctx, tx, table, after)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				break
			}
			after = names[len(names)-1].id
			if _, err := tx.ExecContext(ctx, likenesses(table, names)); err != nil {
				return err
			}
		}
	}
	return nil
}

type storedName struct {
	id   int64
	name string
}

func readNames(ctx context.Context, tx *sql.Tx, table string, after int64) (names []storedName, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, name FROM "+table+" WHERE id > $1 ORDER BY id LIMIT $2",
		after, batch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var n storedName
		if err := rows.Scan(&n.id, &n.name); err != nil {
			return nil, err
		}
		names = append(names, n)
	}
	return names, rows.Err()
}

// likenesses returns the statement that stores a batch. Both databases call the columns of
// VALUES so.
func likenesses(table string, names []storedName) string {
	values := make([]string, len(names))
	for i, n := range names {
		values[i] = fmt.Sprintf("(%d, %d)", n.id, filter.Likeness(n.name))
	}
	return "UPDATE " + table + " SET name_likeness = v.column2 FROM (VALUES " + strings.Join(values, ", ") +
		") AS v WHERE id = v.column1"
}
