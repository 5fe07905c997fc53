// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/bench/direct"
	"gatehouse/bench/host"
	"gatehouse/bench/load"
	"gatehouse/bench/report"
)

// resources is what a measured part took of the machine.
type resources struct {
	requests                   int
	server, own, busy, machine time.Duration // processor time
	bytes                      float64
}

func (u *resources) add(v resources) {
	u.requests += v.requests
	u.server += v.server
	u.own += v.own
	u.busy += v.busy
	u.machine += v.machine
	u.bytes += v.bytes
}

// share is the generator's part of all processor time that was used.
func (u *resources) share() float64 {
	if u.busy == 0 {
		return 0
	}
	return float64(u.own) / float64(max(u.busy, u.own))
}

// bottleneck reports whether a faster generator would have got more answers.
func (u *resources) bottleneck() bool {
	const saturated = 0.9
	return u.share() > 0.5 && u.machine > 0 && float64(u.busy)/float64(u.machine) > saturated
}

// others is the part of the machine that neither the server nor the generator used.
func (u *resources) others() float64 {
	if u.machine == 0 {
		return 0
	}
	return float64(max(0, u.busy-u.own-u.server)) / float64(u.machine)
}

// meter reads what is used between its begin and its end.
type meter struct {
	process *host.Process
	bytes   func() float64 // what was allocated; nil: not measured
	from    resources
	to      resources
}

func (m *meter) read() (u resources) {
	u.server, _ = m.process.CPU() // zero when it is gone: then the run fails anyhow
	u.own = host.OwnCPU()
	u.busy, u.machine = host.MachineCPU()
	return u
}

// begin asks for the allocations first and end last: to ask takes time, too.
func (m *meter) begin() {
	bytes := m.allocated()
	m.from = m.read()
	m.from.bytes = bytes
}

func (m *meter) end() {
	m.to = m.read()
	m.to.bytes = m.allocated()
}

func (m *meter) allocated() float64 {
	if m.bytes == nil {
		return 0
	}
	return m.bytes()
}

func (m *meter) used(requests int, overhead float64) resources {
	return resources{requests: requests, server: m.to.server - m.from.server, own: m.to.own - m.from.own,
		busy:    m.to.busy - m.from.busy,
		machine: m.to.machine - m.from.machine, bytes: max(0, m.to.bytes-m.from.bytes-overhead)}
}

// load runs a plan for one turn against a process.
func (s *stage) load(ctx context.Context, p *host.Process, connections int, warm time.Duration,
	plan load.Plan) (report.Figure, resources, error) {
	m := &meter{process: p}
	var anyway func(*load.Response) error
	if p == s.bare {
		anyway = has() // it answers everything alike
	} else {
		m.bytes = func() float64 { b, _ := p.Allocated(ctx); return b }
	}
	result, err := load.Run(ctx, load.Options{Addresses: []string{p.Address}, Connections: connections,
		Warm: warm, Measure: s.o.duration, Least: connections, Begin: m.begin, End: m.end, Check: anyway}, plan)
	if err == nil && result.Requests == 0 {
		err = errors.New("nothing was answered in the whole turn: there is nothing left to ask, or turns are much too short (-duration)")
	}
	f := report.Figure{Rate: result.Rate(), P50: result.Quantile(0.5), P99: result.Quantile(0.99)}
	return f, m.used(result.Requests, s.overhead), err
}

// measure runs an operation and its yardsticks in turn and adds the line.
func (s *stage) measure(ctx context.Context, op operation, connections int) error {
	if err := s.access.logIn(ctx, s); err != nil {
		return err
	}
	plan, err := op.plan(ctx, s)
	if err != nil {
		return err
	}
	if op.bare && !s.alone(op, connections) {
		if err := s.setBare(ctx, plan); err != nil {
			return err
		}
	}
	if s.overhead == 0 {
		if err := s.weighMetrics(ctx); err != nil {
			return err
		}
	}
	t := turns{stage: s, op: op, connections: connections, plan: plan, yardsticks: map[string][]report.Figure{}}
	if t.other, err = s.planBeside(ctx, op); err != nil {
		return err
	}
	if connections == 1 && s.beside != nil {
		if t.beside, err = s.beside.measured(ctx, op); err != nil {
			return err
		}
	}
	for range s.o.turns {
		if len(t.server) > 0 && s.clock.short() {
			break
		}
		if err := t.turn(ctx); err != nil {
			return err
		}
	}
	s.report.Lines = append(s.report.Lines, t.line())
	s.used.add(t.used)
	return nil
}

// planBeside returns the plan of the operation that is measured in turn with another; nil
// if there is none.
func (s *stage) planBeside(ctx context.Context, op operation) (load.Plan, error) {
	for _, other := range operations() {
		if other.name == op.beside {
			return other.plan(ctx, s)
		}
	}
	return nil, nil
}

// measured returns a stage that is already measured, to be measured again in turn
// with a larger one.
func (s *stage) measured(ctx context.Context, op operation) (*turns, error) {
	if err := s.access.logIn(ctx, s); err != nil {
		return nil, err
	}
	plan, err := op.plan(ctx, s)
	return &turns{stage: s, op: op, connections: 1, plan: plan}, err
}

// weighMetrics finds what one look at the metrics allocates.
func (s *stage) weighMetrics(ctx context.Context) error {
	var seen []float64
	for range 3 {
		b, err := s.server.Allocated(ctx)
		if err != nil {
			return err
		}
		seen = append(seen, b)
	}
	s.overhead = seen[2] - seen[1]
	return nil
}

// setBare has the bare handler answer as much as the server does.
func (s *stage) setBare(ctx context.Context, plan load.Plan) error {
	x := plan(0)()
	if x == nil {
		return errors.New("there is nothing left to ask")
	}
	res, err := load.Once(ctx, s.server.Address, x)
	if err != nil {
		return err
	}
	return host.SetBare(ctx, s.bare, len(res.Body), string(res.Type))
}

// turns are the turns of one operation with one number of connections.
type turns struct {
	stage       *stage
	op          operation
	connections int
	plan        load.Plan
	server      []report.Figure
	used        resources
	bare        resources
	yardsticks  map[string][]report.Figure // one for each turn of the server's, or one alone
	beside      *turns                     // of the smallest size; nil: not measured
	other       load.Plan                  // of the operation it is compared with; nil: there is none
}

func (t *turns) turn(ctx context.Context) error {
	s := t.stage
	f, used, err := s.load(ctx, s.server, t.connections, t.warm(), t.limited())
	if err != nil {
		return err
	}
	t.server = append(t.server, f)
	t.used.add(used)
	if t.beside != nil {
		f, _, err := s.load(ctx, t.beside.stage.server, 1, t.warm(), t.beside.limited())
		if err != nil {
			return fmt.Errorf("at %d organizations: %w", t.beside.stage.size, err)
		}
		t.beside.server = append(t.beside.server, f)
	}
	if t.op.bare && !s.alone(t.op, t.connections) {
		f, used, err := s.load(ctx, s.bare, t.connections, s.o.duration/5, t.sample())
		if err != nil {
			return fmt.Errorf("the bare handler: %w", err)
		}
		t.bare.add(used)
		t.yardsticks[report.Bare] = append(t.yardsticks[report.Bare], f)
	}
	if s.alone(t.op, t.connections) {
		return nil
	}
	if t.other != nil {
		f, _, err := s.load(ctx, s.server, t.connections, t.warm(), t.other)
		if err != nil {
			return fmt.Errorf("%s beside it: %w", t.op.beside, err)
		}
		t.yardsticks[t.op.beside] = append(t.yardsticks[t.op.beside], f)
	}
	for _, y := range s.yardsticks(t.op.name) {
		if y.Name == report.Pgbench && !t.wantsPgbench() {
			continue
		}
		f, err := runYardstick(ctx, y, t.connections, s.o.duration)
		if err != nil {
			return err
		}
		t.yardsticks[y.Name] = append(t.yardsticks[y.Name], f)
	}
	return nil
}

// wantsPgbench: it runs for seconds, however short a turn is. So it runs each
// turn only in full and where a target is held against it, else there once or,
// in a quick run, not at all.
func (t *turns) wantsPgbench() bool {
	s, first := t.stage, len(t.yardsticks[report.Pgbench]) == 0
	if report.HasTarget(s.engine, t.op.name, t.connections, report.Pgbench) {
		return s.o.full || first
	}
	return s.o.full && first
}

// warm is what runs before a turn counts; nothing where each request is good once.
func (t *turns) warm() time.Duration {
	if t.op.once {
		return 0
	}
	return t.stage.o.duration / 5
}

// limited returns the share of this turn in a plan that has an end.
func (t *turns) limited() load.Plan {
	if !t.op.once {
		return t.plan
	}
	return t.stage.shareOfApprovals(t.connections)
}

// sample is a plan that uses nothing up, for the bare handler: any requests of
// the same length do.
func (t *turns) sample() load.Plan {
	if !t.op.once {
		return t.plan
	}
	return load.Always(t.stage.approve(t.stage.data.FirstID))
}

func runYardstick(ctx context.Context, y direct.Yardstick, connections int, d time.Duration) (report.Figure,
	error) {
	r, err := y.Run(ctx, connections, d)
	if err == nil && r.Errors > 0 {
		err = fmt.Errorf("%d errors", r.Errors)
	}
	if err != nil {
		return report.Figure{}, fmt.Errorf("yardstick %s of %s: %w", y.Name, y.Operation, err)
	}
	return report.Figure{Rate: float64(r.Requests) / max(r.Elapsed, 1).Seconds(), P50: r.P50, P99: r.P99}, nil
}

// median takes each figure's own median.
func median(figures []report.Figure) report.Figure {
	return report.Figure{
		Rate: report.Median(figures, func(f report.Figure) float64 { return f.Rate }).Rate,
		P50:  report.Median(figures, func(f report.Figure) float64 { return float64(f.P50) }).P50,
		P99:  report.Median(figures, func(f report.Figure) float64 { return float64(f.P99) }).P99,
	}
}

func rate(f report.Figure) float64 { return f.Rate }

func middle(f report.Figure) float64 { return float64(f.P50) }

// paired is the median of the ratios turn by turn: what else goes on on the
// machine comes and goes, and hits both of a turn alike.
func paired(server, yardstick []report.Figure, of func(report.Figure) float64) float64 {
	if len(yardstick) == 1 && of(yardstick[0]) > 0 {
		return of(median(server)) / of(yardstick[0])
	}
	var ratios []float64
	for i, y := range yardstick {
		if of(y) > 0 {
			ratios = append(ratios, of(server[i])/of(y))
		}
	}
	if len(ratios) == 0 {
		return 0
	}
	return report.Median(ratios, func(v float64) float64 { return v })
}

func (t *turns) line() report.Line {
	l := report.Line{Engine: t.stage.engine, Size: t.stage.size, Operation: t.op.name,
		Connections: t.connections, Figure: median(t.server),
		CPU:       t.used.server / time.Duration(max(1, t.used.requests)),
		Bytes:     t.used.bytes / float64(max(1, t.used.requests)),
		Generator: t.used.share(), Bottleneck: t.used.bottleneck(), Yardsticks: map[string]report.Figure{},
		Ratios: map[string]float64{}}
	for name, figures := range t.yardsticks {
		l.Yardsticks[name] = median(figures)
		l.Ratios[name] = paired(t.server, figures, rate)
		l.Statement = t.stage.statement(t.op.name)
	}
	if t.beside != nil {
		l.Growth = paired(t.server, t.beside.server, middle)
	}
	if n := len(t.server); n < t.stage.o.turns {
		l.Note = fmt.Sprintf("%d of %d turns: time was short", n, t.stage.o.turns)
	}
	if t.bare.bottleneck() {
		if l.Note != "" {
			l.Note += "; "
		}
		l.Note += fmt.Sprintf("the generator is the bottleneck of the bare handler (%.0f %% of the CPU used), so our share of it looks better than it is", 100*t.bare.share())
	}
	return l
}
