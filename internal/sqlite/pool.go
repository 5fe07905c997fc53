// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"slices"
	"sync"
)

// pool lends connections, first the one that was returned last: its pages are still in the
// processor's cache. Callers that wait are served in order.
type pool struct {
	size    int
	mu      sync.Mutex
	idle    []*conn
	waiting []chan *conn // each has room for one
}

func newPool(n int, open func() *conn) *pool {
	p := &pool{size: n}
	for range n {
		p.put(open())
	}
	return p
}

// take waits for a connection until ctx is done.
func (p *pool) take(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	if last := len(p.idle) - 1; last >= 0 {
		c := p.idle[last]
		p.idle = p.idle[:last]
		p.mu.Unlock()
		return c, nil
	}
	turn := make(chan *conn, 1)
	p.waiting = append(p.waiting, turn)
	p.mu.Unlock()
	select {
	case c := <-turn:
		return c, nil
	case <-ctx.Done():
		p.stopWaiting(turn)
		return nil, ctx.Err()
	}
}

// stopWaiting takes a caller out of the queue. A connection that it got in the meantime
// goes to the next one.
func (p *pool) stopWaiting(turn chan *conn) {
	p.mu.Lock()
	i := slices.Index(p.waiting, turn)
	if i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	p.mu.Unlock()
	if i < 0 {
		p.put(<-turn)
	}
}

func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		p.waiting[0] <- c
		p.waiting = slices.Delete(p.waiting, 0, 1)
		return
	}
	p.idle = append(p.idle, c)
}

// close drops all connections, waiting for those that are lent.
func (p *pool) close() {
	for range p.size {
		c, _ := p.take(context.Background())
		c.drop()
	}
}
