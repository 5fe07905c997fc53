// SPDX-License-Identifier: Apache-2.0

//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// needRoot skips a test that mounts, or changes a user, without root. It fails in CI.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "this test needs root")
	}
}

// smallDisk mounts a disk of its own.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	needRoot(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		missing(t, "this test must be allowed to mount: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// moveTo copies the files of a site to another folder and returns the site there.
func (s site) moveTo(t *testing.T, data string) site {
	t.Helper()
	for _, entry := range must(os.ReadDir(s.data))(t) {
		content := must(os.ReadFile(filepath.Join(s.data, entry.Name())))(t)
		if err := os.WriteFile(filepath.Join(data, entry.Name()), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.data = data
	return s.with("GATEHOUSE_DATA", data)
}

// failsAndRecovers wants the server not ready within a second of the first write that fails,
// and ready again by itself.
func failsAndRecovers(t *testing.T, p *process, spoil, mend func()) {
	t.Helper()
	c := newClient(t, p.url)
	token := c.token(ccadmin, "admin", p.firstPassword())
	n := 0
	write := func() int {
		n++
		body := fmt.Sprintf(`{"name":"company %d","description":"%s"}`, n, strings.Repeat("x", 200))
		return c.post(ccadmin+"/organizations", body, jsonType, bearer(token)).status
	}
	if got := write(); got != http.StatusOK {
		t.Fatalf("before: %d", got)
	}
	spoil()
	status := http.StatusOK
	for range 3000 { // what room the log has is used up first
		if status = write(); status != http.StatusOK {
			break
		}
	}
	failed := time.Now()
	if status != http.StatusServiceUnavailable {
		t.Fatalf("the first failed write: %d", status)
	}
	for c.get("/readyz").status == http.StatusOK {
		if time.Since(failed) > time.Second {
			t.Fatal("ready a second after a write failed")
		}
	}
	c.want(c.get("/livez"), http.StatusOK, "liveness")
	c.want(c.get(ccadmin+"/organizations", bearer(token)), http.StatusOK, "reading goes on")
	time.Sleep(1500 * time.Millisecond)
	c.want(c.get("/readyz"), http.StatusServiceUnavailable, "still not ready")
	mend()
	within(t, 5*time.Second, "ready again without a write by a client",
		func() bool { return c.get("/readyz").status == http.StatusOK })
	if got := write(); got != http.StatusOK {
		t.Errorf("afterwards: %d", got)
	}
}

// fillDisk writes a file until there is no room.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	file := must(os.Create(path))(t)
	defer file.Close()
	for _, size := range []int{64 << 10, 4 << 10, 1} {
		for block := bytes.Repeat([]byte("f"), size); ; {
			if _, err := file.Write(block); err != nil {
				break
			}
		}
	}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "8m")
	s := usedSite(t, onSQLite).watched().moveTo(t, dir)
	p := start(t, s)
	filler := filepath.Join(dir, "filler")
	failsAndRecovers(t, p, func() { fillDisk(t, filler) }, func() {
		if err := os.Remove(filler); err != nil {
			t.Error(err)
		}
	})
	p.stop(t)
	code, stdout, stderr := runCommand(t, s.env, "audit", "verify")
	if code != 0 {
		t.Errorf("the audit: %d %s%s", code, stdout, stderr)
	}
}

func TestFileBecomesReadOnly(t *testing.T) {
	t.Parallel()
	needRoot(t)
	s := usedSite(t, onSQLite)
	path := filepath.Join(s.data, "gatehouse.db")
	chattr := func(flag string) {
		for _, name := range []string{path + "-wal", path} {
			if out, err := exec.Command("chattr", flag, name).CombinedOutput(); err != nil && flag == "+i" {
				missing(t, "chattr: ", err, string(out))
			}
		}
	}
	p := start(t, s)
	t.Cleanup(func() { chattr("-i") })
	failsAndRecovers(t, p, func() { chattr("+i") }, func() { chattr("-i") })
	p.stop(t)
}

// A start that can never work says why, and does not advise to wait.
func TestStartOnUnusableFiles(t *testing.T) {
	t.Parallel()
	needRoot(t)
	for name, c := range map[string]struct {
		uid     uint32
		prepare func(t *testing.T, s site) site
		texts   []string
	}{
		"a file of another user": {65534, func(t *testing.T, s site) site {
			own(t, s, 65534)
			if err := os.Chown(filepath.Join(s.data, "gatehouse.db"), 0, 0); err != nil {
				t.Fatal(err)
			}
			return s
		}, []string{"gatehouse.db cannot be written: permission denied", "number 65534", "chown"}},
		"a folder of another user": {65534, func(t *testing.T, s site) site {
			own(t, s, 65534)
			if err := os.Chown(s.data, 0, 0); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(s.data, 0o755); err != nil {
				t.Fatal(err)
			}
			return s
		}, []string{"cannot be written: permission denied", "chown"}},
		"a folder that cannot be made": {65534, func(t *testing.T, s site) site {
			s.data = "/proc/gatehouse-data"
			return s.with("GATEHOUSE_DATA", s.data)
		}, []string{"make the data folder", "/proc/gatehouse-data cannot be written"}},
		"a read-only disk": {0, func(t *testing.T, s site) site {
			dir := smallDisk(t, "8m")
			s = s.moveTo(t, dir)
			if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				missing(t, err)
			}
			return s
		}, []string{"cannot be written: read-only file system", "mounted read-only"}},
		"a protected file": {0, func(t *testing.T, s site) site {
			path := filepath.Join(s.data, "gatehouse.db")
			if out, err := exec.Command("chattr", "+i", path).CombinedOutput(); err != nil {
				missing(t, "chattr: ", err, string(out))
			}
			t.Cleanup(func() { _ = exec.Command("chattr", "-i", path).Run() })
			return s
		}, []string{"gatehouse.db cannot be written: operation not permitted", "chattr"}},
		"a full disk on the first start": {0, func(t *testing.T, s site) site {
			dir := smallDisk(t, "16k")
			_ = os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 16<<10), 0o600)
			s.data = dir
			return s.with("GATEHOUSE_DATA", dir)
		}, []string{"full"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.prepare(t, usedSite(t, onSQLite))
			cmd := command(s.env, "serve", "--listen", "127.0.0.1:0")
			attr := attributes()
			if c.uid != 0 {
				attr.Credential = &syscall.Credential{Uid: c.uid, Gid: c.uid}
				cmd.Path = openBinary(t)
			}
			p := launchWith(t, cmd, attr)
			code := p.wait(t, startLimit)
			stderr := p.stderr.String()
			if code != 1 || strings.Contains(stderr, "Try again in a while") {
				t.Errorf("ended with %d: %s", code, stderr)
			}
			for _, text := range c.texts {
				if !strings.Contains(stderr, text) {
					t.Errorf("no %q in: %s", text, stderr)
				}
			}
		})
	}
}

// own gives a site, and the folders above it that the tests made, to a user.
func own(t *testing.T, s site, uid int) {
	t.Helper()
	for dir := filepath.Dir(s.data); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, entry := range must(os.ReadDir(s.data))(t) {
		if err := os.Chown(filepath.Join(s.data, entry.Name()), uid, uid); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(s.data, uid, uid); err != nil {
		t.Fatal(err)
	}
}

// openBinary is a copy of the program that other users may run.
func openBinary(t *testing.T) string {
	t.Helper()
	dir := must(os.MkdirTemp("", "gatehouse-open-"))(t)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "gatehouse")
	if err := os.WriteFile(path, must(os.ReadFile(binary))(t), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
