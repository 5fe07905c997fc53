// SPDX-License-Identifier: Apache-2.0

//go:build unix

package profile_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe in place of a profile is an error, and nothing waits for somebody to write into it.
func TestPipeIsNoProfile(t *testing.T) {
	t.Parallel()
	f, dir := folder(t)
	put(t, f, "a", "https://a.example.test")
	if err := syscall.Mkfifo(filepath.Join(dir, "profiles", "b.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get("b"); err == nil || !strings.Contains(err.Error(), "is no file") {
		t.Errorf("got %v", err)
	}
}
