// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"gatehouse/bench/load"
	"gatehouse/bench/report"
)

// guessers is how many try passwords at once during the storm.
const guessers = 16

// chapterTime is for what is measured once and needs longer than a turn.
func (s *stage) chapterTime() time.Duration { return max(2*s.o.duration, 400*time.Millisecond) }

// loginStorm reads organizations alone and while others guess passwords: to
// check one is slow on purpose, and must not take the reads' time.
func (s *stage) loginStorm(ctx context.Context) error {
	if err := s.access.logIn(ctx, s); err != nil {
		return err
	}
	plan, err := planOrganization(ctx, s)
	if err != nil {
		return err
	}
	o := load.Options{Addresses: []string{s.server.Address}, Connections: 64, Warm: 100 * time.Millisecond,
		Measure: s.chapterTime()}
	alone, err := load.Run(ctx, o, plan)
	if err != nil {
		return err
	}
	stormy, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		strain load.Strain
		err    error
	}
	ended := make(chan outcome, 1)
	go func() {
		p := load.Pressure{Address: s.server.Address, Connections: guessers, For: time.Minute}
		strain, err := load.Press(stormy, p, wrongPasswords())
		ended <- outcome{strain, err}
	}()
	time.Sleep(200 * time.Millisecond) // until the storm is up
	during, err := load.Run(ctx, o, plan)
	cancel()
	storm := <-ended
	if err != nil || storm.err != nil {
		return fmt.Errorf("during the storm: %w", errors.Join(err, storm.err))
	}
	s.fact(report.FactStorm, during.Rate()/alone.Rate(), "of the rate without",
		fmt.Sprintf("%.0f/s alone, %.0f/s (p99 %s) beside %.0f refused log-ins a second",
			alone.Rate(), during.Rate(), during.Quantile(0.99).Round(10*time.Microsecond),
			float64(storm.strain.Sent)/storm.strain.Elapsed.Seconds()))
	return nil
}

// wrongPasswords guesses at several users, each connection at one.
func wrongPasswords() load.Plan {
	refused := func(r *load.Response) error {
		if r.Status != 401 {
			return fmt.Errorf("status %d for a wrong password", r.Status)
		}
		return nil
	}
	return func(connection int) load.Next {
		username := "admin"
		if connection > 0 {
			username = fmt.Sprintf("guess%d", connection)
		}
		form := url.Values{"grant_type": {"password"}, "username": {username},
			"password": {"wrong horse battery staple"}}
		x := load.NewExchange("POST", ccadmin+"/login", form.Encode(), refused, formType)
		return func() *load.Exchange { return x }
	}
}
