// SPDX-License-Identifier: Apache-2.0

package host

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestBareHandler(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(bareHandler())
	t.Cleanup(s.Close)
	p := &Process{Address: s.Listener.Addr().String()}
	if err := SetBare(t.Context(), p, 1234, "application/xml; charset=utf-8"); err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(s.URL+"/any/path?at=all", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || len(b) != 1234 || res.Header.Get("Content-Type") != "application/xml; charset=utf-8" {
		t.Errorf("got %d bytes of %s, %v", len(b), res.Header.Get("Content-Type"), err)
	}
	if err := SetBare(t.Context(), p, -1, ""); err == nil {
		t.Error("a negative size is taken")
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip(err)
	}
	busy, all := MachineCPU()
	if busy <= 0 || all < busy {
		t.Errorf("the machine was busy for %v of %v", busy, all)
	}
	own := OwnCPU()
	for begun := time.Now(); time.Since(begun) < 50*time.Millisecond; {
		_ = value("/proc/cpuinfo", "nothing")
	}
	if used := OwnCPU() - own; used <= 0 {
		t.Errorf("busy for a while, but used %v", used)
	}
	other, err := cpuOf(os.Getpid())
	if diff := OwnCPU() - other; err != nil || max(diff, -diff) > 300*time.Millisecond {
		t.Errorf("/proc says %v, getrusage %v, %v", other, OwnCPU(), err)
	}
	self := &Process{cmd: &exec.Cmd{Process: &os.Process{Pid: os.Getpid()}}}
	now, peak, err := self.Memory()
	if err != nil || now < 1<<20 || peak < now {
		t.Errorf("got %d of at most %d bytes, %v", now, peak, err)
	}
}

func TestProcess(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	p, err := start(exec.Command("sh", "-c", "echo It is ready at http://127.0.0.1:1; exec sleep 60"), log)
	if err != nil {
		t.Fatal(err)
	}
	if p.Address != "127.0.0.1:1" {
		t.Errorf("got %q", p.Address)
	}
	p.Kill()
	p.Kill()
	if _, err := start(exec.Command("sh", "-c", "echo the reason >&2; exit 3"), log); err == nil {
		t.Error("a process that ends is taken for started")
	}
}

// TestProfile: the address is read from the log, from the part of this process.
func TestProfile(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.String())
	}))
	t.Cleanup(s.Close)
	older := `{"msg":"profiles at","url":"http://127.0.0.1:1/debug/pprof/"}` + "\n"
	log := filepath.Join(t.TempDir(), "log")
	text := older + `{"msg":"profiles at","url":"` + s.URL + `/debug/pprof/"}` + "\n"
	if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &Process{log: log, from: int64(len(older))}
	if got, err := p.Profile(t.Context(), "allocs", 3); err != nil ||
		string(got) != "/debug/pprof/allocs?seconds=3" {
		t.Errorf("got %q, %v", got, err)
	}
	p.from = int64(len(text))
	if got, err := p.Profile(t.Context(), "allocs", 3); err == nil {
		t.Errorf("got %q from a server that has no profiles", got)
	}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m := Describe(self, t.TempDir())
	if m.Cores < 1 || m.Go == "" || m.FlushMS <= 0 {
		t.Errorf("got %+v", m)
	}
}
