// SPDX-License-Identifier: Apache-2.0

package sqltext

import "testing"

func TestNumbered(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"SELECT 1": "SELECT 1",
		"a = ?":    "a = $1",
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)": "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
		"a = ?2 OR b = ?1 OR c = ?2":               "a = $2 OR b = $1 OR c = $2",
		"a = ?1, b = ?1, c = ?2, d = ?, e = ?":     "a = $1, b = $1, c = $2, d = $3, e = $4",
		"a = ?12 LIMIT ?":                          "a = $12 LIMIT $13",
	} {
		if got := Numbered(sql); got != want {
			t.Errorf("Numbered(%q): got %q, want %q", sql, got, want)
		}
	}
}
