// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gatehouse/internal/config"
)

// A restore that is interrupted before any of its steps is finished later. At no moment is the
// new database next to the log of the old one, or the old one without its log.
func TestRestoreIsFinishedFromEveryStep(t *testing.T) {
	t.Parallel()
	interrupted := errors.New("interrupted")
	for at := range 4 { // the last one is not interrupted
		c := config.Config{Data: t.TempDir()}
		db := c.SQLitePath()
		for path, content := range map[string]string{db: "old", db + "-wal": "old log", db + "-shm": "index",
			restoredPath(c): "new"} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		text := func(path string) string {
			b, _ := os.ReadFile(path) // a missing one is empty
			return string(b)
		}
		wantSound := func() {
			t.Helper()
			switch state := text(db) + "," + text(db+"-wal"); {
			case state == "old,old log", state == ",", state == "new,":
			case state == "old," && text(restoredPath(c)) == "new": // and every command refuses until it is finished
			default:
				t.Errorf("interrupted at %d: the folder has %q", at, state)
			}
		}
		n := 0
		step := func(string) error {
			wantSound()
			if n++; n == at+1 {
				return interrupted
			}
			return nil
		}
		if err := finishRestore(c, step); (at < 3) != errors.Is(err, interrupted) {
			t.Fatalf("interrupted at %d: %v", at, err)
		}
		wantSound()
		for range 2 {
			if err := finishRestore(c, func(string) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		old, err := filepath.Glob(db + ".replaced.*Z")
		if err != nil || len(old) != 1 {
			t.Fatalf("interrupted at %d: put aside are %v, %v", at, old, err)
		}
		if text(db) != "new" || text(db+"-wal") != "" || text(db+"-shm") != "" || text(restoredPath(c)) != "" ||
			text(old[0]) != "old" || text(old[0]+"-wal") != "old log" {
			t.Errorf("interrupted at %d: the restore is not finished", at)
		}
	}
}
