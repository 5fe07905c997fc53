// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// debianBins matches the folders of all major versions on Debian. They are not on PATH.
const debianBins = "/usr/lib/postgresql/*/bin"

var errNotFound = errors.New("PostgreSQL not found: no postgres with initdb on PATH or in " + debianBins +
	"; install Debian's postgresql")

// binDir finds the folder with postgres and initdb. It is the one on PATH, so that PATH
// can choose a version, or else the newest that matches pattern.
func binDir(pattern string) (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		// Links like /usr/local/bin/postgres lead to the folder with all tools.
		if target, err := filepath.EvalSymlinks(path); err == nil && hasServer(filepath.Dir(target)) {
			return filepath.Dir(target), nil
		}
	}
	best, bestMajor := "", -1
	dirs, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	for _, dir := range dirs {
		// Compared as numbers: 9 is older than 15. Other names sort last.
		major, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err != nil {
			major = 0
		}
		if major > bestMajor && hasServer(dir) {
			best, bestMajor = dir, major
		}
	}
	if best == "" {
		return "", errNotFound
	}
	return best, nil
}

func hasServer(dir string) bool {
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// mustBinDir is binDir for a test, which is skipped with -short and without PostgreSQL. In
// CI it fails without PostgreSQL, because a skip would hide half of the tests.
func mustBinDir(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("no PostgreSQL with -short")
	}
	dir, err := binDir(debianBins)
	switch {
	case err == nil:
		return dir
	case errors.Is(err, errNotFound) && os.Getenv("CI") != "true":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
	return ""
}

// Tool finds a program of the same version as the server, such as pg_dump. Without a server
// it skips like Database. If only the tool is missing, it fails the test.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(mustBinDir(t), name)
	if _, err := exec.LookPath(path); err == nil {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s not found next to the server or on PATH; install Debian's postgresql-client", name)
	}
	return path
}

// toolEnv returns the environment without variables that change what PostgreSQL's programs
// do. It asks for messages in English, because this package reads them.
func toolEnv() []string {
	env := []string{"LC_ALL=C"}
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "PG") && !strings.HasPrefix(line, "LC_") && !strings.HasPrefix(line, "LANG") {
			env = append(env, line)
		}
	}
	return env
}
