// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// work does the operation once, or several times under one commit, and tells how
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
	var samples []sample
	var failure error
	for _, t := range tallies {
		r.Requests += t.done
		r.Errors += t.errors
		failure = errors.Join(failure, t.first)
		samples = append(samples, t.samples()...)
	}
	r.P50, r.P99 = quantile(samples, 0.50), quantile(samples, 0.99)
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
			t.remember(took)
		}
	}
	samples := t.samples()
	return Result{Requests: t.done, Elapsed: spent, P50: quantile(samples, 0.50), P99: quantile(samples, 0.99)},
		ctx.Err()
}

// kept is how many times a worker remembers at most.
const kept = 1 << 14

// tally is what one worker did. Beyond kept, which times it remembers is chance.
type tally struct {
	done, errors, steps int
	first               error
	times               []time.Duration
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
			t.remember(after.Sub(now))
		}
		now = after
	}
}

func (t *tally) remember(d time.Duration) {
	t.steps++
	if len(t.times) < kept {
		t.times = append(t.times, d)
	} else if i := rand.IntN(t.steps); i < kept {
		t.times[i] = d
	}
}

// sample is a time that stands for so many.
type sample struct {
	time   time.Duration
	weight float64
}

func (t *tally) samples() []sample {
	list := make([]sample, len(t.times))
	for i, d := range t.times {
		list[i] = sample{d, float64(t.steps) / float64(len(t.times))}
	}
	return list
}

// quantile gives the time that a share of all does not exceed.
func quantile(list []sample, share float64) time.Duration {
	slices.SortFunc(list, func(a, b sample) int { return cmp.Compare(a.time, b.time) })
	left := 0.0
	for _, s := range list {
		left += s.weight * share
	}
	for _, s := range list {
		if left -= s.weight; left <= 0 {
			return s.time
		}
	}
	return 0
}
