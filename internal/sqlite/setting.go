// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
)

// Setting implements tenancy.SettingReader.
func (t *tx) Setting(ctx context.Context, name string) ([]byte, error) {
	return one(ctx, t, "read setting", problem.SettingNotFound,
		sqltext.ScanSetting, sqltext.SelectSetting, name)
}

// InsertSetting implements tenancy.SettingWriter.
func (t *tx) InsertSetting(ctx context.Context, name string, value []byte) error {
	_, err := t.insert(ctx, problem.SettingExists(), "insert setting", sqltext.InsertSetting,
		name, sqltext.Blob(value))
	return err
}
