// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"context"
	"database/sql"
	"errors"

	"gatehouse/internal/filter"
	"gatehouse/internal/jsoncolumn"
)

// searchTable has the statements that fill the columns which version 22 added to a table.
// The first takes an id and the size of a batch, and returns id, name, instance id and
// tags. The second takes their folded forms and the id.
type searchTable struct{ read, write string }

func searchTables() []searchTable {
	return []searchTable{
		{`SELECT id, name, instance_id, tags FROM clients WHERE id > $1 ORDER BY id LIMIT $2`,
			`UPDATE clients SET name_folded = $1, instance_id_folded = $2, tags_folded = $3 WHERE id = $4`},
		{`SELECT id, name, '', tags FROM auth_codes WHERE id > $1 ORDER BY id LIMIT $2`,
			`UPDATE auth_codes SET name_folded = $1, tags_folded = $3 WHERE id = $4 AND $2 = ''`},
	}
}

type searchRow struct {
	id, name, instance string
	tags               []string
}

// FillSearch fills the columns that version 22 added, a batch at a time.
func FillSearch(ctx context.Context, tx *sql.Tx) error {
	for _, t := range searchTables() {
		for after := ""; ; {
			rows, err := t.batch(ctx, tx, after)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			for _, r := range rows {
				if _, err := tx.ExecContext(ctx, t.write, filter.Fold(r.name), filter.Fold(r.instance), listed(r.tags),
					r.id); err != nil {
					return err
				}
			}
			after = rows[len(rows)-1].id
		}
	}
	return nil
}

func (t searchTable) batch(ctx context.Context, tx *sql.Tx, after string) (batch []searchRow, err error) {
	rows, err := tx.QueryContext(ctx, t.read, after, fillBatch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r searchRow
		var tags string
		if err := rows.Scan(&r.id, &r.name, &r.instance, &tags); err != nil {
			return nil, err
		}
		if err := jsoncolumn.Read(tags, &r.tags); err != nil {
			return nil, err
		}
		batch = append(batch, r)
	}
	return batch, rows.Err()
}
