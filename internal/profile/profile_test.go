// SPDX-License-Identifier: Apache-2.0

package profile_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
)

func folder(t *testing.T) (profile.Folder, string) {
	t.Helper()
	home := t.TempDir()
	f, err := profile.Find([]string{"XDG_CONFIG_HOME=" + home})
	if err != nil {
		t.Fatal(err)
	}
	return f, filepath.Join(home, "gatehouse")
}

func put(t *testing.T, f profile.Folder, name, server string) profile.Profile {
	t.Helper()
	p := profile.Profile{Name: name, Server: server, Username: "ann", Token: secret.Of("token-of-" + name),
		ExpiresAt: time.Date(2026, 11, 30, 20, 0, 0, 0, time.UTC)}
	if err := f.Put(p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFind(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for _, c := range []struct {
		environ []string
		in      string // empty: refused
	}{
		{[]string{"HOME=" + home}, ".config/gatehouse"},
		{[]string{"XDG_CONFIG_HOME=" + home, "HOME=/nowhere"}, "gatehouse"},
		{[]string{"XDG_CONFIG_HOME=relative", "HOME=" + home}, ".config/gatehouse"},
		{[]string{"XDG_CONFIG_HOME=", "USERPROFILE=" + home}, ".config/gatehouse"},
		{nil, ""},
	} {
		f, err := profile.Find(c.environ)
		if err == nil {
			put(t, f, "x", "https://a.example.test")
			_, err = os.Stat(filepath.Join(home, c.in, "profiles/x.json"))
			if removed := os.RemoveAll(filepath.Join(home, strings.Split(c.in, "/")[0])); removed != nil {
				t.Fatal(removed)
			}
		}
		if (err == nil) != (c.in != "") {
			t.Errorf("%q: %v", c.environ, err)
		}
	}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	f, dir := folder(t)
	if names, err := f.List(); len(names) > 0 || err != nil {
		t.Errorf("at first: %q %v", names, err)
	}
	if current, err := f.Current(); current != "" || err != nil {
		t.Errorf("at first %q is current: %v", current, err)
	}
	want := put(t, f, "b", "https://b.example.test")
	put(t, f, "a", "https://a.example.test")
	if got, err := f.Get("b"); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	for path, mode := range map[string]os.FileMode{"": 0o700, "profiles": 0o700, "profiles/b.json": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, path)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	if err := f.Use("b"); err != nil {
		t.Fatal(err)
	}
	if names, err := f.List(); fmt.Sprint(names) != "[a b]" || err != nil {
		t.Errorf("%q %v", names, err)
	}
	if err := f.Use("c"); !errors.Is(err, profile.ErrMissing) {
		t.Errorf("use one that is not there: %v", err)
	}
	if err := f.Remove("a"); err != nil {
		t.Error(err)
	}
	if current, _ := f.Current(); current != "b" {
		t.Errorf("%q is current", current)
	}
	if err := f.Remove("b"); err != nil {
		t.Error(err)
	}
	if current, err := f.Current(); current != "" || err != nil {
		t.Errorf("a removed one is current: %q %v", current, err)
	}
	for _, err := range []error{f.Remove("b"), second(f.Get("b"))} {
		if !errors.Is(err, profile.ErrMissing) {
			t.Errorf("one that is not there: %v", err)
		}
	}
	for _, name := range []string{"", "../x", "A", ".x", strings.Repeat("a", 65), "a/b", "a\x00"} {
		if err := f.Put(profile.Profile{Name: name}); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
}

func second(_ profile.Profile, err error) error { return err }

func TestOfServer(t *testing.T) {
	t.Parallel()
	f, _ := folder(t)
	const server = "https://a.example.test"
	if _, err := f.OfServer(server); !errors.Is(err, profile.ErrMissing) {
		t.Errorf("none: %v", err)
	}
	put(t, f, "other", "https://b.example.test")
	one := put(t, f, "one", server)
	if p, err := f.OfServer(server); err != nil || p != one {
		t.Errorf("the only one: %+v %v", p, err)
	}
	two := put(t, f, "two", server)
	if _, err := f.OfServer(server); !errors.Is(err, profile.ErrMissing) {
		t.Errorf("two of them: %v", err)
	}
	if err := f.Use("two"); err != nil {
		t.Fatal(err)
	}
	if p, err := f.OfServer(server); err != nil || p != two {
		t.Errorf("the current one: %+v %v", p, err)
	}
}

// Whoever else may read the file has the token. Its folder is closed again when it is written to.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	f, dir := folder(t)
	put(t, f, "a", "https://a.example.test")
	path := filepath.Join(dir, "profiles/a.json")
	for _, mode := range []os.FileMode{0o640, 0o604, 0o622} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Get("a"); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("%o: %v", mode, err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, f, "a", "https://a.example.test")
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has %v", info.Mode())
	}
	if _, err := f.Get("a"); err != nil {
		t.Errorf("after it was written again: %v", err)
	}
	for _, content := range []string{"", "{}", "[", strings.Repeat(" ", 70000)} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Get("a"); err == nil {
			t.Errorf("%.10q is a profile", content)
		}
	}
}

// A profile is read whole while it is written.
func TestWritersAtOnce(t *testing.T) {
	t.Parallel()
	f, dir := folder(t)
	put(t, f, "a", "https://a.example.test")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				put(t, f, "a", "https://a.example.test")
				if _, err := f.Get("a"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if entries, err := os.ReadDir(filepath.Join(dir, "profiles")); err != nil || len(entries) != 1 {
		t.Errorf("what is left: %v %v", entries, err)
	}
}

func TestNameFor(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{"Gatehouse.example.test": "gatehouse.example.test",
		"127.0.0.1:8080": "127.0.0.1-8080", "[::1]:80": "1-80", "": "default", "日本": "default"} {
		if got := profile.NameFor(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}
