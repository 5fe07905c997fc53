// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"gatehouse/bench/report"
)

// starts is how often a start is timed; the median counts.
const starts = 5

// noisy is the share of the machine that others may use before it is said.
const noisy = 0.1

// footprint times starts on the filled database, and weighs the server when
// nobody asks it anything.
func (s *stage) footprint(ctx context.Context) error {
	var took []time.Duration
	for range starts {
		if err := s.server.Stop(); err != nil {
			return err
		}
		p, d, err := s.site.Start(ctx)
		if err != nil {
			return err
		}
		s.server, took = p, append(took, d)
	}
	ready := report.Median(took, func(d time.Duration) float64 { return float64(d) })
	s.fact(report.FactReady, ready.Seconds()*1000, "ms", "")
	select {
	case <-time.After(time.Second): // time to return the memory that the start used
	case <-ctx.Done():
		return ctx.Err()
	}
	now, _, err := s.server.Memory()
	if err != nil {
		return err
	}
	s.fact(report.FactIdle, float64(now)/1e6, "MB", "")
	return nil
}

// loaded is the most memory the server has held so far.
func (s *stage) loaded(context.Context) error {
	// PostgreSQL's part cannot be separated from that of other processes.
	if others := s.used.others(); s.engine == report.SQLite && others > 0 {
		text := ""
		if others > noisy {
			text = "much goes on besides on this machine: take the figures with care, the ratios less so"
		}
		s.fact("machine busy with other things", 100*others, "%", text)
	}
	now, peak, err := s.server.Memory()
	if err != nil {
		return err
	}
	s.fact(report.FactLoaded, float64(peak)/1e6, "MB",
		fmt.Sprintf("the most there was during all that stands above; %.0f MB at its end", float64(now)/1e6))
	return nil
}
