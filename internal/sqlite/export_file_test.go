// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// A copy has a state that was there, whatever is written meanwhile: each number of a pair or
// none, and every number before the last.
func TestExportIsOneState(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, dir := opened(t), t.TempDir()
	var stop atomic.Bool
	written := make(chan int)
	go func() {
		n := 0
		for ; !stop.Load(); n++ {
			err := s.Update(ctx, func(x tenancy.Tx) error {
				return errors.Join(x.InsertSetting(ctx, fmt.Sprint("a", n), make([]byte, 2000)),
					x.InsertSetting(ctx, fmt.Sprint("b", n), make([]byte, 2000)))
			})
			if err != nil {
				t.Error(err)
				break
			}
		}
		written <- n
	}()
	for i := range 5 {
		path := filepath.Join(dir, fmt.Sprint(i, ".db"))
		if err := s.Export(ctx, path, nil); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the copy: %v, %v", info, err)
		}
		if err := s.Export(ctx, path, nil); !errors.Is(err, fs.ErrExist) {
			t.Errorf("an existing file: %v", err)
		}
	}
	stop.Store(true)
	n := <-written
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 5 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for i := range 5 {
		c, err := Open(ctx, filepath.Join(dir, fmt.Sprint(i, ".db")))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.QuickCheck(ctx), c.Ready(ctx)); err != nil {
			t.Errorf("copy %d: %v", i, err)
		}
		ended := false
		for j := range n {
			_, a := settingOf(c, fmt.Sprint("a", j))
			_, b := settingOf(c, fmt.Sprint("b", j))
			if (a == nil) != (b == nil) || ended && a == nil {
				t.Errorf("copy %d has a part of change %d: %v, %v", i, j, a, b)
			}
			ended = ended || a != nil
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func settingOf(s *Store, name string) (value []byte, err error) {
	ctx := context.Background()
	err = s.View(ctx, func(x tenancy.Reader) (err error) { value, err = x.Setting(ctx, name); return err })
	return value, err
}

// Whoever interrupts a copy is told so once.
func TestInterruptedExportSaysSoOnce(t *testing.T) {
	t.Parallel()
	s, dir := opened(t), t.TempDir()
	for i := range 16 {
		err := s.Update(context.Background(), func(x tenancy.Tx) error {
			return x.InsertSetting(context.Background(), fmt.Sprint(i), make([]byte, 2<<20))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // as soon as something is copied
		defer cancel()
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			found, _ := filepath.Glob(filepath.Join(dir, ".gatehouse-*", "copy.db"))
			if len(found) == 1 {
				if info, err := os.Stat(found[0]); err == nil && info.Size() > 1<<20 {
					return
				}
			}
		}
	}()
	err := s.Export(ctx, filepath.Join(dir, "copy.db"), nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	var e *problem.Error
	if errors.As(err, &e) {
		err = e.Err
	}
	if text := err.Error(); strings.Count(text, context.Canceled.Error()) != 1 || strings.Contains(text, "\n") {
		t.Errorf("it says %q", text)
	}
}
