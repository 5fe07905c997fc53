// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse/bench/load"
	"gatehouse/bench/report"
)

// mixed is what the server is overloaded with: reads, lists and durable writes.
func (s *stage) mixed(ctx context.Context) (load.Plan, error) {
	var plans []load.Plan
	for _, make := range []func(context.Context, *stage) (load.Plan, error){planOrganization, planStatus,
		planReveal("application/json"), planGenerate} {
		plan, err := make(ctx, s)
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return func(connection int) load.Next {
		var list []load.Next
		for _, p := range plans {
			list = append(list, p(connection))
		}
		i := connection
		return func() *load.Exchange {
			i++
			return list[i%len(list)]()
		}
	}, nil
}

// overload asks for ten times of what the server can do, in several ways, and
// looks at what it refuses, what it holds, and whether it is back at once.
func (s *stage) overload(ctx context.Context) error {
	if err := s.access.logIn(ctx, s); err != nil {
		return err
	}
	plan, err := s.mixed(ctx)
	if err != nil {
		return err
	}
	before, err := s.normal(ctx, plan)
	if err != nil {
		return err
	}
	memory, _, err := s.server.Memory()
	if err != nil {
		return err
	}
	long := 2 * s.chapterTime()
	for _, p := range []struct {
		name string
		load.Pressure
	}{
		{"640 connections", load.Pressure{Connections: 640, For: long}},
		{"640 connections, ten times the rate", load.Pressure{Connections: 640, For: long, Rate: 10 * before}},
		{"a thousand connections", load.Pressure{Connections: 1000, For: long}},
	} {
		p.Address = s.server.Address
		strain, err := load.Press(ctx, p.Pressure, plan)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := s.tell(p.name, strain); err != nil {
			return err
		}
	}
	if err := s.slowClients(ctx, before, plan); err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	after, err := s.normal(ctx, plan)
	if err != nil {
		return fmt.Errorf("two seconds after the overload: %w", err)
	}
	now, _, err := s.server.Memory()
	s.fact(report.FactRecovery, after/before, "of that before",
		fmt.Sprintf("two seconds later: %.0f/s, before %.0f/s; memory %.0f MB, before %.0f MB",
			after, before, float64(now)/1e6, float64(memory)/1e6))
	return err
}

// normal is the rate of a plan with as many connections as the server takes
// easily: the median of some runs, since one is compared with another later.
func (s *stage) normal(ctx context.Context, plan load.Plan) (float64, error) {
	var rates []float64
	for range s.o.turns {
		r, err := load.Run(ctx, load.Options{Addresses: []string{s.server.Address}, Connections: 16,
			Warm: 100 * time.Millisecond, Measure: s.chapterTime()}, plan)
		if err != nil {
			return 0, err
		}
		rates = append(rates, r.Rate())
	}
	return report.Median(rates, func(v float64) float64 { return v }), nil
}

// tell adds what came of one kind of pressure.
func (s *stage) tell(name string, strain load.Strain) error {
	now, peak, err := s.server.Memory()
	if err != nil {
		return err
	}
	var statuses []string
	for status, n := range strain.Statuses {
		statuses = append(statuses, fmt.Sprintf("%d: %.1f %%", status, 100*float64(n)/float64(max(1, strain.Sent))))
	}
	slices.Sort(statuses)
	late := ""
	if strain.Late > 0 {
		late = fmt.Sprintf("; %d more were due while their connection waited", strain.Late)
	}
	refused := strain.Statuses[503] + strain.Statuses[429]
	s.fact("overload by "+name+", p99 of the accepted",
		float64(strain.Accepted.Quantile(0.99).Microseconds())/1000, "ms",
		fmt.Sprintf("%d answers in %s (%s)%s; accepted p50 %s, longest %s; %d connections ended; memory %.0f MB, at most %.0f MB", strain.Sent,
			strain.Elapsed.Round(time.Millisecond), strings.Join(statuses, ", "), late,
			strain.Accepted.Quantile(0.5).Round(10*time.Microsecond),
			strain.Accepted.Max().Round(time.Millisecond), strain.Broken, float64(now)/1e6, float64(peak)/1e6))
	if refused > 0 {
		s.fact(report.FactRetryAfter+", "+name, 1-float64(strain.NoRetry)/float64(refused), "of all", "")
	}
	return nil
}

// slowClients hold connections while others work.
func (s *stage) slowClients(ctx context.Context, before float64, plan load.Plan) error {
	const slow, silent = 200, 200
	holding, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan int, 1)
	go func() { ended <- load.Hold(holding, s.server.Address, slow, silent) }()
	patience := 500 * time.Millisecond
	if s.o.full {
		patience = 12 * time.Second // longer than the server waits for headers
	}
	time.Sleep(patience)
	during, err := s.normal(ctx, plan)
	cancel()
	cut := <-ended
	if err != nil {
		return fmt.Errorf("beside slow clients: %w", err)
	}
	now, _, err := s.server.Memory()
	if err != nil {
		return err
	}
	s.fact("rate beside 200 slow and 200 silent connections", during/before, "of that without",
		fmt.Sprintf("the server had ended %d of them after %s; memory %.0f MB", cut, patience, float64(now)/1e6))
	return nil
}
