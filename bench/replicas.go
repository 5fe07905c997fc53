// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gatehouse/bench/host"
	"gatehouse/bench/load"
	"gatehouse/bench/report"
)

// manyReplicas share one PostgreSQL.
const manyReplicas = 4

// replicas holds four servers on one database against one of them, and times
// how long the others take a token that one of them has revoked. Each runs on one
// processor, as they are given shares of a machine that they have in common: with
// all for each, four programs would wait for work on the same processors.
func (s *stage) replicas(ctx context.Context) (err error) {
	var servers []*host.Process
	defer func() {
		for _, p := range servers {
			p.Kill()
		}
	}()
	for i := range manyReplicas {
		p, err := s.replica(ctx, fmt.Sprintf("replica%d", i))
		if err != nil {
			return err
		}
		servers = append(servers, p)
	}
	if err := s.access.logIn(ctx, s); err != nil {
		return err
	}
	for name, make := range map[string]func(context.Context, *stage) (load.Plan,
		error){"reads": planOrganization, "writes": planGenerate} {
		plan, err := make(ctx, s)
		if err != nil {
			return err
		}
		if err := s.spread(ctx, name, plan, servers); err != nil {
			return err
		}
	}
	return s.revocation(ctx, servers)
}

// replica starts one more server on the stage's database, on one processor.
func (s *stage) replica(ctx context.Context, name string) (*host.Process, error) {
	site := *s.site
	site.Cores = 1
	site.Folder = filepath.Join(s.folder, name)
	if err := os.MkdirAll(site.Folder, 0o700); err != nil {
		return nil, err
	}
	p, _, err := site.Start(ctx)
	return p, err
}

// spread measures a plan on one server and on all, in turn, and on one that has
// all processors.
func (s *stage) spread(ctx context.Context, name string, plan load.Plan, servers []*host.Process) error {
	var all []string
	for _, p := range servers {
		all = append(all, p.Address)
	}
	var one, many, whole []float64
	for range s.o.turns {
		for rates, addresses := range map[*[]float64][]string{&one: all[:1], &many: all,
			&whole: {s.server.Address}} {
			r, err := load.Run(ctx, load.Options{Addresses: addresses, Connections: 64, Warm: 100 * time.Millisecond,
				Measure: s.chapterTime()}, plan)
			if err != nil {
				return err
			}
			*rates = append(*rates, r.Rate())
		}
	}
	rate := func(v float64) float64 { return v }
	a, b := report.Median(one, rate), report.Median(many, rate)
	s.fact(report.FactReplicas+name, b/a, "of its rate",
		fmt.Sprintf("%.0f/s on one, %.0f/s on %d, each on one processor; %.0f/s on one that has all",
			a, b, len(servers), report.Median(whole, rate)))
	return nil
}

// revocation ends tokens on one server and asks the others until they refuse them.
func (s *stage) revocation(ctx context.Context, servers []*host.Process) error {
	tokens, err := s.applicationTokens(ctx, ccapp)
	if err != nil {
		return err
	}
	var worst time.Duration
	const times = 5
	for _, token := range tokens[:times] {
		for _, p := range servers { // so that all may remember it
			if err := call(ctx, p.Address, "POST", ccapp+"/verify", "", nil, bearer(token)); err != nil {
				return err
			}
		}
		if err := call(ctx, servers[0].Address, "POST", ccapp+"/logout", "", nil, bearer(token)); err != nil {
			return err
		}
		revoked := time.Now()
		for i, p := range servers {
			took, err := untilRefused(ctx, p.Address, token, revoked)
			if err != nil {
				return err
			}
			if i == 0 && took > 100*time.Millisecond {
				return errors.New("the server that revoked a token still takes it")
			}
			worst = max(worst, took)
		}
	}
	s.fact(report.FactRevocation, worst.Seconds()*1000, "ms", fmt.Sprintf("the longest of %d", times))
	return nil
}

// untilRefused asks one server until it takes the token no more.
func untilRefused(ctx context.Context, address, token string, since time.Time) (time.Duration, error) {
	const limit = 30 * time.Second
	status := 0
	x := load.NewExchange("POST", ccapp+"/verify", "",
		func(r *load.Response) error { status = r.Status; return nil }, bearer(token))
	for {
		if _, err := load.Once(ctx, address, x); err != nil {
			return 0, err
		}
		took := time.Since(since)
		switch {
		case status == 401:
			return took, nil
		case status != 200 || took > limit:
			return 0, fmt.Errorf("a revoked token is answered %d after %s", status, took)
		}
		time.Sleep(time.Millisecond)
	}
}
