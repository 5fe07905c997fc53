// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
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
)

// checkpointer copies the write-ahead log into the database, on a connection of its own.
// Otherwise the writer would do it within a commit, while all callers wait for the disk.
// The writer only copies what was written meanwhile, so that the log starts again from its
// beginning.
type checkpointer struct {
	conn *conn
	wake chan bool // whether the log is long
	done chan struct{}
	rest atomic.Bool // all of a long log but a little was copied
}

func newCheckpointer(c *conn) *checkpointer {
	p := &checkpointer{conn: c, wake: make(chan bool, 1), done: make(chan struct{})}
	go p.run()
	return p
}

func (p *checkpointer) run() {
	defer close(p.done)
	defer p.conn.drop()
	for long := range p.wake {
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
	if err := p.conn.copyLog(); err != nil {
		p.conn.drop()
	}
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
	close(p.wake)
	<-p.done
}
