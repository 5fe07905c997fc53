// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// childEnv makes TestChild play a whole test process of its own.
const childEnv = "PGTEST_CHILD"

// TestChild is started by the tests below, never by itself: it starts a
// server, prints its address, and ends or waits to be killed.
func TestChild(t *testing.T) {
	mode := os.Getenv(childEnv)
	if mode == "" {
		t.Skip("runs only as a child of the other tests")
	}
	Database(t)
	fmt.Printf("child %d %s\n", shared.cluster.server.proc.Pid, shared.cluster.dir)
	if mode == "wait" {
		time.Sleep(time.Minute)
	}
}

// child starts this test binary as another process; it returns once the server
// runs there.
func child(t *testing.T, mode string) (cmd *exec.Cmd, server int, dir string) {
	t.Helper()
	mustBinDir(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), self, "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childEnv+"="+mode)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "child %d %s", &server, &dir); err == nil {
			return cmd, server, dir
		}
	}
	t.Fatalf("the child printed nothing: %v", cmd.Wait())
	return nil, 0, ""
}

func TestMainStopsTheServer(t *testing.T) {
	t.Parallel()
	cmd, server, dir := child(t, "end")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if alive(server) {
		t.Errorf("process %d outlived Main", server)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("stat of the folder after Main: got %v, want it gone", err)
	}
}

func TestServerDiesWithAKilledTest(t *testing.T) {
	t.Parallel()
	cmd, server, dir := child(t, "wait")
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // reports the kill
	for deadline := time.Now().Add(startTimeout); alive(server); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlived the killed test", server)
		}
	}
}

// alive reports whether a process runs. One that has ended and that nobody has
// waited for yet still has an entry, in state Z.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	// The state follows the name, which is in brackets and may hold any.
	rest := stat[bytes.LastIndexByte(stat, ')')+1:]
	return !strings.HasPrefix(strings.TrimSpace(string(rest)), "Z")
}
