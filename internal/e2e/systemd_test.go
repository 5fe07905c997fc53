// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSystemd plays systemd to a server: it wants to hear that it is ready, that it lives, and that
// it stops.
func TestSystemd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, conn)
	next := func() string {
		t.Helper()
		b := make([]byte, 256)
		_ = conn.SetReadDeadline(time.Now().Add(startLimit))
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	p := start(t, newSite(t, onSQLite).with("NOTIFY_SOCKET", path).with("WATCHDOG_USEC", "200000"))
	if got := []string{next(), next(), next()}; !slices.Equal(got,
		[]string{"READY=1", "WATCHDOG=1", "WATCHDOG=1"}) {
		t.Errorf("the server says %q", got)
	}
	p.stop(t)
	last := ""
	for last = next(); last == "WATCHDOG=1"; last = next() {
	}
	if last != "STOPPING=1" {
		t.Errorf("at the end the server says %q", last)
	}
}

// The unit of packaging is right by systemd's own checkers, and lets the server have little.
func TestUnit(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		missing(t, "no systemd-analyze: ", err)
	}
	text := string(must(os.ReadFile(filepath.Join(moduleRoot(t), "packaging", "systemd",
		"gatehouse.service")))(t))
	replaced := strings.NewReplacer("/usr/bin/gatehouse", binary, "Documentation=man:gatehouse(1)\n",
		"").Replace(text)
	if strings.Count(replaced, binary) != 1 || len(replaced) == len(text) {
		t.Fatal("the unit should start /usr/bin/gatehouse, once, and name its manual")
	}
	file := filepath.Join(t.TempDir(), "gatehouse.service")
	if err := os.WriteFile(file, []byte(replaced), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", file},
		{"security", "--offline=yes", "--threshold=20", "--no-pager", file}} {
		if out, err := exec.Command(tool, args...).CombinedOutput(); err != nil {
			t.Errorf("systemd-analyze %q: %v\n%s", args, err, out)
		}
	}
}
