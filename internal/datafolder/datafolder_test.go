// SPDX-License-Identifier: Apache-2.0

package datafolder_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gatehouse/internal/datafolder"
)

func TestLockIsOneAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock, err := datafolder.Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = datafolder.Acquire(dir)
	if !errors.Is(err, datafolder.ErrInUse) || !strings.Contains(err.Error(), "process ") {
		t.Errorf("a second lock: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := datafolder.Acquire(dir)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, datafolder.LockName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the lock file: %v, %v", info, err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := datafolder.Acquire(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestExplainNamesPathCauseAndAdvice(t *testing.T) {
	t.Parallel()
	for cause, advice := range map[syscall.Errno]string{syscall.EACCES: "chown", syscall.EPERM: "chattr",
		syscall.EROFS: "mounted read-only", syscall.ENOSPC: "Make room", syscall.ENOENT: "Create",
		syscall.EIO: "disk"} {
		err := datafolder.Explain("/data/file", &fs.PathError{Op: "open", Path: "/other", Err: cause})
		for _, want := range []string{"/data/file cannot be written", cause.Error(), advice} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not contain %q: %v", cause, want, err)
			}
		}
		if !errors.Is(err, cause) {
			t.Errorf("%v is not in its error", cause)
		}
	}
}

func TestCheckWritable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := datafolder.CheckWritable(dir, "file", "missing"); err != nil {
		t.Errorf("all can be written: %v", err)
	}
	if err := datafolder.CheckWritable(dir, "file", "folder"); err == nil ||
		!strings.Contains(err.Error(), "folder cannot be written") {
		t.Errorf("a folder in place of a file: %v", err)
	}
	if err := datafolder.CheckWritable(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
