// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
)

var (
	selectSetting = sqltext.Numbered(sqltext.SelectSetting)
	insertSetting = sqltext.Numbered(sqltext.InsertSetting + sqltext.DoNothing)
)

// Setting implements tenancy.SettingReader.
func (t *tx) Setting(ctx context.Context, name string) ([]byte, error) {
	return one(ctx, t, "read setting", problem.SettingNotFound, sqltext.ScanSetting, selectSetting, name)
}

// InsertSetting implements tenancy.SettingWriter.
func (t *tx) InsertSetting(ctx context.Context, name string, value []byte) error {
	return t.insert(ctx, problem.SettingExists(), "insert setting", insertSetting, name, sqltext.Blob(value))
}
