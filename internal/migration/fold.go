// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// table is a table with texts in columns, each with its folded form in a second column.
type table struct {
	name    string
	columns []string
	// taken counts the rows other than $2 that have the key $1 in the first column. If
	// it is empty, any number of rows may have the same key.
	taken string
}

func tables() []table {
	return []table{
		{"organizations", []string{"name", "alias", "description", "external_id"}, `
			SELECT count(*) FROM organizations AS own JOIN organizations AS other
				ON other.name_folded = $1 AND other.id <> own.id
			WHERE own.id = $2 AND own.state IN ('active', 'inactive')
				AND other.state IN ('active', 'inactive')`},
		{"requests", []string{"name", "email"}, ""},
		{"operators", []string{"username"},
			`SELECT count(*) FROM operators WHERE username_folded = $1 AND id <> $2`},
		{"operator_tokens", []string{"name"}, `
			SELECT count(*) FROM operator_tokens AS own JOIN operator_tokens AS other
				ON other.operator_id = own.operator_id AND other.name_folded = $1 AND other.id <> own.id
			WHERE own.id = $2 AND own.ended_at IS NULL AND other.ended_at IS NULL`},
	}
}

const (
	batch    = 1000 // rows in memory at a time
	maxNotes = 100
)

// Fold folds every table of version 8 of the schema, from the oldest row to the newest. If
// two rows now have the same key, the older one gets it. Fold returns a sentence for each
// row that retained its old key, or for the first of these rows. It skips rows that have
// only ASCII.
func Fold(ctx context.Context, tx *sql.Tx, fold func(string) string) (notes []string, err error) {
	for _, t := range tables() {
		if err := t.foldAll(ctx, tx, fold, &notes); err != nil {
			return nil, fmt.Errorf("fold %s again: %w", t.name, err)
		}
	}
	return notes, nil
}

func (t table) foldAll(ctx context.Context, tx *sql.Tx, fold func(string) string,
	notes *[]string) (err error) {
	// The two lengths differ for text outside of ASCII, on both databases.
	notASCII := t.each(" OR ", func(c string, _ int) string {
		return "octet_length(" + c + "_folded) <> length(" + c + "_folded)"
	})
	for _, statement := range []string{
		"CREATE TEMPORARY TABLE refold AS SELECT id, row_number() OVER (ORDER BY created_at, id) AS n FROM " +
			t.name +
			" WHERE " + notASCII,
		"CREATE INDEX refold_n ON refold (n)",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if err := t.foldRows(ctx, tx, fold, notes); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DROP TABLE refold")
	return err
}

// each joins what write returns for every column.
func (t table) each(link string, write func(column string, i int) string) string {
	parts := make([]string, len(t.columns))
	for i, c := range t.columns {
		parts[i] = write(c, i)
	}
	return strings.Join(parts, link)
}

func (t table) foldRows(ctx context.Context, tx *sql.Tx, fold func(string) string,
	notes *[]string) (err error) {
	update, err := tx.PrepareContext(ctx, "UPDATE "+t.name+" SET "+
		t.each(", ", func(c string, i int) string { return c + "_folded = $" + strconv.Itoa(i+1) })+
		" WHERE id = $"+strconv.Itoa(len(t.columns)+1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, update.Close()) }()
	for from := int64(0); ; {
		rows, err := t.read(ctx, tx, from)
		if err != nil || len(rows) == 0 {
			return err
		}
		from = rows[len(rows)-1].n
		for _, r := range rows {
			if err := t.foldRow(ctx, tx, update, fold, r, notes); err != nil {
				return err
			}
		}
	}
}

// row is a row to fold.
type row struct {
	n      int64
	id     any
	texts  []string
	folded []string
}

func (t table) read(ctx context.Context, tx *sql.Tx, from int64) (list []row, err error) {
	texts := t.each(", ", func(c string, _ int) string { return "t." + c + ", t." + c + "_folded" })
	rows, err := tx.QueryContext(ctx, "SELECT refold.n, t.id, "+texts+" FROM refold JOIN "+t.name+
		" AS t ON t.id = refold.id WHERE refold.n > $1 ORDER BY refold.n LIMIT "+strconv.Itoa(batch), from)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r := row{texts: make([]string, len(t.columns)), folded: make([]string, len(t.columns))}
		to := []any{&r.n, &r.id}
		for i := range t.columns {
			to = append(to, &r.texts[i], &r.folded[i])
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

func (t table) foldRow(ctx context.Context, tx *sql.Tx, update *sql.Stmt, fold func(string) string, r row,
	notes *[]string) error {
	changed, args := false, make([]any, 0, len(t.columns)+1)
	for i, text := range r.texts {
		key := fold(text)
		if i == 0 && t.taken != "" && key != r.folded[i] {
			var others int
			if err := tx.QueryRowContext(ctx, t.taken, key, r.id).Scan(&others); err != nil {
				return err
			}
			if others > 0 {
				key = r.folded[i]
				if len(*notes) < maxNotes {
					*notes = append(*notes, fmt.Sprintf("%s: %v has the name %+q, which differs from "+
						"another one's only in characters that are not seen; rename it or delete it", t.name, r.id, text))
				}
			}
		}
		changed = changed || key != r.folded[i]
		args = append(args, key)
	}
	if !changed {
		return nil
	}
	_, err := update.ExecContext(ctx, append(args, r.id)...)
	return err
}
