// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// load keeps the servers busy until the time is over and the operator has done everything.
func (r *run) load(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.begun = time.Now()
	var working, beside sync.WaitGroup
	turns, operated := make(chan int64), make(chan struct{})
	for range workers {
		working.Go(func() { r.work(ctx, turns) })
	}
	beside.Go(func() { defer close(operated); r.operate(ctx) })
	beside.Go(func() { r.watch(ctx) })
	tick := time.NewTicker(time.Second / time.Duration(r.o.Rate))
	defer tick.Stop()
	for n, done := int64(0), false; !done; n++ {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		select {
		case turns <- n:
		case <-ctx.Done():
			done = true
		default:
			r.late.Add(1)
		}
		select {
		case <-operated:
			done = done || time.Since(r.begun) >= r.o.Duration
		default:
		}
	}
	err := ctx.Err()
	close(turns) // what was begun is finished
	working.Wait()
	cancel()
	beside.Wait()
	return err
}

// work does the tasks of its turns.
func (r *run) work(ctx context.Context, turns <-chan int64) {
	var order []task
	for _, t := range tasks() {
		for range t.weight {
			order = append(order, t)
		}
	}
	const stride = 7919 // a prime: all of them come, well mixed
	for n := range turns {
		t := order[int(n*stride)%len(order)]
		if err := r.do(ctx, t, n); err != nil && ctx.Err() == nil {
			r.fail(t.name, err)
		}
	}
}

func (r *run) do(ctx context.Context, t task, n int64) error {
	c := r.companies[int(n)%len(r.companies)]
	c.mu.Lock()
	defer c.mu.Unlock()
	tokens, err := r.admin.headers(ctx)
	if err != nil {
		return err
	}
	return t.do(ctx, &turn{caller: r.caller, company: c, operator: r.admin, tokens: tokens, number: n})
}

// watch says in each interval how the servers do.
func (r *run) watch(ctx context.Context) {
	tick := time.NewTicker(max(r.o.Duration/intervals, time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		u, err := r.places.look(ctx)
		if err != nil {
			if ctx.Err() == nil {
				r.fail("metrics", err)
			}
			continue
		}
		u.at = time.Since(r.begun)
		h := r.caller.interval()
		r.mu.Lock()
		r.samples = append(r.samples, u)
		failed := r.failed
		r.mu.Unlock()
		r.say("%d requests, p50 %s, p99 %s, longest %s, failed %d; %s%s", h.Count(), short(h.Quantile(0.5)),
			short(h.Quantile(0.99)), short(h.Max()), failed, u, r.size())
	}
}

func short(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// size says how large the database of SQLite is, with its log.
func (r *run) size() string {
	if r.o.Postgres != nil {
		return ""
	}
	var all int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(r.sites[0].SQLitePath() + suffix); err == nil {
			all += info.Size()
		}
	}
	return fmt.Sprintf(", database %.0f MB", float64(all)/1e6)
}
