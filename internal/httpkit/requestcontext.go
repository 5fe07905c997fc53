// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"sync"
	"time"

	"gatehouse/internal/span"
)

// requestContext has an Info and a deadline, in one piece of memory. The timer of the
// deadline is made when somebody first waits for it: most requests are answered before
// anybody does. A context.WithTimeout for each request is 3 % of a quick one.
type requestContext struct {
	context.Context
	info Info

	deadline time.Time
	mu       sync.Mutex
	timed    context.Context // nil until somebody waits
	cancel   context.CancelFunc
	over     bool // the request has been answered
}

// Value implements context.Context.
func (c *requestContext) Value(key any) any {
	switch key.(type) {
	case infoKey:
		return &c.info
	case span.Key:
		return c.info.span // may be nil: nothing is recorded
	}
	return c.Context.Value(key)
}

// Deadline implements context.Context.
func (c *requestContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Done implements context.Context.
func (c *requestContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed == nil {
		c.timed, c.cancel = context.WithDeadline(c.Context, c.deadline)
		if c.over {
			c.cancel()
		}
	}
	return c.timed.Done()
}

// Err implements context.Context.
func (c *requestContext) Err() error {
	c.mu.Lock()
	timed, over := c.timed, c.over
	c.mu.Unlock()
	switch {
	case timed != nil:
		return timed.Err()
	case over:
		return context.Canceled
	case c.Context.Err() != nil:
		return c.Context.Err()
	case !time.Now().Before(c.deadline):
		return context.DeadlineExceeded
	}
	return nil
}

// end is called when the request has been answered.
func (c *requestContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.cancel != nil {
		c.cancel()
	}
}
