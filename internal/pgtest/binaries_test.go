// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// install makes a folder that looks like one with a server.
func install(t *testing.T, dir string, names ...string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The tests here set the environment, so they are not parallel.

func TestBinDir(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pattern := filepath.Join(root, "*", "bin")
	t.Setenv("PATH", filepath.Join(root, "links"))
	if _, err := binDir(pattern); !errors.Is(err, errNotFound) {
		t.Errorf("got %v on an empty machine, want %v", err, errNotFound)
	}

	install(t, filepath.Join(root, "9", "bin"), "postgres", "initdb")
	newest := install(t, filepath.Join(root, "15", "bin"), "postgres", "initdb")
	install(t, filepath.Join(root, "16", "bin"), "initdb") // the client's package alone
	if got, err := binDir(pattern); err != nil || got != newest {
		t.Errorf("got %q, %v, want the newest whole one %q", got, err, newest)
	}

	chosen := install(t, filepath.Join(root, "own"), "postgres", "initdb")
	links := install(t, filepath.Join(root, "links"))
	if err := os.Symlink(filepath.Join(chosen, "postgres"), filepath.Join(links, "postgres")); err != nil {
		t.Fatal(err)
	}
	if got, err := binDir(pattern); err != nil || got != chosen {
		t.Errorf("got %q, %v, want the one on PATH %q", got, err, chosen)
	}
}

func TestWithoutPostgreSQL(t *testing.T) {
	if _, err := filepath.Glob(debianBins); err != nil {
		t.Fatal(err)
	}
	if dirs, _ := filepath.Glob(debianBins); len(dirs) > 0 {
		t.Skip("this machine has Debian's postgresql, which PATH does not hide")
	}
	t.Setenv("PATH", t.TempDir())
	t.Setenv("CI", "")
	if got := record(t, func(t testing.TB) { Database(t) }); !strings.Contains(got.skip,
		"install Debian's postgresql") {
		t.Errorf("got skip %q and fatal %q, want a skip", got.skip, got.fatal)
	}
	t.Setenv("CI", "true")
	if got := record(t, func(t testing.TB) { Database(t) }); !strings.Contains(got.fatal,
		"install Debian's postgresql") {
		t.Errorf("got skip %q and fatal %q, want a failure", got.skip, got.fatal)
	}
}

func TestToolEnv(t *testing.T) {
	t.Setenv("PGDATA", "/elsewhere")
	t.Setenv("LC_ALL", "de_DE.UTF-8")
	t.Setenv("LANGUAGE", "de")
	t.Setenv("LD_LIBRARY_PATH", "/libraries")
	got := strings.Join(toolEnv(), "\n")
	for text, want := range map[string]bool{"PGDATA": false, "de_DE": false, "LANGUAGE": false, "LC_ALL=C": true,
		"/libraries": true} {
		if strings.Contains(got, text) != want {
			t.Errorf("%s in the environment: got %v, want %v", text, !want, want)
		}
	}
}
