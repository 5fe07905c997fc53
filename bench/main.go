// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"gatehouse/bench/host"
	"gatehouse/bench/report"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == host.BareCommand {
		if err := host.Bare(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if o.against != "" {
		if err := against(ctx, o, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if o.soak > 0 {
		if err := soakAll(ctx, o, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	missed, err := bench(ctx, o)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	case missed > 0 && o.strict:
		os.Exit(1)
	}
}

// bench measures what the options say and writes the report. It returns how many
// targets were missed, at the largest size the targets are about if that was measured. What was
// measured before an error is written too.
func bench(ctx context.Context, o options) (missed int, err error) {
	begun := time.Now()
	work, err := workFolder(o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	r := &report.Report{At: begun.UTC(), Machine: host.Describe(o.binary, work), Turns: o.turns}
	err = measureAll(ctx, o, work, r)
	r.Took = time.Since(begun)
	r.Judge()
	list, below := r.Missed()
	if missed = len(list); !r.AtTargetSize() {
		missed += len(below)
	}
	return missed, errors.Join(err, write(o, r))
}

func measureAll(ctx context.Context, o options, work string, r *report.Report) error {
	bare, err := host.StartBare(filepath.Join(work, "bare.log"))
	if err != nil {
		return err
	}
	defer bare.Kill()
	size, err := os.Stat(o.binary)
	if err != nil {
		return err
	}
	r.Facts = append(r.Facts, report.Fact{Name: report.FactBinary, Value: float64(size.Size()) / 1e6,
		Unit: "MB"})
	clock := newProgress(os.Stderr, o)
	for _, engine := range o.engines {
		if err := measureEngine(ctx, o, engine, work, bare, clock, r); err != nil {
			return err
		}
	}
	return nil
}

func measureEngine(ctx context.Context, o options, engine, work string, bare *host.Process, clock *progress,
	r *report.Report) (err error) {
	var db *host.Postgres
	if engine == report.Postgres {
		if db, err = host.StartPostgres(); err != nil {
			clock.skip(len(o.sizes))
			r.Skipped = append(r.Skipped, "PostgreSQL: "+err.Error())
			return nil
		}
		defer func() { err = errors.Join(err, db.Stop()) }()
	}
	var smallest *stage
	defer func() {
		if smallest != nil {
			err = errors.Join(err, smallest.close(context.WithoutCancel(ctx)))
		}
	}()
	for i, size := range o.sizes {
		s := &stage{o: o, engine: engine, size: size, last: i == len(o.sizes)-1,
			folder: filepath.Join(work, fmt.Sprintf("%s-%d", engine, size)),
			db:     db, bare: bare, clock: clock, report: r, beside: smallest}
		if clock.over(clock.filling.expect(s.fillTime())) {
			clock.skip(len(o.sizes) - i)
			r.Skipped = append(r.Skipped, fmt.Sprintf("%s, %d organizations and more: the time is up", engine, size))
			return nil
		}
		err := s.run(ctx)
		if smallest == nil {
			smallest = s // it stays, for the growth
		} else {
			err = errors.Join(err, s.close(context.WithoutCancel(ctx)))
		}
		if err != nil {
			return fmt.Errorf("%s, %d organizations: %w", engine, size, err)
		}
	}
	return nil
}

// write puts the report on the terminal and into the folder for it.
func write(o options, r *report.Report) error {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	text, err := r.JSON()
	if err != nil {
		return err
	}
	errs := []error{
		r.Text(os.Stdout),
		os.WriteFile(filepath.Join(o.out, "report.json"), append(text, '\n'), 0o644),
	}
	also := ""
	if o.profile {
		also = ", profiles for go tool pprof"
	}
	fmt.Printf("\n%s: report.json%s. It took %s.\n", o.out, also, r.Took.Round(time.Second))
	return errors.Join(errs...)
}
