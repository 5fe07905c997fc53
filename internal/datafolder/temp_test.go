// SPDX-License-Identifier: Apache-2.0

package datafolder_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"gatehouse/internal/datafolder"
)

// What a killed process left behind is removed by the next one at once; what is in use is not.
func TestTempRemovesWhatWasLeftBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	used, err := datafolder.NewTemp(dir)
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, ".gatehouse-1")
	if err := os.MkdirAll(filepath.Join(left, "inner"), 0o700); err != nil {
		t.Fatal(err)
	}
	if found := datafolder.Left(dir); len(found) != 1 || found[0] != left {
		t.Errorf("left behind: %v", found)
	}
	if err := datafolder.WriteNew(filepath.Join(dir, "key"), []byte("content")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
	if err := os.WriteFile(used.Path("file"), nil, 0o600); err != nil {
		t.Errorf("what is in use was removed: %v", err)
	}
	if err := used.Remove(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("in the end there is %v, %v", entries, err)
	}
}

// Of many that make, look and remove at once, nobody loses its folder.
func TestTempsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				temp, err := datafolder.NewTemp(dir)
				if err != nil {
					t.Error(err)
					return
				}
				datafolder.Left(dir)
				if err := os.WriteFile(temp.Path("file"), nil, 0o600); err != nil {
					t.Error(err)
				}
				if err := temp.Remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
