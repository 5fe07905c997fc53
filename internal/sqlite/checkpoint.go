// SPDX-License-Identifier: Apache-2.0

package sqlite

// checkpointer copies the write-ahead log into the database, on a connection of its own.
// Otherwise the writer would do it within a commit, while all callers wait for the disk.
// The writer does only the rest, when the log has become long (longLog).
type checkpointer struct {
	conn *conn
	wake chan struct{}
	done chan struct{}
}

func newCheckpointer(c *conn) *checkpointer {
	p := &checkpointer{conn: c, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go p.run()
	return p
}

func (p *checkpointer) run() {
	defer close(p.done)
	defer p.conn.drop()
	for range p.wake {
		// Best effort: what it could not copy, for readers of an older state or a
		// disk that fails, it or the writer copies the next time.
		if err := p.conn.do("PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
			p.conn.drop()
		}
	}
}

// nudge wakes the checkpointer unless it is at work.
func (p *checkpointer) wakeUp() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// close waits for what it is doing. Nobody may nudge any more.
func (p *checkpointer) close() {
	close(p.wake)
	<-p.done
}
