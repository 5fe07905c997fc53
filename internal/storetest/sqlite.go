// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"path/filepath"
	"testing"

	"gatehouse/internal/sqlite"
)

// SQLite returns an empty, migrated store in a temporary folder, closed when the
// test ends.
func SQLite(t testing.TB) *sqlite.Store {
	t.Helper()
	return SQLiteAt(t, filepath.Join(t.TempDir(), "gatehouse.db"))
}

// SQLiteAt is SQLite for a test that opens the file itself.
func SQLiteAt(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		t.Fatalf("open SQLite: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close SQLite: %v", err)
		}
	})
	if _, err := s.Migrate(context.Background()); err != nil {
		t.Fatalf("migrate SQLite: %v", err)
	}
	return s
}
