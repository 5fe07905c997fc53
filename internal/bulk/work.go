// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// line is one under way.
type line struct {
	number int64
	record Record
	made   []string
	err    error
	over   chan struct{}
}

// all reads the lines, has workers do them, and notes what came of them in their order.
func (r *run) all(ctx context.Context) error {
	// A stop of the run does not stop what is under way: its answers are wanted.
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stopGrace := context.AfterFunc(ctx, func() { time.AfterFunc(r.options.Grace, cancel) })
	defer stopGrace()
	reading, stop := context.WithCancel(ctx)
	defer stop()
	n := max(r.options.Concurrency, 1)
	todo, order := make(chan *line), make(chan *line, n*window-n-1)
	var workers sync.WaitGroup
	for range n {
		workers.Go(func() {
			for l := range todo {
				l.made, l.err = r.one(working, l)
				close(l.over)
			}
		})
	}
	var readErr error
	workers.Go(func() {
		defer close(order)
		defer close(todo)
		readErr = r.read(reading, todo, order)
	})
	err := r.note(order, stop)
	stop()
	for range order { // a reader that waits for room goes on
	}
	workers.Wait()
	switch {
	case err != nil && !errors.Is(err, errStopped):
		return err
	case readErr != nil:
		return readErr
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	r.now.Finished = true
	return r.flush()
}

// read hands out lines until the file or the context ends.
func (r *run) read(ctx context.Context, todo, order chan<- *line) error {
	for number := r.journal.last.Next; ; number++ {
		record, err := r.reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		l := &line{number: number, record: record, over: make(chan struct{})}
		select {
		case order <- l:
		case <-ctx.Done():
			return nil
		}
		select {
		case todo <- l:
		case <-ctx.Done():
			l.err = ctx.Err()
			close(l.over)
			return nil
		}
	}
}

func (r *run) one(ctx context.Context, l *line) ([]string, error) {
	if err := r.input.refusal(l.number, l.record); err != nil {
		return nil, &Refusal{err}
	}
	if l.number < r.late && r.options.Unsure == UnsureRefuse {
		return nil, &Refusal{errors.New("an earlier run may have done it, too long ago to be known: look for it " +
			"before it is imported again")}
	}
	return r.work(ctx, Task{l.record, r.journal.key(l.number), r.journal.Begun})
}

// note takes the lines in their order, until one ends the run.
func (r *run) note(order <-chan *line, stop func()) error {
	pending := 0
	for l := range order {
		select {
		case <-l.over:
		case <-time.After(restBeforeMark): // what is over does not wait for a slow line
			if err := r.flush(); err != nil {
				return err
			}
			pending = 0
			<-l.over
		}
		if err := r.add(l); err != nil {
			stop()
			return errors.Join(err, r.flush())
		}
		if pending++; pending == betweenMarks {
			if err := r.flush(); err != nil {
				return err
			}
			pending = 0
		}
	}
	return r.flush()
}

// add notes one line. An error ends the run at this line.
func (r *run) add(l *line) error {
	refusal, refused := errors.AsType[*Refusal](l.err)
	switch {
	case refused:
		if err := r.refused.add(l.record, refusal.Err); err != nil {
			return err
		}
		r.now.Refused++
	case errors.Is(l.err, context.Canceled):
		return errStopped
	case l.err != nil:
		return fmt.Errorf("line %d: %w", l.record.Line, l.err)
	default:
		if l.made != nil {
			if err := r.made.writeRow(l.made); err != nil {
				return err
			}
		}
		r.now.Done++
	}
	r.now.Next++
	return nil
}

// errStopped is the error of a line that was not begun, or given up, because the run was stopped.
var errStopped = errors.New("stopped")

// flush writes what is over, and then the journal: what is in the journal is in the files.
func (r *run) flush() error {
	if r.now.Next == r.journal.last.Next && r.now.Finished == r.journal.last.Finished {
		return nil
	}
	if r.options.MadeTo != nil {
		_, err := r.made.pending.WriteTo(r.options.MadeTo)
		if err != nil {
			return err
		}
	}
	if err := errors.Join(r.refused.flush(r.claimRefused), r.made.flush(r.claimMade)); err != nil {
		return err
	}
	r.now.MadeSize, r.now.RefSize, r.now.At = r.made.size, r.refused.size, time.Now().UTC()
	if err := r.journal.mark(r.now); err != nil {
		return err
	}
	if r.options.Progress != nil {
		r.options.Progress(r.stats())
	}
	return nil
}
