// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"gatehouse/internal/span"
)

// MaxBody is the cap on a request's body, in bytes, of a route that says nothing else.
const MaxBody = 64 << 10

// Limits bound what one request of a route takes. A zero field has the value that
// it has in DefaultLimits: no field can mean "no limit".
type Limits struct {
	// MaxBody is the most bytes of a request's body. The whole body is read into
	// memory before the handler runs, so it may be at most 32 MiB, which is the room
	// that all large bodies share.
	MaxBody int64
	// ReadTimeout is for the request's body, from when the door has the request.
	ReadTimeout time.Duration
	// WriteTimeout is for the answer, from when the door has the request.
	WriteTimeout time.Duration
	// AnswerTimeout is for the handler: its context ends then, and with it what the
	// handler asks of the database.
	AnswerTimeout time.Duration
}

// DefaultLimits are the limits of a route that says nothing else. The server's
// connections have its ReadTimeout and WriteTimeout.
func DefaultLimits() Limits {
	return Limits{MaxBody: MaxBody, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
		AnswerTimeout: 30 * time.Second}
}

// complete returns the limits with the default for each field that is zero.
func (l Limits) complete() Limits {
	d := DefaultLimits()
	return Limits{cmp.Or(l.MaxBody, d.MaxBody), cmp.Or(l.ReadTimeout, d.ReadTimeout),
		cmp.Or(l.WriteTimeout, d.WriteTimeout),
		cmp.Or(l.AnswerTimeout, d.AnswerTimeout)}
}

// apply sets the connection's deadlines where they are not those that the server has
// set. A writer without a connection, as in tests, has none.
func (l Limits) apply(w http.ResponseWriter) {
	d, now, conn := DefaultLimits(), time.Now(), http.NewResponseController(w)
	if l.ReadTimeout != d.ReadTimeout {
		_ = conn.SetReadDeadline(now.Add(l.ReadTimeout))
	}
	if l.WriteTimeout != d.WriteTimeout {
		_ = conn.SetWriteDeadline(now.Add(l.WriteTimeout))
	}
}

// limitAnswer returns the request with the time limit of its route. Observe has set that
// of most routes already.
func (l Limits) limitAnswer(r *http.Request) (*http.Request, context.CancelFunc) {
	ctx := r.Context()
	if c, observed := ctx.(*requestContext); observed {
		if l.AnswerTimeout == DefaultLimits().AnswerTimeout {
			return r, func() {}
		}
		ctx = context.WithValue(c.Context, infoKey{}, &c.info) // without the other limit
		ctx = span.In(ctx, c.info.span)
	}
	ctx, cancel := context.WithTimeout(ctx, l.AnswerTimeout)
	return r.WithContext(ctx), cancel
}
