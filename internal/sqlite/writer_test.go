// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// blocked starts an Update that holds the writer until the returned function is
// called, which waits for its outcome.
func blocked(t *testing.T, s *Store, work func(t *tx) error) (release func() error) {
	t.Helper()
	entered, leave, result := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		result <- s.Update(context.Background(), func(x tenancy.Tx) error {
			close(entered)
			<-leave
			return work(x.(*tx))
		})
	}()
	<-entered
	return func() error {
		close(leave)
		return <-result
	}
}

func put(name string) func(*tx) error {
	return func(t *tx) error { return t.InsertSetting(context.Background(), name, []byte(name)) }
}

func found(t *testing.T, s *Store, name string) bool {
	t.Helper()
	var err error
	if failure := s.Update(context.Background(), func(x tenancy.Tx) error {
		_, err = x.Setting(context.Background(), name)
		return nil
	}); failure != nil {
		t.Errorf("read %s: %v", name, failure)
	}
	return err == nil
}

// queued waits until n jobs wait for the writer.
func queued(t *testing.T, s *Store, n int) {
	t.Helper()
	for range 1000 {
		if len(s.writer.queue) >= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("got %d waiting, want %d", len(s.writer.queue), n)
}

func TestUpdatesShareACommit(t *testing.T) {
	t.Parallel()
	s := opened(t)
	release := blocked(t, s, put("first"))
	before := s.Commits()
	const n = 64
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			err := s.Update(context.Background(), func(x tenancy.Tx) error { return put(fmt.Sprint(i))(x.(*tx)) })
			if err != nil {
				t.Errorf("update: %v", err)
			}
		})
	}
	queued(t, s, n)
	if err := release(); err != nil {
		t.Errorf("update: %v", err)
	}
	group.Wait()
	if got := s.Commits() - before; got != 2 {
		t.Errorf("got %d commits for one update and %d that waited together, want 2", got, n)
	}
	for i := range n {
		if !found(t, s, fmt.Sprint(i)) {
			t.Errorf("update %d is not there", i)
		}
	}
}

// However many wait, one commit takes a bounded number.
func TestBatchIsBounded(t *testing.T) {
	t.Parallel()
	s := opened(t)
	release := blocked(t, s, put("first"))
	before := s.Commits()
	const n = maxBatch + 44
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			if err := s.Update(context.Background(), func(tenancy.Tx) error { return nil }); err != nil {
				t.Errorf("update: %v", err)
			}
		})
	}
	queued(t, s, maxBatch)
	if err := release(); err != nil {
		t.Errorf("update: %v", err)
	}
	group.Wait()
	if got := s.Commits() - before; got < 2 {
		t.Errorf("got %d commits, want 2 at least", got)
	}
}

// A caller that waits may give up. It returns at once, and its Update never runs.
func TestGiveUpInTheQueue(t *testing.T) {
	t.Parallel()
	s := opened(t)
	release := blocked(t, s, put("first"))
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() {
		result <- s.Update(ctx, func(tenancy.Tx) error {
			t.Error("ran for nobody")
			return nil
		})
	}()
	queued(t, s, 1)
	cancel()
	err := <-result // while the writer is still held
	if !errors.Is(err, problem.Unavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := release(); err != nil {
		t.Errorf("the one who held the writer: %v", err)
	}
	if !found(t, s, "first") {
		t.Error("the first is not there")
	}
}

// SQLite ends a transaction by itself when a write fails badly. Then no caller of the
// batch may get a success, nothing may stay, and the next batch works.
func TestLostTransaction(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*tx) error{
		"noticed":   func(t *tx) error { return errors.Join(t.conn.do("ROLLBACK"), errors.New("disk full")) },
		"unnoticed": func(t *tx) error { return t.conn.do("ROLLBACK") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened(t)
			release := blocked(t, s, put("alone"))
			results := make(chan error, 2)
			for i, work := range []func(*tx) error{put("first"), lose} {
				go func() {
					results <- s.Update(context.Background(), func(x tenancy.Tx) error { return work(x.(*tx)) })
				}()
				queued(t, s, i+1)
			}
			if err := release(); err != nil {
				t.Errorf("the one before: %v", err)
			}
			for _, err := range []error{<-results, <-results} {
				var e *problem.Error
				if !errors.As(err, &e) {
					t.Errorf("got %v, want the loss", err)
				}
			}
			if found(t, s, "first") {
				t.Error("the first is there although its commit was lost")
			}
			if err := s.Update(context.Background(),
				func(x tenancy.Tx) error { return put("next")(x.(*tx)) }); err != nil {
				t.Errorf("the next: %v", err)
			}
		})
	}
}

// One that fails after it has changed something is undone alone; the others of
// its batch run once more.
func TestFailureIsUndoneAlone(t *testing.T) {
	t.Parallel()
	s := opened(t)
	release := blocked(t, s, put("alone"))
	before := s.Commits()
	results := make(chan error, 8)
	var runs atomic.Int32
	for i := range cap(results) {
		go func() {
			results <- s.Update(context.Background(), func(x tenancy.Tx) error {
				runs.Add(1)
				if err := put(fmt.Sprint(i))(x.(*tx)); err != nil || i != 5 {
					return err
				}
				return errors.New("on purpose")
			})
		}()
		queued(t, s, i+1)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	failed := 0
	for range cap(results) {
		if err := <-results; err != nil {
			failed++
		}
	}
	if got := s.Commits() - before; failed != 1 || got != 2 || runs.Load() != 8+6 {
		t.Errorf("got %d failures, %d commits, %d runs", failed, got, runs.Load())
	}
	for i := range cap(results) {
		if got := found(t, s, fmt.Sprint(i)); got != (i != 5) {
			t.Errorf("%d is there: %v", i, got)
		}
	}
}

// An Update that fails without a change costs the others of the batch nothing.
func TestRefusalIsCheap(t *testing.T) {
	t.Parallel()
	s := opened(t)
	release := blocked(t, s, put("alone"))
	results := make(chan error, 4)
	var runs atomic.Int32
	for i := range cap(results) {
		go func() {
			results <- s.Update(context.Background(), func(x tenancy.Tx) error {
				runs.Add(1)
				if i%2 == 1 {
					if err := put("0")(x.(*tx)); !errors.Is(err, problem.Conflict) {
						t.Errorf("got %v, want a conflict", err)
					}
					return errors.New("on purpose")
				}
				return put(fmt.Sprint(i))(x.(*tx))
			})
		}()
		queued(t, s, i+1)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	for range cap(results) {
		<-results
	}
	if runs.Load() != 4 || !found(t, s, "2") {
		t.Errorf("got %d runs", runs.Load())
	}
}

// A statement that fails for want of space must not be followed by others.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := opened(t)
	err := s.Update(context.Background(), func(x tenancy.Tx) error {
		t := x.(*tx)
		if err := put("before")(t); err != nil {
			return err
		}
		if err := t.conn.do("PRAGMA max_page_count = 1"); err != nil { // no more than there are
			return err
		}
		_ = x.InsertSetting(context.Background(), "big", make([]byte, 1<<20))
		_ = put("after")(t)
		return nil
	})
	if !errors.Is(err, problem.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if err := s.Update(context.Background(), func(x tenancy.Tx) error {
		return x.(*tx).conn.do("PRAGMA max_page_count = 1000000")
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"before", "big", "after"} {
		if found(t, s, name) {
			t.Errorf("%s is there", name)
		}
	}
}

// If another process holds the database, all callers that wait fail together, not one
// after the other. Readers are not affected.
func TestBusy(t *testing.T) {
	t.Parallel()
	s := opened(t)
	other, err := Open(context.Background(), s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	release := blocked(t, other, put("theirs"))
	start := time.Now()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			err := s.Update(context.Background(), func(tenancy.Tx) error { return nil })
			if !errors.Is(err, problem.Unavailable) {
				t.Errorf("got %v, want unavailable", err)
			}
		})
	}
	if err := s.View(context.Background(), func(x tenancy.Reader) error {
		_, err := x.Organization(context.Background(), tenancy.RootID)
		return err
	}); err != nil {
		t.Errorf("view: %v", err)
	}
	if err := s.Ready(context.Background()); err != nil {
		t.Errorf("ready: %v", err)
	}
	group.Wait()
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("they waited %v", took)
	}
	if err := release(); err != nil {
		t.Errorf("theirs: %v", err)
	}
	if !found(t, s, "theirs") {
		t.Error("theirs is not there")
	}
}
