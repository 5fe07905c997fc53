// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"gatehouse/apitype"
	"gatehouse/bench/fill"
	"gatehouse/bench/host"
	"gatehouse/bench/load"
	"gatehouse/bench/report"
)

// rolloutInstallers is how many installers the targets of a rollout are about.
const rolloutInstallers = 100_000

// rolloutCost is how many seconds a rollout takes, with what is compared at its end.
func (s *stage) rolloutCost() float64 {
	one := s.o.within.Seconds() + float64(s.o.installers)/5000
	if s.engine == report.Postgres {
		return 2*one + 5
	}
	return one
}

// rollout lets a whole fleet in with one code, and on PostgreSQL another one through four
// servers, of which one is killed when half of the fleet has come.
func (s *stage) rollout(ctx context.Context) error {
	if err := s.fleet(ctx, "rollout", []*host.Process{s.server}, false); err != nil {
		return err
	}
	if s.engine != report.Postgres {
		return nil
	}
	var servers []*host.Process
	defer func() {
		for _, p := range servers {
			p.Kill()
		}
	}()
	for i := range manyReplicas {
		p, err := s.replica(ctx, fmt.Sprintf("rollout%d", i))
		if err != nil {
			return err
		}
		servers = append(servers, p)
	}
	return s.fleet(ctx, "rollout over four servers, one killed", servers, true)
}

// fleet lets all installers come, and compares what they got with what the servers have.
func (s *stage) fleet(ctx context.Context, name string, servers []*host.Process, kill bool) error {
	code, err := s.rolloutCode(ctx, servers[0], s.data.Active[len(servers)]) // another one for each rollout
	if err != nil {
		return err
	}
	f := &fleet{enrol: newEnrolments([]fill.Code{{Text: code.AuthorizationCode}}),
		clients: make([]string, s.o.installers), within: s.o.within}
	for _, p := range servers {
		f.addresses = append(f.addresses, p.Address)
	}
	if kill {
		f.half = servers[len(servers)-1].Kill
	}
	begun := time.Now()
	if err := f.comeIn(ctx); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	took := time.Since(begun)
	var memory int64
	if kill {
		servers = servers[:len(servers)-1]
	}
	for _, p := range servers {
		_, peak, err := p.Memory()
		if err != nil {
			return err
		}
		memory = max(memory, peak)
	}
	if err := s.compare(ctx, servers[0], code, f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.tellFleet(name, f, took, memory)
	return nil
}

// rolloutCode makes a code for exactly as many clients as there are installers.
func (s *stage) rolloutCode(ctx context.Context, p *host.Process, organization int64) (code apitype.AuthCode,
	err error) {
	if err := s.access.logIn(ctx, s); err != nil {
		return code, err
	}
	body := fmt.Sprintf(`{"name":"rollout","expiresAt":"never","maxUses":%d}`, s.o.installers)
	x := load.NewExchange("POST", v1+"/organizations/"+orID(organization)+"/auth-codes", body,
		answered(201, `"authorizationCode":"GHC`), jsonType, bearer(s.access.native))
	return code, ask(ctx, p.Address, x, &code)
}

// compare checks that there are exactly as many uses and clients as installers, and that
// the clients are those that the installers were told of.
func (s *stage) compare(ctx context.Context, p *host.Process, code apitype.AuthCode, f *fleet) error {
	told := map[string]bool{}
	for i, id := range f.clients {
		if id == "" || told[id] {
			return fmt.Errorf("installer %d has no client of its own", i)
		}
		told[id] = true
	}
	s.access.at = time.Time{} // a rollout is longer than a token lives
	if err := s.access.logIn(ctx, s); err != nil {
		return err
	}
	var now apitype.AuthCode
	path := v1 + "/organizations/" + code.OrganizationID + "/auth-codes/" + code.ID
	if err := call(ctx, p.Address, "GET", path, "", &now, bearer(s.access.native)); err != nil {
		return err
	}
	if now.Uses != int64(len(told)) || now.State != "exhausted" {
		return fmt.Errorf("the code has %d uses and is %s after %d installers", now.Uses, now.State, len(told))
	}
	for cursor := ""; ; {
		var page apitype.ClientList
		if err := call(ctx, p.Address, "GET", v1+"/clients?organization="+code.OrganizationID+"&count=250"+cursor,
			"", &page, bearer(s.access.native)); err != nil {
			return err
		}
		for _, c := range page.Items {
			if c.AuthCodeID != code.ID {
				continue
			}
			if !told[c.ID] {
				return fmt.Errorf("there is a client %s that no installer was told of", c.ID)
			}
			delete(told, c.ID)
		}
		if cursor = "&cursor=" + page.NextCursor; page.NextCursor == "" {
			break
		}
	}
	if len(told) > 0 {
		return fmt.Errorf("%d installers were told of clients that are not there", len(told))
	}
	late := f.enrol.of(0, int64(len(f.clients)), answered(403, "enrolment_refused"))
	return ask(ctx, p.Address, late, nil)
}

// tellFleet adds what came of a rollout.
func (s *stage) tellFleet(name string, f *fleet, took time.Duration, memory int64) {
	counts := s.o.installers >= rolloutInstallers
	add := func(what string, value float64, unit, text string) {
		s.report.Facts = append(s.report.Facts, report.Fact{Engine: s.engine, Size: s.size, Name: what,
			Value: value, Unit: unit, Text: text, Counts: counts})
	}
	text := fmt.Sprintf("%d installers in %s, %d accepted answers, p50 %s, longest %s; %d cut off, %d asked twice, %d were told to wait, %d attempts broke",
		len(f.clients), took.Round(100*time.Millisecond), f.accepted.Count(),
		f.accepted.Quantile(0.5).Round(10*time.Microsecond),
		f.accepted.Max().Round(time.Millisecond), f.cut.Load(), f.twice.Load(), f.refused.Load(), f.broken.Load())
	add(report.FactRollout+name, float64(f.accepted.Quantile(0.99).Microseconds())/1000, "ms", text)
	add(report.FactRolloutMemory+name, float64(memory)/1e6, "MB", "the most that one server had")
}
