// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"gatehouse/internal/sqlite"
)

// emptySQLite returns the bytes of an empty, migrated database. It is made once per
// process: each test gets a copy, because migrating takes longer than most tests.
var emptySQLite = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "gatehouse-storetest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "gatehouse.db")
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	// Closing brings everything into the one file.
	if _, err := s.Migrate(context.Background()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// SQLite returns an empty, migrated store in a temporary folder, closed when the
// test ends.
func SQLite(t testing.TB) *sqlite.Store {
	t.Helper()
	return SQLiteAt(t, filepath.Join(t.TempDir(), "gatehouse.db"))
}

// SQLiteAt is SQLite for a test that opens the file itself.
func SQLiteAt(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	content, err := emptySQLite()
	if err != nil {
		t.Fatalf("prepare SQLite: %v", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		t.Fatalf("open SQLite: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close SQLite: %v", err)
		}
	})
	return s
}
