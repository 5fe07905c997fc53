// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/secret"
)

// A database is backed up, restored and examined before, during and after a rotation of its master
// key. Every command calls a key by the same name.
func TestBackupsAroundAKeyRotation(t *testing.T) {
	t.Parallel()
	s, dir := newSite(t, onSQLite), t.TempDir()
	p := start(t, s)
	defer p.stop(t)
	active := func() string {
		list, _ := wantRun(t, s, 0, []string{"key", "list"})
		return regexp.MustCompile(`([0-9a-f]{16})  active|$`).FindStringSubmatch(list)[1]
	}
	old, oldKey := active(), s.masterKey(t)
	before, after := filepath.Join(dir, "before.db"), filepath.Join(dir, "after.db")
	wantRun(t, s, 0, []string{"backup", before}, "verified", "master key "+old)
	two := []site{s, s} // both rotate at once
	ends := make(chan string)
	for _, s := range two {
		go func() {
			code, stdout, stderr := runCommand(t, s.env, "key", "rotate")
			ends <- strings.Repeat("failed: "+stdout+stderr, code)
		}()
	}
	for range two {
		if failed := <-ends; failed != "" {
			t.Error(failed)
		}
	}
	now := active()
	if now == "" || now == old {
		t.Fatalf("the key was %q and is %q", old, now)
	}
	wantRun(t, s, 0, []string{"doctor"}, "ok     master key   "+now)
	wantRun(t, s, 0, []string{"backup", after}, "verified", "master key "+now)
	wantRun(t, s, 0, []string{"restore", "--dry-run", after}, "The backup is good", now)
	wantRun(t, s, 1, []string{"restore", "--dry-run", before}, "needs the master key "+old,
		"the one given is "+now)
	retired := s.with("GATEHOUSE_MASTER_KEY", hex.EncodeToString(oldKey))
	wantRun(t, retired, 0, []string{"restore", "--dry-run", before}, "The backup is good", old)
	wantRun(t, retired, 1, []string{"restore", "--dry-run", after}, "needs the master key "+now,
		"the one given is "+old)
	wantRun(t, retired, 1, []string{"doctor"}, "FAULT")

	key, during := filepath.Join(dir, "new.key"), filepath.Join(dir, "during.db")
	wantRun(t, s, 0, []string{"key", "rotate", "--new-key-file", key}, "Give the key in")
	third := s.with("GATEHOUSE_MASTER_KEY", strings.TrimSpace(string(must(os.ReadFile(key))(t))))
	wantRun(t, s, 0, []string{"backup", during}, "verified", now)
	for _, s := range []site{s, third} { // both open it
		wantRun(t, s, 0, []string{"doctor"}, "ok     master key")
		wantRun(t, s, 0, []string{"restore", "--dry-run", during}, "The backup is good")
	}
	foreign := s.with("GATEHOUSE_MASTER_KEY", hex.EncodeToString(secret.NewMasterKey()))
	wantRun(t, foreign, 1, []string{"restore", "--dry-run", during}, "needs the master key")
}

// A rotation does not begin if the new key could not be written, or if the server could not start
// again with it because root made the file for itself.
func TestKeyRotationWithoutAPlace(t *testing.T) {
	t.Parallel()
	needRoot(t)
	s := newSite(t, onSQLite)
	start(t, s).stop(t)
	path := filepath.Join(s.data, "master.key")
	nowhere := filepath.Join(s.data, "nowhere", "new.key")
	wantRun(t, s, 1, []string{"key", "rotate", "--new-key-file", nowhere}, "the new key cannot be written")
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	wantRun(t, s, 1, []string{"key", "rotate"}, "belongs to the user with the number 65534", "as that user")
	if list, _ := wantRun(t, s, 0, []string{"key", "list"}, "  active   since "); strings.Count(list,
		"\n") != 1 {
		t.Errorf("a refused rotation has begun: %s", list)
	}
	if left := must(filepath.Glob(path + "*"))(t); len(left) != 1 {
		t.Errorf("files of keys: %v", left)
	}
}

// What a command says about an operator is so.
func TestEndingSessionsOfADisabledOperator(t *testing.T) {
	t.Parallel()
	s := newSite(t, onSQLite)
	start(t, s).stop(t)
	wantRun(t, s, 0, []string{"operator", "add", "grace"})
	wantRun(t, s, 0, []string{"operator", "sessions", "end", "grace"}, "grace may log in again")
	wantRun(t, s, 0, []string{"operator", "disable", "grace"})
	wantRun(t, s, 0, []string{"operator", "sessions", "end", "grace"}, "grace stays disabled")
}

// A backup of an older schema needs the key that was the active one at its time, not the first.
func TestOldBackupOfARotatedSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, onSQLite)
	start(t, s).stop(t)
	wantRun(t, s, 0, []string{"key", "rotate"}, "no other opens the database")
	s.rewind(t)
	file := filepath.Join(t.TempDir(), "old.db")
	runTool(t, "/usr/bin/sqlite3", filepath.Join(s.data, "gatehouse.db"), "VACUUM INTO '"+file+"'")
	wantRun(t, s, 0, []string{"restore", "--dry-run", file}, "The backup is good",
		"which the next start brings up to date")
	wantRun(t, s, 0, []string{"restore", "--replace", file}, "Restored")
	start(t, s).stop(t)
	wantRun(t, s, 0, []string{"doctor"}, "unbroken")
}
