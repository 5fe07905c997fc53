// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

func taken(t *testing.T, p *pool) *conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := p.take(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPoolLendsTheLastFirst(t *testing.T) {
	t.Parallel()
	first, second := &conn{}, &conn{}
	conns := []*conn{first, second}
	p := newPool(2, func() (c *conn) { c, conns = conns[0], conns[1:]; return c })
	if taken(t, p) != second || taken(t, p) != first {
		t.Error("the first that came was lent first")
	}
	p.put(second)
	p.put(first)
	if taken(t, p) != first {
		t.Error("the one that came back last was not lent first")
	}
}

// Callers that wait are served in order, and those that gave up are skipped.
func TestPoolWaits(t *testing.T) {
	t.Parallel()
	p := newPool(1, func() *conn { return &conn{} })
	c := taken(t, p)
	gone, leave := context.WithCancel(context.Background())
	served := make(chan string)
	for i, who := range []struct {
		name string
		ctx  context.Context
	}{{"gone", gone}, {"first", context.Background()}, {"second", context.Background()}} {
		go func() {
			c, err := p.take(who.ctx)
			if err != nil {
				served <- err.Error()
				return
			}
			served <- who.name
			p.put(c)
		}()
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(
			time.Millisecond) {
			p.mu.Lock()
			waiting := len(p.waiting)
			p.mu.Unlock()
			if waiting == i+1 {
				break
			}
		}
	}
	leave()
	if got := <-served; got != context.Canceled.Error() {
		t.Errorf("who gave up got %s", got)
	}
	p.put(c)
	if a, b := <-served, <-served; a != "first" || b != "second" {
		t.Errorf("served %s, then %s", a, b)
	}
	if taken(t, p) != c {
		t.Error("the connection is lost")
	}
}

// However many callers give up, and whenever, no connection is lost and none is lent
// twice.
func TestPoolKeepsItsConnections(t *testing.T) {
	t.Parallel()
	const size = 3
	p := newPool(size, func() *conn { return &conn{} })
	var mu sync.Mutex
	lent := map[*conn]bool{}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for j := range 300 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration((i*j)%50)*time.Microsecond)
				c, err := p.take(ctx)
				cancel()
				if err != nil {
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
					continue
				}
				mu.Lock()
				twice := lent[c]
				lent[c] = true
				mu.Unlock()
				if twice {
					t.Error("lent twice")
				}
				mu.Lock()
				delete(lent, c)
				mu.Unlock()
				p.put(c)
			}
		})
	}
	all.Wait()
	back := map[*conn]bool{}
	for range size {
		back[taken(t, p)] = true
	}
	if len(back) != size || len(p.idle) != 0 || len(p.waiting) != 0 {
		t.Errorf("%d came back, %d idle, %d waiting", len(back), len(p.idle), len(p.waiting))
	}
}
