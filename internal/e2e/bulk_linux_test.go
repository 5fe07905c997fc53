// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// In a terminal an import has a bar that fits its width. Ctrl-C in the middle stops it and says how to go on,
// and the same command goes on.
func TestImportInATerminal(t *testing.T) {
	t.Parallel()
	u := atTerminal(t, "--rate-limits", "off")
	u.login()
	u.ok("org", "create", "Acme Ltd")
	const lines = 3000
	var text bytes.Buffer
	text.WriteString("organization,name,expiresAt,maxUses\n")
	for n := range lines {
		fmt.Fprintf(&text, "Acme Ltd,code %d,never,1\n", n)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "codes.csv")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"import", "codes", path, "--secret-file", filepath.Join(dir, "made.csv")}
	p := u.inTerminal(80, args...)
	p.expect("[#")
	fmt.Fprint(p.file, "\x03")
	code, screen := p.end()
	if code != 130 || !strings.Contains(screen, "To go on, run the same command again") {
		t.Errorf("exit code %d: %s", code, screen)
	}
	wantWithin(t, screen, 80)
	screen = u.shows(40, args...)
	if !strings.Contains(screen, "3000 of 3000 lines are done.") {
		t.Errorf("it does not go on: %s", screen)
	}
	wantWithin(t, screen, 40)
	made := must(os.ReadFile(filepath.Join(dir, "made.csv")))(t)
	if n := bytes.Count(made, []byte("\n")); n != lines+1 {
		t.Errorf("%d lines are made", n-1)
	}
	wide := u.shows(200, "export", "codes", filepath.Join(dir, "all.csv"))
	if !strings.Contains(wide, "3000 codes are in") {
		t.Errorf("exported %s", wide)
	}
}

// wantWithin fails if a state of a bar is wider than the terminal.
func wantWithin(t *testing.T, screen string, columns int) {
	t.Helper()
	bars := regexp.MustCompile(`\r([^\r\n]*)\x1b\[K`).FindAllStringSubmatch(screen, -1)
	if len(bars) == 0 {
		t.Error("there is no bar")
	}
	for _, bar := range bars {
		if utf8.RuneCountInString(bar[1]) >= columns {
			t.Errorf("%q is as wide as %d columns", bar[1], columns)
		}
	}
}
