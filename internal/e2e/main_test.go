// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"gatehouse/internal/pgtest"
)

// binary is the program under test, built as make build does, and watchedBinary is the
// same with the race detector. They are globals because TestMain, which builds them once,
// cannot hand tests anything.
var binary, watchedBinary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("no test of the whole program with -short")
		return 0
	}
	dir, err := os.MkdirTemp("", "gatehouse-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}()
	// These tests wait for servers most of the time: on two cores, two at once use one core.
	if err := flag.Set("test.parallel", strconv.Itoa(max(4, runtime.GOMAXPROCS(0)))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary, watchedBinary = filepath.Join(dir, "gatehouse"), filepath.Join(dir, "gatehouse-watched")
	err = build(binary, []string{"CGO_ENABLED=0"}, "-trimpath", "-ldflags=-s -w")
	if err == nil {
		err = build(watchedBinary, nil, append(raceFlags(), "-ldflags=-s")...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the binary:", err)
		return 1
	}
	return pgtest.Main(m)
}

func build(to string, env []string, flags ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // a cold cache on a loaded machine
	defer cancel()
	args := slices.Concat([]string{"build"}, flags, []string{"-o", to, "gatehouse/cmd/gatehouse"})
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// engine is one of the two databases.
type engine string

const (
	onSQLite   engine = "sqlite"
	onPostgres engine = "postgres"
)

// onBoth runs a test on both engines, at once.
func onBoth(t *testing.T, test func(t *testing.T, e engine)) {
	t.Parallel()
	for _, e := range []engine{onSQLite, onPostgres} {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// within asks until it holds; a test that waits for longer has failed.
func within(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// must takes a result and returns a function that returns its value, or ends the
// test: must(os.ReadFile(path))(t).
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// closing closes when the test ends.
func closing(t testing.TB, c interface{ Close() error }) {
	t.Helper()
	t.Cleanup(func() {
		if err := c.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
}
