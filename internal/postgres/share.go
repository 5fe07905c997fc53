// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Many who read one thing each share round trips. A few at a time go alone, each
// with a connection for one statement, as if there were nobody else. Who comes
// when so many are under way waits in a line, and is taken along with all who
// wait by the first connection that is free.
//
// What travels together is one transaction to the server: an error of one is the
// end of all behind it, and a lock one waits for holds up the others. So nothing
// is told of a batch that went wrong, or takes long: each of it asks again alone.
const (
	maxBatch   = 64              // statements that travel together
	shareLimit = 2 * time.Second // a batch, from waiting for a connection to the last answer
)

// maxSharing is how many connections are for this: one for two processors. What
// one process of the database answers in a batch keeps about as much of us busy.
func maxSharing() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// errAlone says that nothing came of sharing.
var errAlone = errors.New("to be asked alone")

// line is where those wait who read one thing each.
type line struct {
	mu      sync.Mutex
	most    int // connections
	busy    int // of them
	waiting []*asked
}

// asked is a statement of a caller who waits. The answer is written by who sends
// it, also when the caller has gone.
type asked struct {
	step
	ctx  context.Context // the caller's
	done chan error      // nil, or errAlone
}

// ask is run for a Read that asks one thing and holds no connection.
func (t *tx) ask(ctx context.Context, doing string, s step) error {
	if t.lost != nil {
		return t.lost
	}
	err := t.store.share(ctx, s)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return t.fail(doing, ctx.Err())
	}
	err = t.run(ctx, doing, s)
	t.end(ctx)
	return err
}

// share has a statement answered, unless the error says it was not.
func (s *Store) share(ctx context.Context, what step) error {
	l := &s.line
	l.mu.Lock()
	if l.busy < l.most { // nobody waits, then
		l.busy++
		l.mu.Unlock()
		defer s.next()
		return s.single(ctx, what)
	}
	a := &asked{step: step{statement{what.query, kept(what.args)}, what.read}, ctx: ctx, done: make(chan error, 1)}
	l.waiting = append(l.waiting, a)
	l.mu.Unlock()
	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// kept gives arguments that stay as they are when the caller has gone.
func kept(args []any) []any {
	args = slices.Clone(args)
	for i, arg := range args {
		if b, is := arg.([]byte); is {
			args[i] = append([]byte{}, b...)
		}
	}
	return args
}

// single sends one statement by itself.
func (s *Store) single(ctx context.Context, what step) error {
	limited, cancel := context.WithTimeout(ctx, shareLimit)
	defer cancel()
	conn, err := s.pool.Acquire(limited)
	if err != nil {
		return err
	}
	defer conn.Release()
	rows, err := conn.Query(limited, what.query, what.args...)
	if err != nil {
		return err
	}
	return drain(rows, what)
}

// next gives up a place, or has those served who wait for one. The caller is
// counted as running.
func (s *Store) next() {
	l := &s.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.busy--
		return
	}
	s.running.Add(1)
	go s.serve()
}

// serve sends what waits until nothing does.
func (s *Store) serve() {
	defer s.running.Done()
	for batch := s.line.take(); batch != nil; batch = s.line.take() {
		err := s.together(batch)
		for _, a := range batch {
			a.done <- err
		}
	}
}

// take gives those who wait and have not gone, or gives up the place.
func (l *line) take() []*asked {
	runtime.Gosched() // who is about to ask comes along
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) > 0 {
		n := min(len(l.waiting), maxBatch)
		batch := slices.Clone(l.waiting[:n])
		rest := copy(l.waiting, l.waiting[n:])
		clear(l.waiting[rest:])
		l.waiting = l.waiting[:rest]
		batch = slices.DeleteFunc(batch, func(a *asked) bool { return a.ctx.Err() != nil })
		if len(batch) > 0 {
			return batch
		}
	}
	l.busy--
	return nil
}

// together sends statements in one batch and reads what they answer.
func (s *Store) together(asked []*asked) error {
	ctx, cancel := context.WithTimeout(context.Background(), shareLimit)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return errAlone
	}
	defer conn.Release()
	var batch pgx.Batch
	for _, a := range asked {
		batch.Queue(a.query, a.args...)
	}
	results := conn.SendBatch(ctx, &batch)
	for _, a := range asked {
		rows, err := results.Query()
		if err == nil {
			err = drain(rows, a.step)
		}
		if err != nil {
			_ = results.Close()
			return errAlone
		}
	}
	if results.Close() != nil {
		return errAlone
	}
	return nil
}
