// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"context"
	"errors"
	"sync"
	"time"

	"gatehouse/bench/load"
)

// work does the operation once, or several times under one commit, and returns how
// often. errDone ends the measurement.
type work func() (times int, err error)

var errDone = errors.New("nothing is left to do")

// maxErrors ends a worker whose every step fails.
const maxErrors = 10

// warmSteps is what a worker does unmeasured: a connection's first statements cost
// it many times as much as later ones.
const warmSteps = 2

// warm lets all workers begin, for no longer than part of d, and measures the rest.
func warm(ctx context.Context, d time.Duration, workers []work) (Result, error) {
	var group sync.WaitGroup
	start, failed := time.Now(), make([]error, len(workers))
	for i, w := range workers {
		group.Go(func() {
			for range warmSteps {
				if _, failed[i] = w(); failed[i] != nil || time.Since(start) > d/4 {
					return
				}
			}
		})
	}
	group.Wait()
	if err := errors.Join(failed...); err != nil && !errors.Is(err, errDone) {
		return Result{Errors: 1}, err
	}
	return measure(ctx, d, workers)
}

// measure lets all workers work for d.
func measure(ctx context.Context, d time.Duration, workers []work) (Result, error) {
	var group sync.WaitGroup
	tallies := make([]tally, len(workers))
	start := time.Now()
	for i, w := range workers {
		group.Go(func() { tallies[i].run(ctx, start.Add(d), w) })
	}
	group.Wait()
	r := Result{Elapsed: time.Since(start)}
	var latency load.Histogram
	var failure error
	for i := range tallies {
		t := &tallies[i]
		r.Requests += t.done
		r.Errors += t.errors
		failure = errors.Join(failure, t.first)
		latency.Merge(&t.latency)
	}
	r.P50, r.P99 = latency.Quantile(0.50), latency.Quantile(0.99)
	if failure == nil {
		failure = ctx.Err()
	}
	return r, failure
}

// afterWrites measures a read right after a write each time, for d with both but
// once at least, and counts the reads alone. The first warms up, unmeasured.
func afterWrites(ctx context.Context, d time.Duration, write func() error, read work) (Result, error) {
	var t tally
	var spent time.Duration
	for begun, warm := time.Now(), true; ctx.Err() == nil &&
		(t.done == 0 || time.Since(begun) < d); warm = false {
		if err := write(); errors.Is(err, errDone) {
			break
		} else if err != nil {
			return Result{Errors: 1}, err
		}
		start := time.Now()
		n, err := read()
		if err != nil {
			return Result{Errors: 1}, err
		}
		if !warm {
			took := time.Since(start)
			spent += took
			t.done += n
			t.latency.Add(took)
		}
	}
	return Result{Requests: t.done, Elapsed: spent, P50: t.latency.Quantile(0.50),
		P99: t.latency.Quantile(0.99)}, ctx.Err()
}

// tally is what one worker did.
type tally struct {
	done, errors int
	first        error
	latency      load.Histogram // of the steps
}

func (t *tally) run(ctx context.Context, end time.Time, w work) {
	for now := time.Now(); now.Before(end) && ctx.Err() == nil && t.errors < maxErrors; {
		n, err := w()
		after := time.Now()
		if errors.Is(err, errDone) {
			return
		}
		if err != nil {
			t.errors++
			if t.first == nil {
				t.first = err
			}
		} else {
			t.done += n
			t.latency.Add(after.Sub(now))
		}
		now = after
	}
}
