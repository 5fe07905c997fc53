// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"gatehouse/bench/host"
	"gatehouse/bench/report"
)

// against measures every operation on two builds of the server, which run side by side on
// databases of their own with the same rows. They take turns, and the one that goes first alternates,
// because the speed of a machine changes from minute to minute. It prints the medians of
// the ratios of the turns: new divided by old.
func against(ctx context.Context, o options, out io.Writer) error {
	work, err := workFolder(o)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "engine\tsize\toperation\tconns\tCPU old\tCPU new\tratio\tp50 old\tp50 new\tratio\t")
	for _, engine := range o.engines {
		for _, size := range o.sizes {
			err = errors.Join(err, againstStage(ctx, o, engine, size, work, table))
		}
	}
	return errors.Join(err, table.Flush(), os.RemoveAll(work))
}

// againstStage measures one engine at one size.
func againstStage(ctx context.Context, o options, engine string, size int, work string,
	out io.Writer) (err error) {
	var db *host.Postgres
	if engine == report.Postgres {
		if db, err = host.StartPostgres(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, db.Stop()) }()
	}
	var pair [2]*stage
	for i, binary := range []string{o.against, o.binary} {
		build := o
		build.binary = binary
		name := []string{"old", "new"}[i]
		s := &stage{o: build, engine: engine, size: size, last: true, build: name,
			folder: filepath.Join(work, fmt.Sprintf("%s-%d-%s", engine, size, name)),
			db:     db, clock: newProgress(os.Stderr, build), report: &report.Report{}}
		defer func() { err = errors.Join(err, s.close(context.WithoutCancel(ctx))) }()
		if err := s.prepare(ctx); err != nil {
			return fmt.Errorf("the %s build: %w", name, err)
		}
		pair[i] = s
	}
	for _, op := range operations() {
		for _, connections := range []int{16, 64} {
			if !o.only.MatchString(op.name) || op.once && connections == 16 { // there are too few requests
				continue
			}
			if err := againstOperation(ctx, pair, op, connections, out); err != nil {
				return fmt.Errorf("%s: %w", op.name, err)
			}
		}
	}
	return nil
}

// againstOperation measures one operation and prints its line.
func againstOperation(ctx context.Context, pair [2]*stage, op operation, connections int,
	out io.Writer) error {
	var both [2]*turns
	for i, s := range pair {
		if err := s.access.logIn(ctx, s); err != nil {
			return err
		}
		plan, err := op.plan(ctx, s)
		if err != nil {
			return err
		}
		both[i] = &turns{stage: s, op: op, connections: connections, plan: plan}
	}
	var cpu [2][]time.Duration
	for turn := range pair[0].o.turns {
		for i := range pair {
			i := (i + turn) % len(pair)
			t := both[i]
			f, used, err := t.stage.load(ctx, t.stage.server, connections, t.warm(), t.limited())
			if err != nil {
				return err
			}
			t.server = append(t.server, f)
			cpu[i] = append(cpu[i], used.server/time.Duration(max(1, used.requests)))
		}
	}
	s, p50 := pair[0], [2]time.Duration{median(both[0].server).P50, median(both[1].server).P50}
	middles := [2]time.Duration{middleOf(cpu[0]), middleOf(cpu[1])}
	_, err := fmt.Fprintf(out, "%s\t%d\t%s\t%d\t%v\t%v\t%.2f\t%v\t%v\t%.2f\t\n", s.engine, s.size, op.name,
		connections, middles[0], middles[1], ratio(cpu[1], cpu[0]),
		p50[0].Round(time.Microsecond), p50[1].Round(time.Microsecond),
		paired(both[1].server, both[0].server, middle))
	return err
}

func middleOf(list []time.Duration) time.Duration {
	return report.Median(list, func(d time.Duration) float64 { return float64(d) })
}

// ratio returns the median of the ratios turn by turn.
func ratio(of, to []time.Duration) float64 {
	var list []float64
	for i := range of {
		list = append(list, float64(of[i])/float64(max(1, to[i])))
	}
	return report.Median(list, func(v float64) float64 { return v })
}
