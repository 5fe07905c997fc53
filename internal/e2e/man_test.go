// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mandoc and man read every page of the manual without a warning, and show it.
func TestManual(t *testing.T) {
	t.Parallel()
	mandoc, man := lookFor(t, "mandoc"), lookFor(t, "man")
	dir := filepath.Join(t.TempDir(), "man1")
	for range 2 { // the second run writes the same files
		if code, stdout, stderr := runCommand(t, nil, "man", "--dir", dir, "--date", "2026-11-30"); code != 0 ||
			stdout != "" {
			t.Fatalf("man: %d %s", code, stderr)
		}
	}
	pages := must(filepath.Glob(filepath.Join(dir, "*.1")))(t)
	if out, err := exec.Command(mandoc, append([]string{"-T", "lint", "-W", "warning"},
		pages...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("mandoc: %v\n%s", err, out)
	}
	for _, page := range pages {
		cmd := exec.Command(man, "--warnings", "-l", page)
		cmd.Env = append(cleanEnv(nil), "LC_ALL=C.UTF-8", "MANWIDTH=80", "PAGER=cat", "MANPAGER=cat")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil || stderr.Len() > 0 {
			t.Errorf("man %s: %v %s", page, err, stderr.String())
		}
		name := strings.TrimSuffix(filepath.Base(page), ".1")
		if text := stdout.String(); !strings.Contains(text, name) || !strings.Contains(text, "EXIT STATUS") ||
			strings.Contains(text, `\-`) {
			t.Errorf("man %s shows %s", name, text)
		}
	}
	if code, _, stderr := runCommand(t, nil, "man"); code != 2 || !strings.Contains(stderr, "dir") {
		t.Errorf("man without a folder: %d %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "gatehouse-man.1")); err == nil {
		t.Error("a hidden command has a page")
	}
}
