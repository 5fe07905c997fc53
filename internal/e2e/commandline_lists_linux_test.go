// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/apitype"
)

// endless is a server whose list of organizations has as many items as its handler is told.
func endless(t *testing.T, items int) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		count, _ := strconv.Atoi(r.URL.Query().Get("count"))
		var page apitype.OrganizationList
		for i := from; i < min(from+count, items); i++ {
			page.Items = append(page.Items, apitype.Organization{ID: fmt.Sprintf("or-%d", 100001+i),
				Name: fmt.Sprintf("Organization %d", i), State: "active", CreatedAt: time.Unix(0, 0)})
		}
		if from+count < items {
			page.NextCursor = strconv.Itoa(from + count)
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(page); err != nil {
			t.Log(err) // the command was interrupted
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// listing prepares a command that lists the organizations of a server.
func listing(t *testing.T, s *httptest.Server, format string) *process {
	t.Helper()
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return launch(t, command(settings{"XDG_CONFIG_HOME": dir}, "org", "list", "--server", s.URL,
		"--token-file", token,
		"-o", format))
}

// highWater returns the most memory that a process had, in KiB; 0 if it has ended. What the kernel counts
// for a process that has ended begins with the memory of the one that started it.
func highWater(pid int) (kib int64) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	if _, rest, ok := strings.Cut(string(status), "VmHWM:"); ok {
		_, _ = fmt.Sscan(rest, &kib) // of a process that is ending there is none
	}
	return kib
}

// A list of any length takes the same memory: it is written while it is read.
func TestLongListsTakeBoundedMemory(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"table", "json", "csv", "jsonpath=$.id"} {
		peak := map[int]int64{}
		for _, items := range []int{5_000, 50_000} {
			p := listing(t, endless(t, items), format)
			for !p.ended() {
				if kib := highWater(p.cmd.Process.Pid); kib > 0 {
					peak[items] = kib
				}
				time.Sleep(5 * time.Millisecond)
			}
			if code := p.wait(t, startLimit); code != 0 || strings.Count(p.stdout.String(), "or-") != items {
				t.Fatalf("%s: %d, %d of %d items, %s", format, code, strings.Count(p.stdout.String(), "or-"), items,
					p.stderr.String())
			}
		}
		t.Logf("%s: %d KiB for 5,000 items, %d KiB for 50,000", format, peak[5_000], peak[50_000])
		if peak[5_000] == 0 || float64(peak[50_000]) > 1.2*float64(peak[5_000]) {
			t.Errorf("%s: %v", format, peak)
		}
	}
}

// A signal ends a list in the middle, and its output is no document.
func TestInterruptedList(t *testing.T) {
	t.Parallel()
	p := listing(t, endless(t, 1<<40), "json")
	within(t, startLimit, "items", func() bool { return strings.Contains(p.stdout.String(), "or-100500") })
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(t, 5*time.Second); code != 130 || json.Valid([]byte(p.stdout.String())) ||
		!strings.HasSuffix(p.stderr.String(), "gatehouse: interrupted\n") {
		t.Errorf("an interrupted list: %d %s", code, p.stderr.String())
	}
}
