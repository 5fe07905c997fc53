// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/bench/report"
)

// A small rollout on the real server, on every engine that there is.
func TestRollout(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the server")
	}
	t.Parallel()
	folder := t.TempDir()
	server, program := filepath.Join(folder, "gatehouse"), filepath.Join(folder, "bench")
	for _, args := range [][]string{{"build", "-C", "..", "-o", server, "./cmd/gatehouse"},
		{"build", "-o", program, "."}} {
		run(t, "go", args...)
	}
	run(t, program, "-binary", server, "-sizes", "1000", "-only", "^rollout$", "-installers", "500", "-within",
		"2s", "-out", folder)
	text, err := os.ReadFile(filepath.Join(folder, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	found := map[string]report.Fact{}
	for _, f := range r.Facts {
		found[f.Engine+" "+f.Name] = f
	}
	wanted := []string{"sqlite p99 of rollout", "sqlite memory during rollout"}
	if len(r.Skipped) == 0 {
		wanted = append(wanted, "postgres p99 of rollout", "postgres p99 of rollout over four servers, one killed")
	}
	for _, name := range wanted {
		f := found[name]
		if f.Value <= 0 || f.Counts || name != "sqlite memory during rollout" &&
			!strings.Contains(f.Text, "500 installers in") {
			t.Errorf("%s: got %+v", name, f)
		}
	}
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", filepath.Base(program), err, out)
	}
}
