// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/problem"
)

// Setting implements tenancy.SettingReader.
func (t *tx) Setting(ctx context.Context, name string) ([]byte, error) {
	return one(ctx, t, "setting", func(row scanner) (v []byte, err error) {
		err = row.Scan(bytesOf{&v})
		return v, err
	}, `SELECT value FROM settings WHERE name = ?`, name)
}

// InsertSetting implements tenancy.SettingWriter.
func (t *tx) InsertSetting(ctx context.Context, name string, value []byte) error {
	_, err := t.insert(ctx, problem.SettingExists(), "insert setting",
		`INSERT INTO settings (name, value) VALUES (?, ?)`, name, blob(value))
	return err
}
