// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/span"
	"gatehouse/internal/tenancy"
)

// Updates of one queue (see tenancy.InQueue) would wait for one another's locks, and each of
// them for its own flush of the disk. So one of a queue runs at a time, and those that wait
// meanwhile run one after the other in one transaction. The gain is in
// docs/decisions/0023-a-code-for-a-fleet.md.
//
// There is no savepoint for each. If one fails, the transaction is rolled back, and each of
// its members runs again, alone. A group ends after a while, since others of the same
// database may wait for its locks.
const (
	maxGroup     = 64
	maxGroupTime = 100 * time.Millisecond
)

// errAlone says that a member of a group is to run alone: nothing of it was committed.
var errAlone = errors.New("to be run alone")

// queues have the Updates that wait, by queue. A queue is there while one of its Updates
// runs.
type queues struct {
	mu      sync.Mutex
	waiting map[string][]*member
	longest time.Duration // how long a group takes further members
}

// member is an Update that waits in a queue. Its function runs on its caller's goroutine,
// so that a panic unwinds the caller.
type member struct {
	claimed  atomic.Bool // by the group, to run it, or by its caller, to give up
	start    chan *tx    // from the group: run the function
	finished chan bool   // from the caller: the function is over; whether it returned no error
	outcome  chan error  // from the group: nil, errAlone or why the group failed
}

// updateInQueue is Update for a context with a queue.
func (s *Store) updateInQueue(ctx context.Context, queue string, fn func(tenancy.Tx) error) error {
	m := s.queues.join(queue)
	if m == nil { // nobody is there
		defer s.leaveQueue(queue)
		return s.updateAlone(ctx, fn)
	}
	waiting, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	of := span.From(ctx)
	phase := of.Child("wait in the queue")
	defer func() { phase.End() }()
	for {
		select {
		case t := <-m.start:
			phase.End()
			phase = nil // the function may panic
			t.span = of
			m.run(t, fn)
			phase = of.Child("commit") // with those of others
		case err := <-m.outcome:
			if errors.Is(err, errAlone) {
				phase.End()
				phase = nil
				return s.updateAlone(ctx, fn)
			}
			return err
		case <-waiting.Done():
			if m.claimed.CompareAndSwap(false, true) { // the group will skip it
				return problem.DatabaseUnavailable(cmp.Or(ctx.Err(), errWritesBusy))
			}
			waiting = context.WithoutCancel(ctx)
		}
	}
}

// join waits in a queue. It returns nil if the caller is the first and need not wait; then
// the caller calls leaveQueue at its end.
func (q *queues) join(queue string) *member {
	q.mu.Lock()
	defer q.mu.Unlock()
	list, busy := q.waiting[queue]
	if !busy {
		if q.waiting == nil {
			q.waiting = map[string][]*member{}
		}
		q.waiting[queue] = nil
		return nil
	}
	m := &member{start: make(chan *tx, 1), finished: make(chan bool, 1), outcome: make(chan error, 1)}
	q.waiting[queue] = append(list, m)
	return m
}

// take takes the one that has waited longest; nil if there is none. With leave the queue is
// gone then.
func (q *queues) take(queue string, leave bool) *member {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.waiting[queue]
	if len(list) == 0 {
		if leave {
			delete(q.waiting, queue)
		}
		return nil
	}
	q.waiting[queue] = list[1:]
	return list[0]
}

// leaveQueue lets those that wait run. The caller is counted as running.
func (s *Store) leaveQueue(queue string) {
	runtime.Gosched() // callers that are about to join get into the first group
	first := s.queues.take(queue, true)
	if first == nil {
		return
	}
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		for ; first != nil; first = s.queues.take(queue, true) {
			s.runGroup(queue, first)
		}
	}()
}

// runGroup runs the functions of those that wait in one transaction, and tells them how it
// ended.
func (s *Store) runGroup(queue string, first *member) {
	ctx, cancel := context.WithTimeout(context.Background(), commitLimit)
	defer cancel()
	good := s.takeWriteSlot(ctx) == nil
	if good {
		defer s.freeWriteSlot()
	}
	t := &tx{store: s, begin: beginUpdate, shared: ctx}
	defer t.end(ctx)
	var members []*member
	begun := time.Now()
	good = good && t.acquire(ctx) == nil
	for m := first; m != nil; m = s.queues.take(queue, false) {
		if !m.claimed.CompareAndSwap(false, true) {
			continue // its caller has gone
		}
		members = append(members, m)
		if good {
			m.start <- t
			good = <-m.finished && t.lost == nil
			t.span = nil
		}
		if !good || len(members) == maxGroup || time.Since(begun) > s.queues.longest {
			break
		}
	}
	err := errAlone
	if good {
		err = s.commitGroup(ctx, t)
	}
	for _, m := range members {
		m.outcome <- err
	}
}

// commitGroup returns errAlone if nothing was committed and each may run again.
func (s *Store) commitGroup(ctx context.Context, t *tx) error {
	if t.begin != "" && len(t.unsent) == 0 {
		return nil // there was no statement
	}
	again, err := s.commit(ctx, t)
	if again != never {
		return errAlone
	}
	return err
}

// run runs the function and tells the group how it ended, by a panic too.
func (m *member) run(t *tx, fn func(tenancy.Tx) error) {
	done := false
	defer func() { m.finished <- done }()
	done = fn(t) == nil
}
