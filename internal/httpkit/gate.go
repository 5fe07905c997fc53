// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// Class names the share of the server that an operation uses. Each class has slots of
// its own, so that many slow requests do not block quick ones.
type Class int

// The classes. The default is Quick, which is limited too.
const (
	Quick Class = iota // reads or changes one row
	List               // reads pages of many rows
	LogIn              // checks a password, which is slow on purpose
	Free               // never refused: health and metrics
)

// Classes lists the limited classes.
func Classes() []Class { return []Class{Quick, List, LogIn} }

// String returns the name that metrics use.
func (c Class) String() string {
	switch c {
	case Quick:
		return "quick"
	case List:
		return "list"
	case LogIn:
		return "login"
	}
	return "free"
}

// Share bounds one class.
type Share struct {
	Slots int           // requests worked on at once
	Queue int           // requests that wait for a slot, first come first served
	Wait  time.Duration // longest wait
}

// Gate admits as many requests at once as its shares allow. It refuses the others
// early, while that is still cheap. A nil Gate admits every request.
type Gate struct {
	shares  map[Class]*share
	bodies  atomic.Int64 // bytes that large bodies may take at the moment
	streams atomic.Int64 // unanswered requests over HTTP/2, except those of class Free
	free    atomic.Int64 // unanswered requests over HTTP/2 of class Free
	unread  *unread      // long answers
}

type share struct {
	Share
	slots   chan struct{} // the runtime serves waiting senders in order
	waiting atomic.Int64
}

// NewGate makes a gate. A class without a share is not limited.
func NewGate(shares map[Class]Share) *Gate {
	g := &Gate{shares: map[Class]*share{}, unread: newUnread()}
	for class, s := range shares {
		g.shares[class] = &share{Share: s, slots: make(chan struct{}, s.Slots)}
	}
	return g
}

// Busy returns how many requests of a class are in progress, and how many wait.
func (g *Gate) Busy(c Class) (working, waiting int) {
	if s := g.shares[c]; s != nil {
		return len(s.slots), int(s.waiting.Load())
	}
	return 0, 0
}

// retryAfter is the time after which a refused client should try again. A full queue is
// empty by then.
const retryAfter = time.Second

// shed returns the error for a refused request.
func shed() *Error {
	e := refusal(http.StatusServiceUnavailable, codeOverloaded)
	e.RetryAfter = retryAfter
	return e
}

// enter waits for a slot of the class. Its error is that of shed.
func (g *Gate) enter(ctx context.Context, info *Info, c Class) error {
	info.class = c
	if g == nil {
		return nil
	}
	s := g.shares[c]
	if s == nil {
		return nil
	}
	select {
	case s.slots <- struct{}{}:
	default:
		waiting := info.span.Child("wait for a slot")
		err := s.queue(ctx)
		waiting.End()
		if err != nil {
			info.Shed = !errors.Is(ctx.Err(), context.Canceled) // a client that left is not counted
			return err
		}
	}
	info.slot = s
	return nil
}

func (s *share) queue(ctx context.Context) error {
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > int64(s.Queue) {
		return shed()
	}
	timer := time.NewTimer(s.Wait)
	defer timer.Stop()
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return shed()
	case <-ctx.Done():
		return shed()
	}
}

// leave releases the request's slot, if it has one.
func (i *Info) leave() {
	if i.slot != nil {
		<-i.slot.slots
		i.slot = nil
	}
}

// Enter moves the request to another class than that of its route, for routes whose
// class depends on the body. It releases the request's slot and waits for one of the
// new class. The handler returns the error to its door unchanged.
func Enter(r *http.Request, c Class) error {
	info := InfoOf(r)
	if info.gate == nil || info.class == c {
		return nil
	}
	info.leave()
	return info.gate.enter(r.Context(), info, c)
}

// A body larger than smallBody takes its size out of bodyBudget while the request is
// read and handled. The number of connections, or of streams over HTTP/2, bounds the
// smaller ones.
const (
	smallBody  = 4 << 10
	bodyBudget = 32 << 20
)

// reserve takes the size of a body out of the budget; release returns it.
func (g *Gate) reserve(r *http.Request, maxBody int64) (release func(), err error) {
	size := r.ContentLength
	if size < 0 || size > maxBody {
		size = maxBody
	}
	if g == nil || size <= smallBody {
		return func() {}, nil
	}
	if g.bodies.Add(size) > bodyBudget {
		g.bodies.Add(-size)
		return nil, shed()
	}
	return func() { g.bodies.Add(-size) }, nil
}
