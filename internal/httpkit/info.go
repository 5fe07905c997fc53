// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Info is what is known of a request besides what the client said. It travels
// in the request's context; handlers may fill in Caller.
type Info struct {
	RequestID string
	Address   string // the client's IP address, from the connection
	Door      string
	Route     string // the operation's name, never the path: a path may hold anything
	Caller    string // for the access log: "operator:<id>"
	Shed      bool   // refused by the gate

	err error // what the handler returned, for the log

	gate   *Gate
	class  Class         // where the request is counted
	slot   *share        // the share whose slot it occupies; nil: none
	stream *atomic.Int64 // where it is counted over HTTP/2; nil: nowhere

	body  *body       // what ReadBody gives, when it was read before
	query *url.Values // what QueryOf returns, when it was read before
}

type body struct {
	content []byte
	err     error
}

// Class returns the class the request was last counted in.
func (i *Info) Class() Class { return i.class }

type infoKey struct{}

// infoContext carries an Info and a deadline, in one piece of memory. The timer
// behind the deadline, and what cancels, are made when somebody first waits for
// it: most requests are answered without anybody waiting.
type infoContext struct {
	context.Context
	info Info

	deadline time.Time
	mu       sync.Mutex
	timed    context.Context // nil until somebody waits
	cancel   context.CancelFunc
	over     bool // the request has been answered
}

// Value implements context.Context.
func (c *infoContext) Value(key any) any {
	if _, ok := key.(infoKey); ok {
		return &c.info
	}
	return c.Context.Value(key)
}

// Deadline implements context.Context.
func (c *infoContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Done implements context.Context.
func (c *infoContext) Done() <-chan struct{} { return c.wait().Done() }

// wait returns the context with the timer.
func (c *infoContext) wait() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed == nil {
		c.timed, c.cancel = context.WithDeadline(c.Context, c.deadline)
		if c.over {
			c.cancel()
		}
	}
	return c.timed
}

// Err implements context.Context.
func (c *infoContext) Err() error {
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
func (c *infoContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.cancel != nil {
		c.cancel()
	}
}

// InfoOf returns the request's Info; an empty one outside Observe.
func InfoOf(r *http.Request) *Info {
	if info, ok := r.Context().Value(infoKey{}).(*Info); ok {
		return info
	}
	return &Info{}
}

// withInfo returns the request an Info and, in the same copy of it, a deadline.
func withInfo(r *http.Request) (*http.Request, *Info, context.CancelFunc) {
	c := &infoContext{Context: r.Context(), deadline: time.Now().Add(answerTimeout),
		info: Info{RequestID: requestID(r.Header.Get("X-Request-Id")), Address: address(r.RemoteAddr)}}
	return r.WithContext(c), &c.info, c.end
}

// requestID keeps a caller's id, so that lines of several systems can be put
// together, if it is of hex digits and hyphens, as UUIDs and trace ids are; no
// code or password of ours is. Else it makes one, which need not be a secret.
func requestID(given string) string {
	const allowed = "0123456789abcdefABCDEF-"
	if n := len(given); n >= 8 && n <= 64 && strings.Trim(given, allowed) == "" {
		return given
	}
	var b [12]byte
	binary.LittleEndian.PutUint64(b[:], rand.Uint64())
	binary.LittleEndian.PutUint32(b[8:], rand.Uint32())
	return hex.EncodeToString(b[:])
}

// address is the connection's other end. No header is believed: there is no
// list of proxies to trust.
func address(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return host
}
