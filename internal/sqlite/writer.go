// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/span"
	"gatehouse/internal/tenancy"
)

// tidyEvery is the number of Updates after which new texts go into the search indexes.
const tidyEvery = 256

// maxBatch bounds how many Updates share one commit, and so how long the first
// of them waits for the others.
const maxBatch = 256

// writer runs Updates one after the other on the one connection that writes, and commits
// together those that wait: a flush of the disk costs as much for one as for many. They
// share one transaction, without a savepoint for each. If one fails after it has changed
// something, the whole batch runs again, then each in a savepoint.
type writer struct {
	conn    *conn
	queue   chan *job
	done    chan struct{} // closed when the queue is closed and empty
	commits atomic.Int64
	copier  *checkpointer
	pages   int       // written since a long log was copied
	copied  time.Time // when the checkpointer was last woken up
	written int       // Updates since new texts were indexed
	tidy    int       // the number of Updates after which they are
	// version is SQLite's number of what the connection last saw; 0 on a new connection.
	version   int64
	elsewhere atomic.Uint64 // see Store.ChangesElsewhere
}

// job is one Update. Its function runs on its caller's own goroutine while the writer
// waits. So a panic, or the end of a test, unwinds the caller and does not affect the
// others of the batch.
type job struct {
	ctx          context.Context
	span         *span.Span   // of the use case; nil: nothing is recorded
	claimed      atomic.Bool  // by the writer, to run it, or by its caller, to give up
	start        chan *tx     // from the writer: run the function, for the first time or again
	finished     chan verdict // from the caller: the function is over
	outcome      chan error   // from the writer: the batch is over
	result       error        // of the function
	changed      bool         // the function changed something
	unrepeatable bool         // the function panicked or ended its goroutine: it cannot run again
}

// verdict says how a function ended.
type verdict struct {
	returned bool // false: it panicked
	err      error
}

func newWriter(c *conn, copier *checkpointer) *writer {
	w := &writer{conn: c, copier: copier, tidy: tidyEvery, queue: make(chan *job, maxBatch),
		done: make(chan struct{}), copied: time.Now()}
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
	of := span.From(ctx)
	j := &job{ctx: ctx, span: of, start: make(chan *tx, 1), finished: make(chan verdict, 1),
		outcome: make(chan error, 1)}
	phase := of.Child("wait for the writer")
	defer func() { phase.End() }()
	select {
	case w.queue <- j:
	case <-ctx.Done():
		return problem.DatabaseUnavailable(ctx.Err())
	}
	for {
		select {
		case t := <-j.start:
			phase.End()
			phase = nil // the function may panic
			j.runFunction(t, fn)
			phase = of.Child("commit") // with those of others
		case err := <-j.outcome:
			return err
		case <-ctx.Done():
			if j.claimed.CompareAndSwap(false, true) {
				return problem.DatabaseUnavailable(ctx.Err()) // the writer will skip it
			}
			ctx = context.WithoutCancel(ctx)
		}
	}
}

// runFunction runs the function and reports to the writer how it ended, by a panic too.
func (j *job) runFunction(t *tx, fn func(tenancy.Tx) error) {
	var v verdict
	defer func() { j.finished <- v }()
	v.err = fn(t)
	v.returned = true
}

func (w *writer) run() {
	defer close(w.done)
	for j := range w.queue {
		w.batch(j)
	}
}

// batch runs the first job and those that wait with it, commits, and answers them all. A
// job that failed is answered after the commit, too, because it may have read what an
// earlier job of the batch wrote.
func (w *writer) batch(first *job) {
	members, lost := w.runBatch(first)
	w.written += len(members)
	if lost == nil && len(members) > 0 {
		lost = w.commit()
	}
	if lost != nil {
		w.conn.drop()
	}
	w.noteHealth(members, lost)
	for _, j := range members {
		if lost != nil {
			j.result = lost
		}
		j.outcome <- j.result
	}
	if w.written >= w.tidy {
		w.written = 0
	}
	w.copyLog()
}

// noteHealth keeps what a batch says about the disk. A batch that changed nothing says
// nothing, since it did not write.
func (w *writer) noteHealth(members []*job, lost error) {
	h := w.conn.health
	h.note(lost, true)
	for _, j := range members {
		if lost == nil && j.result == nil && j.changed {
			h.wrote()
		}
	}
	for _, j := range members {
		h.note(j.result, true)
	}
}

// together runs the jobs of a batch in one transaction. An error means that it
// is lost for all.
func (w *writer) runBatch(first *job) (members []*job, lost error) {
	// Jobs that arrive from now on form the next batch. While one batch is written, the
	// callers of the other work; with a single batch they would take turns.
	size := min(len(w.queue)+1, maxBatch)
	run := w.runInBatch
	for j := first; j != nil; j = w.next(&size) {
		// A caller whose context is done gives up by itself.
		if j.ctx.Err() != nil || !j.claimed.CompareAndSwap(false, true) {
			continue
		}
		members = append(members, j)
		if len(members) == 1 {
			if lost = w.begin(); lost != nil {
				return w.claimWaiting(members), lost
			}
		}
		undo, err := run(j)
		if err == nil && undo {
			run = w.runInSavepoint
			err = w.rerunInSavepoints(members)
		}
		if err != nil {
			return members, err
		}
	}
	return members, nil
}

// claimWaiting claims all jobs that wait, to be refused: each would have to wait as long
// again.
func (w *writer) claimWaiting(members []*job) []*job {
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
	if w.conn.driverConn == nil {
		w.version = 0
	}
	if err := w.conn.ensure(); err != nil {
		return driverError("open the database for writing", err)
	}
	if err := w.conn.do("BEGIN IMMEDIATE"); err != nil {
		return driverError("begin", err)
	}
	return driverError("compare versions", w.noteElsewhere())
}

func (w *writer) commit() error {
	if w.written >= w.tidy {
		if err := w.indexNewTexts(); err != nil {
			return driverError("index what is new", err)
		}
	}
	if err := w.conn.do("COMMIT"); err != nil {
		return driverError("commit", err)
	}
	w.commits.Add(1)
	return nil
}

// indexNewTexts moves texts into the search indexes, all at once.
func (w *writer) indexNewTexts() error {
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
	return []string{"INSERT INTO " + name + " (rowid, text) SELECT id, text FROM " + name + "_pending",
		"DELETE FROM " + name + "_pending"}
}

// runJob lets a job run and reports whether its changes must be undone.
func (w *writer) runJob(j *job) (t *tx, undo bool) {
	t = &tx{conn: w.conn, span: j.span, write: true}
	j.start <- t
	v := <-j.finished
	j.unrepeatable = !v.returned
	j.changed = t.changed
	j.result = v.err
	if v.returned && v.err == nil {
		j.result = t.lost // a function that ignores such an error must fail, too
	}
	return t, (j.unrepeatable || j.result != nil) && (t.changed || t.lost != nil)
}

// runInBatch runs a job in the transaction of the batch.
func (w *writer) runInBatch(j *job) (undo bool, lost error) {
	_, undo = w.runJob(j)
	return undo, nil
}

// rerunInSavepoints undoes all jobs and runs them again, each in a savepoint.
func (w *writer) rerunInSavepoints(members []*job) error {
	if err := w.conn.do("ROLLBACK"); err != nil {
		w.conn.drop() // SQLite ended the transaction by itself
	}
	if err := w.begin(); err != nil {
		return err
	}
	for _, j := range members {
		if j.unrepeatable {
			continue
		}
		if _, err := w.runInSavepoint(j); err != nil {
			return err
		}
	}
	return nil
}

// runInSavepoint runs a job in a savepoint of its own. An error means that the transaction
// is lost for all.
func (w *writer) runInSavepoint(j *job) (undo bool, lost error) {
	if err := w.conn.do("SAVEPOINT job"); err != nil {
		return false, driverError("set savepoint", err)
	}
	t, undo := w.runJob(j)
	if undo {
		if err := w.conn.do("ROLLBACK TO job"); err != nil {
			return false, w.savepointError(t, err)
		}
	}
	if err := w.conn.do("RELEASE job"); err != nil {
		return false, w.savepointError(t, err)
	}
	return false, nil
}

// savepointError explains why a savepoint is gone: SQLite ended the transaction when a
// statement failed, and the error of that statement says more.
func (w *writer) savepointError(t *tx, err error) error {
	if t.lost != nil {
		return problem.DatabaseUnavailable(
			fmt.Errorf("the transaction was lost: %w", errors.Join(t.lost, err)))
	}
	return driverError("end savepoint", err)
}
