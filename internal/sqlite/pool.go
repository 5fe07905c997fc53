// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"sync"
)

// pool lends connections, the one that came back last first: its pages are still
// in the processor's cache, those of one that has rested are not.
type pool struct {
	free chan struct{} // one for each that is not lent
	mu   sync.Mutex
	idle []*conn
}

func newPool(n int, open func() *conn) *pool {
	p := &pool{free: make(chan struct{}, n)}
	for range n {
		p.put(open())
	}
	return p
}

// take waits for a connection until ctx is done.
func (p *pool) take(ctx context.Context) (*conn, error) {
	select {
	case <-p.free:
	default: // only who must wait asks for how long
		select {
		case <-p.free:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	c := p.idle[last]
	p.idle = p.idle[:last]
	return c, nil
}

func (p *pool) put(c *conn) {
	p.mu.Lock()
	p.idle = append(p.idle, c)
	p.mu.Unlock()
	p.free <- struct{}{}
}

// close drops all connections, waiting for those that are lent.
func (p *pool) close() {
	for range cap(p.free) {
		c, _ := p.take(context.Background())
		c.drop()
	}
}
