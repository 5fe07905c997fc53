// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"gatehouse/internal/sqltext"
)

const (
	// copyEvery is the number of pages written to the log after which it is copied: 64 MiB. A
	// page that was written more than once is copied once. See docs/decisions/0030.
	copyEvery = 16384
	// longLog is the number of pages in the log from which on each commit tries to copy it.
	// That is for a log that the checkpointer could not copy.
	longLog = 2 * copyEvery
	// copyAfter is when a shorter log is copied: readers look for each page in it first.
	copyAfter = 5 * time.Second
	// copyWhenQuiet is how long after the last change the rest is copied. So a copy of the
	// database file alone lacks little.
	copyWhenQuiet = time.Second
)

// checkpointer copies the write-ahead log into the database, on a connection of its own.
// Otherwise the writer would do it within a commit, while all callers wait for the disk.
// The writer only copies what was written meanwhile, so that the log starts again from its
// beginning.
type checkpointer struct {
	conn *conn
	wake chan bool // whether the log is long
	done chan struct{}
	end  chan struct{} // closed by close
	// quiet wakes the checkpointer when there was no change for a while
	quiet *time.Timer
	rest  atomic.Bool // all of a long log but a little was copied
}

func newCheckpointer(c *conn) *checkpointer {
	p := &checkpointer{conn: c, wake: make(chan bool, 1), done: make(chan struct{}), end: make(chan struct{})}
	p.quiet = time.AfterFunc(copyWhenQuiet, func() { p.wakeUp(false) })
	go p.run()
	return p
}

func (p *checkpointer) run() {
	defer close(p.done)
	defer p.conn.drop()
	for {
		var long bool
		select {
		case <-p.end:
			return
		case long = <-p.wake:
		}
		// A long one twice, since the first time takes long enough for much to be written.
		p.copyLog()
		if long {
			p.copyLog()
			p.rest.Store(true)
		}
	}
}

// copyLog is best effort: what it could not copy, for readers of an older state or a disk
// that fails, it or the writer copies the next time.
func (p *checkpointer) copyLog() {
	whole, err := p.conn.copyWhole()
	if err != nil {
		p.conn.drop()
	}
	if !whole {
		p.quiet.Reset(copyWhenQuiet)
	}
}

// copyWhole is copyLog, and reports whether that was all of the log.
func (c *conn) copyWhole() (whole bool, err error) {
	s, err := c.prepared("PRAGMA wal_checkpoint(PASSIVE)")
	if err != nil {
		return false, err
	}
	var busy, pages, copied int
	err = s.query(context.Background(), func(row sqltext.Row) error { return row.Scan(&busy, &pages, &copied) })
	return err == nil && busy == 0 && pages == copied, err
}

// copyLog copies as much of the log as it can without waiting for anybody.
func (c *conn) copyLog() error { return c.do("PRAGMA wal_checkpoint(PASSIVE)") }

// copyLog has the log copied when it has become long or old. It runs when the callers of a
// batch have their answers.
func (w *writer) copyLog() {
	w.pages += w.conn.pagesWritten()
	if w.copier.rest.CompareAndSwap(true, false) {
		if err := w.conn.copyLog(); err != nil { // best effort, as the checkpointer's
			w.conn.drop()
		}
	}
	long := w.pages >= copyEvery
	if long {
		w.pages = 0
	}
	if long || time.Since(w.copied) >= copyAfter {
		w.copied = time.Now()
		w.copier.wakeUp(long)
	}
	w.copier.quiet.Reset(copyWhenQuiet)
}

// pagesWritten returns how many pages the connection has written since the last call.
func (c *conn) pagesWritten() int {
	status, ok := c.driverConn.(sqlite.DBStatus)
	if !ok { // there is no connection
		return 0
	}
	n, _, _ := status.Status(sqlite.DBStatusCacheWrite, true) // fails for unknown counters only
	return n
}

// wakeUp wakes the checkpointer unless it is at work.
func (p *checkpointer) wakeUp(long bool) {
	select {
	case p.wake <- long:
	default:
	}
}

// close waits for what it is doing. Nobody may wake it up any more.
func (p *checkpointer) close() {
	p.quiet.Stop()
	close(p.end)
	<-p.done
}
