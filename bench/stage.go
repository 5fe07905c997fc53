// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"gatehouse/bench/direct"
	"gatehouse/bench/fill"
	"gatehouse/bench/host"
	"gatehouse/bench/report"
)

// stage is one engine at one size: a filled database with a server on it, and
// a copy of it for the yardsticks.
type stage struct {
	o      options
	engine string
	size   int
	build  string // "old" or "new" where two builds are compared; else empty
	last   bool   // the largest size: everything is measured here
	folder string
	db     *host.Postgres
	bare   *host.Process
	clock  *progress
	report *report.Report
	beside *stage // the smallest size, still up; nil: this is it

	site      *host.Site
	server    *host.Process
	data      fill.Data
	yard      []direct.Yardstick
	closeYard func() error
	access    access
	used      resources    // by all operations so far
	overhead  float64      // bytes that one look at the metrics allocates
	approved  atomic.Int64 // by us, so that totals can be predicted
	instances atomic.Int64 // installations that have enrolled
	nextNew   atomic.Int64 // the place in data.New of the next to approve
}

// run fills and measures. close is due afterwards, whatever happened.
func (s *stage) run(ctx context.Context) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	for i, c := range s.chapters() {
		if s.clock.over(0) {
			s.report.Skipped = append(s.report.Skipped,
				fmt.Sprintf("%s, %d organizations, from %s on, %d of %d parts: the time is up",
					s.engine, s.size, c.name, len(s.chapters())-i, len(s.chapters())))
			break
		}
		s.clock.step("%s, %d organizations: %s", s.engine, s.size, c.name)
		begun := time.Now()
		if err := c.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		s.clock.took(&s.clock.measuring, c.expected, time.Since(begun))
	}
	return nil
}

// close ends the server and clears away.
func (s *stage) close(ctx context.Context) (err error) {
	if s.server != nil {
		s.server.Kill()
	}
	if s.closeYard != nil {
		err = s.closeYard()
	}
	return errors.Join(err, s.clear(ctx))
}

// chapter is one thing to measure.
type chapter struct {
	name     string
	expected float64 // seconds
	do       func(ctx context.Context) error
}

// chapters are what is measured in this stage, in order: what leaves the data
// as it is comes first.
func (s *stage) chapters() []chapter {
	turn := 1.4 * s.o.duration.Seconds() * float64(s.o.turns)
	var list []chapter
	add := func(name string, expected float64, do func(ctx context.Context) error) {
		if s.o.only.MatchString(name) {
			list = append(list, chapter{name, expected, do})
		}
	}
	add("footprint", 7, s.footprint)
	for _, op := range operations() {
		for _, n := range s.connections(op) {
			expected := 3 * turn
			if s.alone(op, n) {
				expected = turn
			}
			if n == 1 && s.beside != nil {
				expected += turn
			}
			if report.HasTarget(s.engine, op.name, n, report.Pgbench) {
				expected += 5
				if s.o.full {
					expected += 10
				}
			}
			add(op.name, expected, func(ctx context.Context) error { return s.measure(ctx, op, n) })
		}
		if s.profiling() {
			add(op.name, profileCost, func(ctx context.Context) error {
				return s.profileOperation(ctx, op,
					s.profiledConnections(op))
			})
		}
	}
	add("walk", 2+float64(s.size)/20_000+s.profileCost(1), s.walk)
	add("offset-90", 1+12*s.coldTurn().Seconds()+s.profileCost(2), s.deepPage)
	add("memory", 0, s.loaded)
	if s.last {
		add("login-storm", 3, s.loginStorm)
		add("overload", 8+50*s.o.duration.Seconds(), s.overload)
	}
	if s.last && s.engine == report.Postgres {
		add("replicas", 8, s.replicas)
	}
	if s.last && s.o.only.String() != "" { // it takes minutes
		add("rollout", s.rolloutCost(), s.rollout)
		add("list-worst", float64(s.size)/5000, s.worst)
	}
	return list
}

// connections are with how many an operation is measured. With one, all are where
// there are several sizes: for the growth. At the sizes between, only operations
// with a target are measured. Searches have their targets with one, and
// are measured with many in full only, on SQLite: on PostgreSQL a machine that is
// slow enough makes the gate refuse some of them, which is right, but no rate.
func (s *stage) connections(op operation) (list []int) {
	if op.single || len(s.o.sizes) > 1 {
		list = append(list, 1)
	}
	if op.search && (s.engine == report.Postgres || !s.o.full || !s.last) {
		return list // its target is about one
	}
	if s.last && (s.o.full || op.scale) {
		list = append(list, 16)
	}
	return append(list, 64)
}

// alone reports whether an operation is measured without its yardsticks: with one
// connection, where that is for the growth alone.
func (s *stage) alone(op operation, connections int) bool { return connections == 1 && !op.single }

// profileCost is the seconds that so many profiles take.
func (s *stage) profileCost(many float64) float64 {
	if s.profiling() {
		return many * profileCost
	}
	return 0
}

// expected is how many seconds the stage takes, more or less.
func (s *stage) expected() expected {
	e := expected{filling: s.fillTime()}
	for _, c := range s.chapters() {
		e.measuring += c.expected
	}
	return e
}

// fillTime is how many seconds are expected until the server is up on a filled database.
func (s *stage) fillTime() float64 {
	return 4 + float64(s.size)/15_000 + float64(s.o.clientsAt(s.size))/60_000
}

// prepare makes the database and its copy, fills both, and starts the server.
func (s *stage) prepare(ctx context.Context) (err error) {
	url, begun := "", time.Now()
	if s.db != nil {
		if url, err = s.db.Create(ctx, s.name(), ""); err != nil {
			return err
		}
	}
	if s.site, err = host.NewSite(s.o.binary, s.folder, url); err != nil {
		return err
	}
	s.site.Profiles = s.profiling()
	// A first start makes the schema and the operator.
	first, _, err := s.site.Start(ctx)
	if err != nil {
		return err
	}
	if err := first.Stop(); err != nil {
		return err
	}
	if err := s.fill(ctx); err != nil {
		return err
	}
	if s.build == "" {
		if s.closeYard, err = s.openYard(ctx); err != nil {
			return err
		}
	}
	err = s.start(ctx)
	s.clock.took(&s.clock.filling, s.fillTime(), time.Since(begun))
	return err
}

// name is the database's on PostgreSQL.
func (s *stage) name() string { return fmt.Sprintf("bench_%d%s", s.size, s.build) }

func (s *stage) fill(ctx context.Context) error {
	keys, err := s.site.Keys()
	if err != nil {
		return err
	}
	spec := fill.Spec{Organizations: s.size, Clients: s.o.clientsAt(s.size), Seed: s.o.seed}
	s.clock.step("%s: filling with %d organizations and %d clients", s.engine, s.size, spec.Clients)
	if s.db != nil {
		s.data, err = fill.Postgres(ctx, s.site.Database, keys, spec)
	} else {
		s.data, err = fill.SQLite(ctx, s.site.SQLitePath(), keys, spec)
	}
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	return nil
}

// openYard copies the database and opens the yardsticks on the copy: what they
// write must not change what the server answers.
func (s *stage) openYard(ctx context.Context) (close func() error, err error) {
	if s.db != nil {
		url, err := s.db.Create(ctx, s.name()+"_yard", s.name())
		if err != nil {
			return nil, err
		}
		s.yard, close, err = direct.Postgres(ctx, url, s.data)
		return close, err
	}
	folder := filepath.Join(s.folder, "yard")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(folder, filepath.Base(s.site.SQLitePath()))
	for _, end := range []string{"", "-wal"} {
		if err := copyFile(path+end, s.site.SQLitePath()+end); err != nil &&
			!(end != "" && errors.Is(err, os.ErrNotExist)) {
			return nil, err
		}
	}
	s.yard, close, err = direct.SQLite(ctx, path, s.data)
	return close, err
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

func (s *stage) start(ctx context.Context) (err error) {
	if s.server, _, err = s.site.Start(ctx); err != nil {
		return err
	}
	return s.access.setUp(ctx, s)
}

// clear deletes the databases: the next stage needs the room.
func (s *stage) clear(ctx context.Context) error {
	err := os.RemoveAll(s.folder)
	if s.db != nil {
		for _, name := range []string{s.name(), s.name() + "_yard"} {
			err = errors.Join(err, s.db.Drop(ctx, name))
		}
	}
	return err
}

// yardsticks are those of an operation.
func (s *stage) yardsticks(operation string) []direct.Yardstick {
	return slices.DeleteFunc(slices.Clone(s.yard),
		func(y direct.Yardstick) bool { return y.Operation != operation })
}

// statement is what the driver's yardstick of an operation asks, where that is one.
func (s *stage) statement(operation string) string {
	for _, y := range s.yardsticks(operation) {
		if y.Text != "" {
			return y.Text
		}
	}
	return ""
}

// fact adds a figure that is no operation's rate.
func (s *stage) fact(name string, value float64, unit, text string) {
	s.report.Facts = append(s.report.Facts, report.Fact{Engine: s.engine, Size: s.size, Name: name, Value: value,
		Unit: unit, Text: text})
}
