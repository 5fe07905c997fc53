// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how a plan is run.
type Options struct {
	Addresses   []string // connections are spread over them
	Connections int
	Warm        time.Duration // runs before the measured part, and is not counted
	Measure     time.Duration
	Least       int                   // goes on until so many were answered, at most 20 times as long
	Begin, End  func()                // called at both ends of the measured part; nil: nothing
	Check       func(*Response) error // instead of the exchanges' own; nil: those
}

// Result is what was counted in the measured part.
type Result struct {
	Requests int
	Elapsed  time.Duration
	Latency  *Histogram
}

// Rate is requests a second.
func (r Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Requests) / r.Elapsed.Seconds()
}

// The phases of a run.
const (
	warming int32 = iota
	measuring
	over
)

// Run has every connection send its next request when the last was answered,
// and ends early when the plan has no more. The first wrong answer, or broken
// connection, ends it with an error.
func Run(ctx context.Context, o Options, plan Plan) (Result, error) {
	conns := make([]*Conn, o.Connections)
	defer func() {
		for _, c := range conns {
			if c != nil {
				_ = c.Close()
			}
		}
	}()
	for i := range conns {
		c, err := Dial(ctx, o.Addresses[i%len(o.Addresses)])
		if err != nil {
			return Result{}, err
		}
		conns[i] = c
		if err := c.net.SetDeadline(time.Now().Add(o.Warm + o.Measure + patience)); err != nil {
			return Result{}, err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// A connection in the middle of an answer is cut off when the run is given up.
	stop := context.AfterFunc(ctx, func() {
		for _, c := range conns {
			_ = c.net.SetDeadline(time.Unix(1, 0))
		}
	})
	defer stop()
	return drive(ctx, cancel, o, conns, plan)
}

func drive(ctx context.Context, cancel context.CancelCauseFunc, o Options, conns []*Conn, plan Plan) (Result,
	error) {
	var phase atomic.Int32
	var answered atomic.Int64
	var running sync.WaitGroup
	var start time.Time
	begin := func() {
		call(o.Begin)
		start = time.Now()
		phase.Store(measuring)
	}
	if o.Warm <= 0 {
		begin() // before the first request, so that none is lost of a plan that ends
	}
	hists := make([]Histogram, len(conns))
	for i, c := range conns {
		next := plan(i)
		running.Go(func() {
			if err := c.loop(&phase, &answered, next, o.Check, &hists[i]); err != nil {
				cancel(err)
			}
		})
	}
	done := make(chan struct{})
	go func() { running.Wait(); close(done) }()
	wait := func(d time.Duration) {
		select {
		case <-time.After(d):
		case <-done:
		case <-ctx.Done():
		}
	}
	if o.Warm > 0 {
		wait(o.Warm)
		begin()
	}
	wait(o.Measure)
	for most := 20 * o.Measure; answered.Load() < int64(o.Least) && time.Since(start) < most &&
		!ended(ctx, done); {
		wait(o.Measure / 10)
	}
	elapsed := time.Since(start)
	phase.Store(over)
	call(o.End)
	<-done
	result := Result{Elapsed: elapsed, Latency: &Histogram{}}
	for i := range hists {
		result.Latency.Merge(&hists[i])
	}
	result.Requests = result.Latency.Count()
	return result, context.Cause(ctx)
}

// ended reports whether there is nothing left to wait for.
func ended(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return ctx.Err() != nil
	}
}

func call(f func()) {
	if f != nil {
		f()
	}
}

func (c *Conn) loop(phase *atomic.Int32, answered *atomic.Int64, next Next, instead func(*Response) error,
	hist *Histogram) error {
	for phase.Load() != over {
		x := next()
		if x == nil {
			return nil
		}
		start := time.Now()
		res, err := c.Do(x)
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				err = errors.Join(errors.New("no answer in time"), err)
			}
			return &WrongAnswer{Request: x.Bytes, Answer: "(none)", Err: err}
		}
		took := time.Since(start)
		if phase.Load() == measuring {
			hist.Add(took)
			answered.Add(1)
		}
		if instead != nil {
			err = checkWith(instead, x, res)
		} else {
			err = check(x, res)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Quantile is a quantile of the latencies; 0 when nothing was counted.
func (r Result) Quantile(q float64) time.Duration {
	if r.Latency == nil {
		return 0
	}
	return r.Latency.Quantile(q)
}
