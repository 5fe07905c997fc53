// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Retry says how a request is sent again, after 429, after 502, 503 and 504, and after a lost
// connection. The same request is sent, with the same Idempotency-Key.
//
// After 429 and 503 the server has done nothing, so every request is sent again but a POST without a
// key. After a lost connection, 502 and 504 it may have done it: GET, a change without If-Match and a
// POST with a key are sent again, and DELETE and a change with If-Match only if they cannot have
// reached the server.
type Retry struct {
	// Attempts is how often a request is sent at most. 1: once; 0: as DefaultRetry.
	Attempts int
	// MaxWait is the longest time between two of them. A server that asks for more gets no
	// further attempt: the error has its RetryAfter. 0: as DefaultRetry.
	MaxWait time.Duration
	// Timeout ends an attempt that has no whole answer. 0: as DefaultRetry.
	Timeout time.Duration
}

// DefaultRetry is what a client does that is not told otherwise.
func DefaultRetry() Retry { return Retry{5, 30 * time.Second, time.Minute} }

// orDefault returns r with the values of DefaultRetry for those that are 0.
func (r Retry) orDefault() Retry {
	d := DefaultRetry()
	if r.Attempts <= 0 {
		r.Attempts = d.Attempts
	}
	if r.MaxWait <= 0 {
		r.MaxWait = d.MaxWait
	}
	if r.Timeout <= 0 {
		r.Timeout = d.Timeout
	}
	return r
}

// firstWait is the longest wait before the second attempt; each is twice the one before.
const firstWait = 250 * time.Millisecond

// wait returns how long to wait before the next attempt, where n have failed, and false if that is
// too long. Waits are spread, so that many clients do not come back at the same moment.
func (r Retry) wait(n int, asked time.Duration) (time.Duration, bool) {
	if asked > r.MaxWait {
		return 0, false
	}
	if asked > 0 {
		return asked + rand.N(asked/4+1), true
	}
	longest := min(firstWait<<min(n-1, 20), r.MaxWait)
	return longest/2 + rand.N(longest/2+1), true
}

// pause waits, or returns the context's error. A context that ends earlier ends it at once: waiting
// would be in vain.
func pause(ctx context.Context, d time.Duration) error {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3); 0: it is absent or unreadable.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
