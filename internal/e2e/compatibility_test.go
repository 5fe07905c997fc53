// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCompatibilityPage holds docs/compatibility.md against the tests: every
// test that it names exists, every client that is replayed has a row, and so
// has every client that is run.
func TestCompatibilityPage(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	page := string(must(os.ReadFile(filepath.Join(root, "docs", "compatibility.md")))(t))
	exists := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(content, -1) {
			exists[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile("`(Test[^`]*)`").FindAllStringSubmatch(page, -1) {
		if !exists[found[1]] {
			t.Errorf("docs/compatibility.md names %s, which is no test", found[1])
		}
	}
	for _, one := range append(commvaultClients(), oracleClients()...) {
		if !strings.Contains(page, one.client) {
			t.Errorf("docs/compatibility.md has no row for %q", one.client)
		}
	}
	for row := range strings.Lines(page) {
		cells := strings.Split(row, "|")
		if len(cells) > 6 && strings.TrimSpace(cells[3]) != "read only" && strings.HasPrefix(row, "| ") &&
			!strings.Contains(cells[len(cells)-2], "Test") && !strings.Contains(row, "| client |") {
			t.Errorf("docs/compatibility.md names no test for %s", cells[1])
		}
	}
}
