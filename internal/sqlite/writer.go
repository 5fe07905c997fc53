// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// tidyEvery is after how many Updates what they left is tidied up: names go into
// the search indexes, and the log into the database.
const tidyEvery = 256

// maxBatch bounds how many Updates share one commit, and so how long the first
// of them waits for the others.
const maxBatch = 256

// writer lets Updates run one after the other on the one connection that
// writes, and commits those that wait together: a flush of the disk costs as
// much for one as for many. They share one transaction, without a savepoint for
// each: when one fails after it has changed something, all of the batch run
// again, each in a savepoint then.
type writer struct {
	conn    *conn
	queue   chan *job
	done    chan struct{} // closed when the queue is, and all of it is done
	commits atomic.Int64
	copier  *checkpointer
	written int // Updates since it was tidied up last
	tidy    int // after how many it is
}

// job is one Update. Its function runs on its caller's own goroutine while the
// writer waits, so that a panic, or the end of a test, unwinds the caller and
// leaves the others of the batch alone.
type job struct {
	ctx     context.Context
	claimed atomic.Bool  // by the writer, which will run it, or by its caller, who gave up
	turn    chan *tx     // from the writer: go, once more it may be
	ran     chan verdict // from the caller: the function is over
	outcome chan error   // from the writer: the batch is over
	result  error        // of the function
	ended   bool         // the function panicked or ended its goroutine: it cannot run again
}

// verdict says how a function ended.
type verdict struct {
	returned bool // false: it panicked
	err      error
}

func newWriter(c *conn, copier *checkpointer) *writer {
	w := &writer{conn: c, copier: copier, tidy: tidyEvery, queue: make(chan *job, maxBatch), done: make(chan struct{})}
	go w.run()
	return w
}

// close waits for what is queued. Nobody may call update any more. The writer's
// connection closes last of all: that removes the log.
func (w *writer) close() {
	close(w.queue)
	<-w.done
	w.copier.close()
	w.conn.drop()
}

// update is Store.Update.
func (w *writer) update(ctx context.Context, fn func(tenancy.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return problem.DatabaseUnavailable(err)
	}
	j := &job{ctx: ctx, turn: make(chan *tx, 1), ran: make(chan verdict, 1), outcome: make(chan error, 1)}
	select {
	case w.queue <- j:
	case <-ctx.Done():
		return problem.DatabaseUnavailable(ctx.Err())
	}
	for {
		select {
		case t := <-j.turn:
			j.call(t, fn)
		case err := <-j.outcome:
			return err
		case <-ctx.Done():
			if j.claimed.CompareAndSwap(false, true) {
				return problem.DatabaseUnavailable(ctx.Err()) // the writer will pass it over
			}
			ctx = context.WithoutCancel(ctx)
		}
	}
}

// call runs the function and tells the writer how it ended, whichever way.
func (j *job) call(t *tx, fn func(tenancy.Tx) error) {
	var v verdict
	defer func() { j.ran <- v }()
	v.err = fn(t)
	v.returned = true
}

func (w *writer) run() {
	defer close(w.done)
	for j := range w.queue {
		w.batch(j)
	}
}

// batch runs the first job and those that wait behind it, commits, and answers
// them all. Even who failed is answered after the commit only, because it may
// have decided on what an earlier one of the batch wrote.
func (w *writer) batch(first *job) {
	members, lost := w.together(first)
	w.written += len(members)
	if lost == nil && len(members) > 0 {
		lost = w.commit()
	}
	if lost != nil {
		w.conn.drop()
	}
	for _, j := range members {
		if lost != nil {
			j.result = lost
		}
		j.outcome <- j.result
	}
	if w.written >= w.tidy {
		w.written = 0
		w.copier.nudge()
	}
}

// together runs the jobs of a batch in one transaction. An error means that it
// is lost for all.
func (w *writer) together(first *job) (members []*job, lost error) {
	// Not those who come meanwhile: they are the next batch, and while one batch
	// is written the callers of the other are at work. All in one would take turns.
	size := min(len(w.queue)+1, maxBatch)
	run := w.one
	for j := first; j != nil; j = w.next(&size) {
		// A context that is done wakes the caller, who will give up.
		if j.ctx.Err() != nil || !j.claimed.CompareAndSwap(false, true) {
			continue
		}
		members = append(members, j)
		if len(members) == 1 {
			if lost = w.begin(); lost != nil {
				return w.refuse(members), lost
			}
		}
		undo, err := run(j)
		if err == nil && undo {
			run = w.apart
			err = w.again(members)
		}
		if err != nil {
			return members, err
		}
	}
	return members, nil
}

// refuse gives up on all that wait: each would have to wait as long again.
func (w *writer) refuse(members []*job) []*job {
	size := maxBatch
	for j := w.next(&size); j != nil; j = w.next(&size) {
		if j.claimed.CompareAndSwap(false, true) {
			members = append(members, j)
		}
	}
	return members
}

// next takes a waiting job while there is one and the batch has room.
func (w *writer) next(size *int) *job {
	if *size--; *size <= 0 {
		return nil
	}
	select {
	case j := <-w.queue: // nil when closed and empty
		return j
	default:
		return nil
	}
}

func (w *writer) begin() error {
	if err := w.conn.ensure(); err != nil {
		return convert("open the database for writing", err)
	}
	return convert("begin", w.conn.do("BEGIN IMMEDIATE"))
}

func (w *writer) commit() error {
	if w.written >= w.tidy {
		if err := w.index(); err != nil {
			return convert("index what is new", err)
		}
	}
	if err := w.conn.do("COMMIT"); err != nil {
		return convert("commit", err)
	}
	w.commits.Add(1)
	return nil
}

// index moves what is new into the search indexes, all at once.
func (w *writer) index() error {
	for _, name := range []string{requests().search, organizations().search} {
		for _, statement := range indexing(name) {
			if err := w.conn.do(statement); err != nil {
				return err
			}
		}
	}
	return nil
}

// indexing returns the statements that move what is new into a search index.
func indexing(name string) []string {
	return []string{"INSERT INTO " + name + " (rowid, text) SELECT id, text FROM " + name + "_pending", "DELETE FROM " + name + "_pending"}
}

// call lets a job run and tells whether there is something to undo.
func (w *writer) call(j *job) (t *tx, undo bool) {
	t = &tx{conn: w.conn, write: true}
	j.turn <- t
	v := <-j.ran
	j.ended = !v.returned
	j.result = v.err
	if v.returned && v.err == nil {
		j.result = t.lost // a function that goes on after such an error must not pass
	}
	return t, (j.ended || j.result != nil) && (t.changed || t.lost != nil)
}

// one runs a job in the transaction of all.
func (w *writer) one(j *job) (undo bool, lost error) {
	_, undo = w.call(j)
	return undo, nil
}

// again undoes all and runs the jobs once more, each apart.
func (w *writer) again(members []*job) error {
	if err := w.conn.do("ROLLBACK"); err != nil {
		w.conn.drop() // SQLite has ended the transaction by itself
	}
	if err := w.begin(); err != nil {
		return err
	}
	for _, j := range members {
		if j.ended {
			continue
		}
		if _, err := w.apart(j); err != nil {
			return err
		}
	}
	return nil
}

// apart runs a job in a savepoint of its own. An error means that the transaction
// is lost for all.
func (w *writer) apart(j *job) (undo bool, lost error) {
	if err := w.conn.do("SAVEPOINT job"); err != nil {
		return false, convert("set savepoint", err)
	}
	t, undo := w.call(j)
	if undo {
		if err := w.conn.do("ROLLBACK TO job"); err != nil {
			return false, w.explain(t, err)
		}
	}
	if err := w.conn.do("RELEASE job"); err != nil {
		return false, w.explain(t, err)
	}
	return false, nil
}

// explain tells why a savepoint is gone: SQLite has ended the transaction when a
// statement in it failed, and that statement's error says more.
func (w *writer) explain(t *tx, err error) error {
	if t.lost != nil {
		return problem.DatabaseUnavailable(fmt.Errorf("the transaction was lost: %w", errors.Join(t.lost, err)))
	}
	return convert("end savepoint", err)
}
