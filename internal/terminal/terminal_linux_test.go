// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"os"
	"testing"

	"github.com/creack/pty"

	"gatehouse/internal/terminal"
)

// Width is 0 for what is no terminal, and for nothing else: what is written to a terminal of an unknown
// size must not control it either.
func TestWidth(t *testing.T) {
	t.Parallel()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = tty.Close(), master.Close() })
	for columns, want := range map[uint16]int{0: 80, 40: 40} {
		if err := pty.Setsize(master, &pty.Winsize{Cols: columns}); err != nil {
			t.Fatal(err)
		}
		if got := terminal.Width(tty); got != want {
			t.Errorf("a terminal with %d columns: %d, want %d", columns, got, want)
		}
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if got := terminal.Width(file); got != 0 {
		t.Errorf("a file: %d, want 0", got)
	}
}
