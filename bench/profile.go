// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gatehouse/bench/load"
)

const (
	profileSeconds = 3
	profileTurn    = profileSeconds * time.Second
	profileLead    = 100 * time.Millisecond // until all profiles are being taken
	profileCost    = 3.4                    // seconds of each operation's profiles
)

// profiling reports whether the server's profiles are taken: at the largest size,
// since a profile shows where the time goes.
func (s *stage) profiling() bool { return s.o.profile && s.last }

// profiled puts the server under load for one more turn, of which nothing is
// counted, and takes its profiles for most of it. The load must end when its
// context does, without an error.
func (s *stage) profiled(ctx context.Context, operation string, connections int,
	load func(ctx context.Context) error) error {
	if !s.profiling() {
		return nil
	}
	if err := s.access.logIn(ctx, s); err != nil {
		return err
	}
	taken := make(chan error, 1)
	go func() { taken <- s.takeProfiles(ctx, operation) }()
	time.Sleep(profileLead) // what can be done once only may be over soon
	turn, stop := context.WithTimeout(ctx, profileTurn)
	defer stop()
	if err := errors.Join(load(turn), <-taken, ctx.Err()); err != nil {
		return fmt.Errorf("while profiles are taken: %w", err)
	}
	return nil
}

func (s *stage) profileFile(operation, kind string) string {
	return filepath.Join(s.o.out, "profiles", fmt.Sprintf("%s-%d-%s.%s.pprof", s.engine, s.size, operation,
		kind))
}

// takeProfiles takes all at the same time.
func (s *stage) takeProfiles(ctx context.Context, operation string) error {
	if err := os.MkdirAll(filepath.Join(s.o.out, "profiles"), 0o755); err != nil {
		return err
	}
	kinds := map[string]string{"profile": "cpu", "allocs": "allocs", "mutex": "mutex", "block": "block"}
	taken := make(chan error, len(kinds))
	for name, kind := range kinds {
		go func() {
			b, err := s.server.Profile(ctx, name, profileSeconds)
			if err == nil {
				err = os.WriteFile(s.profileFile(operation, kind), b, 0o644)
			}
			taken <- err
		}()
	}
	var err error
	for range kinds {
		err = errors.Join(err, <-taken)
	}
	return err
}

// profileOperation is profiled for an operation of the table.
func (s *stage) profileOperation(ctx context.Context, op operation, connections int) error {
	if err := s.access.logIn(ctx, s); err != nil {
		return err
	}
	plan, err := op.plan(ctx, s)
	if err != nil {
		return err
	}
	if op.once {
		plan = s.shareOfApprovals(connections) // the pages after writes need some, too
	}
	return s.profiled(ctx, op.name, connections, func(ctx context.Context) error {
		until, _ := ctx.Deadline()
		o := load.Options{Addresses: []string{s.server.Address}, Connections: connections,
			Measure: time.Until(until)}
		_, err := load.Run(context.WithoutCancel(ctx), o, plan)
		return err
	})
}

// profiledConnections is with how many connections an operation is profiled: the
// most that it is measured with.
func (s *stage) profiledConnections(op operation) int {
	list := s.connections(op)
	return list[len(list)-1]
}
