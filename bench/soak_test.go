// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A short soak of the real server, on every engine that there is.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the server")
	}
	t.Parallel()
	folder := t.TempDir()
	server, program := filepath.Join(folder, "gatehouse"), filepath.Join(folder, "bench")
	for _, args := range [][]string{{"build", "-C", "..", "-o", server, "./cmd/gatehouse"}, {"build",
		"-o", program, "."}} {
		run(t, "go", args...)
	}
	out, err := exec.CommandContext(t.Context(), program, "-binary", server, "-soak", "4s", "-soak-rate",
		"5").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	engines := 2
	if strings.Contains(string(out), "PostgreSQL was left out") {
		engines = 1
	}
	for _, line := range []string{"backup, restored elsewhere, in", "rotation of the master key, in",
		"new certificate, in",
		"operator disabled and enabled, in", "backup with the new key, restored elsewhere, in",
		"; 0 failed,",
		"audit verify, while servers run: The audit is unbroken",
		"audit verify, when they have stopped: The audit is unbroken"} {
		if got := strings.Count(string(out), line); got != engines {
			t.Errorf("%q is there %d times, want %d, in\n%s", line, got, engines, out)
		}
	}
	if !strings.Contains(string(out), " MB, goroutines ") {
		t.Errorf("nothing is said of what servers hold:\n%s", out)
	}
}
