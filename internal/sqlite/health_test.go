// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// A copy of the database file alone, without the log, lacks nothing that is older than a few
// seconds.
func TestLogIsCopiedAfterAQuietTime(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := opened(t)
	write := func(name string) {
		if err := s.Update(ctx, func(x tenancy.Tx) error {
			return x.InsertSetting(ctx, name,
				[]byte(name))
		}); err != nil {
			t.Fatal(err)
		}
	}
	inCopy := func(name string) error {
		content, err := os.ReadFile(s.path)
		if err != nil {
			return err
		}
		path := filepath.Join(t.TempDir(), "copy.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
		c, err := Open(ctx, path)
		if err != nil {
			return err
		}
		return errors.Join(c.View(ctx, func(x tenancy.Reader) error { _, err := x.Setting(ctx, name); return err }),
			c.Close())
	}
	write("first")
	if err := inCopy("first"); err == nil {
		t.Error("the log is copied at once, which no reader waits for")
	}
	// A reader of an older state keeps a checkpointer from copying all, and later does not.
	held, letGo := make(chan struct{}), make(chan struct{})
	gone := make(chan error)
	go func() {
		gone <- s.View(ctx, func(x tenancy.Reader) error {
			_, err := x.Setting(ctx, "first")
			close(held)
			<-letGo
			return err
		})
	}()
	<-held
	write("second")
	time.Sleep(copyWhenQuiet + copyWhenQuiet/2)
	close(letGo)
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
	var err error
	deadline := time.Now().Add(20 * time.Second)
	for ; time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = inCopy("second"); err == nil {
			return
		}
	}
	t.Errorf("the copy lacks a change: %v", err)
}

// What Ready tries after a write that failed is a write: it gets into the log.
func TestProbeWrites(t *testing.T) {
	t.Parallel()
	s := opened(t)
	before, err := os.ReadFile(s.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	s.health.writeFault.Store(problem.DatabaseUnavailable(errors.New("the disk is full")))
	if err := s.Ready(context.Background()); err != nil {
		t.Errorf("not ready after a write that worked: %v", err)
	}
	if after, err := os.ReadFile(s.path + "-wal"); err != nil || bytes.Equal(before, after) {
		t.Errorf("nothing was written (%v)", err)
	}
}

// spoiled is a store whose file has garbage in place of most pages.
func spoiled(t *testing.T) *Store {
	t.Helper()
	ctx := context.Background()
	s := opened(t)
	for i := range 64 {
		err := s.Update(ctx, func(x tenancy.Tx) error {
			return x.InsertSetting(ctx, fmt.Sprint(i),
				make([]byte, 4096))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at := info.Size() - 40*4096; at < info.Size(); at += 4096 {
		if _, err := file.WriteAt([]byte(strings.Repeat("garbage!", 512)), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(ctx, s.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	return again
}

func wantDamaged(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.Background()
	for what, err := range map[string]error{"ready": s.Ready(ctx),
		"update": s.Update(ctx, func(x tenancy.Tx) error { return x.InsertSetting(ctx, "new", nil) })} {
		if !errors.Is(err, problem.Unavailable) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s on a damaged file: %v", what, err)
		}
	}
}

func TestDamagedFile(t *testing.T) {
	t.Parallel()
	t.Run("found by the check", func(t *testing.T) {
		t.Parallel()
		s := spoiled(t)
		if err := s.QuickCheck(context.Background()); !errors.Is(err, problem.Unavailable) ||
			!strings.Contains(err.Error(), "damaged") {
			t.Errorf("the check: %v", err)
		}
		wantDamaged(t, s)
	})
	t.Run("found by a read", func(t *testing.T) {
		t.Parallel()
		s, ctx := spoiled(t), context.Background()
		for i := range 64 {
			_ = s.View(ctx, func(x tenancy.Reader) error { _, err := x.Setting(ctx, fmt.Sprint(i)); return err })
		}
		wantDamaged(t, s)
	})
	t.Run("found by a write", func(t *testing.T) {
		t.Parallel()
		s, ctx := spoiled(t), context.Background()
		for i := range 64 {
			_ = s.Update(ctx, func(x tenancy.Tx) error {
				return x.InsertSetting(ctx, fmt.Sprint("other", i),
					make([]byte, 4096))
			})
		}
		wantDamaged(t, s)
	})
	t.Run("sound", func(t *testing.T) {
		t.Parallel()
		s := opened(t)
		if err := s.QuickCheck(context.Background()); err != nil {
			t.Errorf("a sound file: %v", err)
		}
	})
}
