// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/problem"
)

// Setting implements tenancy.SettingReader.
func (t *tx) Setting(ctx context.Context, name string) ([]byte, error) {
	return one(ctx, t, "setting", func(row pgx.Row) (v []byte, err error) {
		err = row.Scan(bytesOf{&v})
		return v, err
	}, `SELECT value FROM settings WHERE name = $1`, name)
}

// InsertSetting implements tenancy.SettingWriter.
func (t *tx) InsertSetting(ctx context.Context, name string, value []byte) error {
	return t.insert(ctx, problem.SettingExists(), "insert setting",
		`INSERT INTO settings (name, value) VALUES ($1, $2)`, name, blob(value))
}
