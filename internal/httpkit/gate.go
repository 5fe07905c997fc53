// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// Class says which share of the server an operation takes. Each has places of
// its own, so that many slow requests do not keep quick ones out.
type Class int

// The classes. What says nothing is Quick, which is limited too.
const (
	Quick Class = iota // asks for or changes one thing
	List               // pages through many
	LogIn              // checks a password, which is slow on purpose
	Free               // never refused: health and metrics
)

// Classes lists those that are limited.
func Classes() []Class { return []Class{Quick, List, LogIn} }

// String gives the name that metrics use.
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
	Places int           // requests worked on at once
	Queue  int           // requests that wait for a place, first come first served
	Wait   time.Duration // longest wait
}

// Gate lets requests in, as many at once as its shares allow, and refuses the
// rest early, while that is still cheap. A nil Gate lets everything in.
type Gate struct {
	shares  map[Class]*share
	bodies  atomic.Int64 // bytes that large bodies may take at the moment
	streams atomic.Int64 // requests over HTTP/2 that are not answered yet, but for
	free    atomic.Int64 // those that are Free
}

type share struct {
	Share
	places  chan struct{} // the runtime serves who waits to send in order
	waiting atomic.Int64
}

// NewGate makes a gate. A class without a share is not limited.
func NewGate(shares map[Class]Share) *Gate {
	g := &Gate{shares: map[Class]*share{}}
	for class, s := range shares {
		g.shares[class] = &share{Share: s, places: make(chan struct{}, s.Places)}
	}
	return g
}

// Busy tells how many requests of a class are worked on and how many wait.
func (g *Gate) Busy(c Class) (working, waiting int) {
	if s := g.shares[c]; s != nil {
		return len(s.places), int(s.waiting.Load())
	}
	return 0, 0
}

// retryAfter is when to come again: by then a queue of any length is gone.
const retryAfter = time.Second

// shed is the answer to whom the gate refuses.
func shed() *Error {
	e := Errorf(http.StatusServiceUnavailable, "The server has more to do than it can at the moment. Try again.")
	e.RetryAfter = retryAfter
	return e
}

// enter waits for a place in the class; the error says to come again.
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
	case s.places <- struct{}{}:
	default:
		if err := s.queue(ctx); err != nil {
			info.Shed = !errors.Is(ctx.Err(), context.Canceled) // that is a client who left
			return err
		}
	}
	info.place = s
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
	case s.places <- struct{}{}:
		return nil
	case <-timer.C:
		return shed()
	case <-ctx.Done():
		return shed()
	}
}

// leave gives the place back, if there is one.
func (i *Info) leave() {
	if i.place != nil {
		<-i.place.places
		i.place = nil
	}
}

// Enter moves the request to another class than its route's, when only its body
// tells: it gives its place back and waits for one there. The error goes to the
// door as it is.
func Enter(r *http.Request, c Class) error {
	info := InfoOf(r)
	if info.gate == nil || info.class == c {
		return nil
	}
	info.leave()
	return info.gate.enter(r.Context(), info, c)
}

// Bodies larger than smallBody take their size out of bodyBudget while they are
// read and worked on; smaller ones are bounded by the number of connections
// or, over HTTP/2, of streams.
const (
	smallBody  = 4 << 10
	bodyBudget = 32 << 20
)

// reserve takes room for a body, which release gives back.
func (g *Gate) reserve(r *http.Request) (release func(), err error) {
	size := r.ContentLength
	if size < 0 || size > MaxBody {
		size = MaxBody
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
