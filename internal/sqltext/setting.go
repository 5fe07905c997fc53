// SPDX-License-Identifier: Apache-2.0

package sqltext

// Statements about settings.
const (
	SelectSetting = `SELECT value FROM settings WHERE name = ?`
	InsertSetting = `INSERT INTO settings (name, value) VALUES (?, ?)`
)

// ScanSetting reads the column of SelectSetting.
func ScanSetting(row Row) (v []byte, err error) {
	err = row.Scan(Bytes{&v})
	return v, err
}
