// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/bench/load"
	"gatehouse/bench/report"
)

const (
	walkPage  = 250
	walkLimit = 60 * time.Second // then it is given up, and said
)

// walk reads all requests page by page, by offset, on one connection.
func (s *stage) walk(ctx context.Context) error {
	if err := s.access.logIn(ctx, s); err != nil {
		return err
	}
	y := report.Line{Engine: s.engine, Size: s.size, Operation: "walk", Connections: 1,
		Yardsticks: map[string]report.Figure{}, Statement: s.statement("walk")}
	m := &meter{process: s.server, bytes: func() float64 { b, _ := s.server.Allocated(ctx); return b }}
	m.begin()
	pages, elapsed, err := s.walkAll(ctx, walkLimit)
	if err != nil {
		return err
	}
	m.end()
	used := m.used(len(pages), s.overhead)
	var all load.Histogram
	for _, d := range pages {
		all.Add(d)
	}
	n := max(1, len(pages))
	y.Figure = report.Figure{Rate: float64(len(pages)) / elapsed.Seconds(), P50: all.Quantile(0.5),
		P99: all.Quantile(0.99)}
	y.CPU, y.Bytes, y.Generator = used.server/time.Duration(n), used.bytes/float64(n), used.share()
	wanted := (s.data.Organizations + walkPage - 1) / walkPage
	y.Note = fmt.Sprintf("%d pages of %d in %s; figures are per page", len(pages), walkPage,
		elapsed.Round(time.Millisecond))
	if len(pages) < wanted {
		y.Note = fmt.Sprintf("given up after %s with %d pages of %d", walkLimit, len(pages), wanted)
	}
	for _, stick := range s.yardsticks("walk") {
		f, err := runYardstick(ctx, stick, 1, max(2*s.o.duration, min(elapsed, 3*time.Second)))
		if err != nil {
			return err
		}
		y.Yardsticks[stick.Name] = f
	}
	s.report.Lines = append(s.report.Lines, y)
	if tenth := len(pages) / 10; tenth >= 4 {
		first, last := mid(pages[:tenth]), mid(pages[len(pages)-tenth:])
		s.fact(report.FactWalkGrowth, float64(last)/float64(first), "×",
			fmt.Sprintf("a page takes %s at the start and %s at the end", first, last))
	}
	return s.profiled(ctx, "walk", 1, func(ctx context.Context) error {
		until, _ := ctx.Deadline()
		for left := time.Until(until); left > 0; left = time.Until(until) {
			if _, _, err := s.walkAll(context.WithoutCancel(ctx), left); err != nil {
				return err
			}
		}
		return nil
	})
}

func mid(list []time.Duration) time.Duration {
	return report.Median(list, func(d time.Duration) float64 { return float64(d) })
}

// walkAll times every page, until there are no more or the limit is spent. Each
// id must come once, the newest first.
func (s *stage) walkAll(ctx context.Context, limit time.Duration) (pages []time.Duration,
	elapsed time.Duration, err error) {
	c, err := load.Dial(ctx, s.server.Address)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close()
	var spent time.Duration
	last, seen := int64(0), 0
	for offset := 0; offset < s.data.Organizations && spent < limit; offset += walkPage {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		x := s.listExchange("", s.data.Organizations, walkPage, offset)
		begun := time.Now()
		res, err := c.Checked(x)
		if err != nil {
			return nil, 0, err
		}
		took := time.Since(begun)
		pages, spent = append(pages, took), spent+took
		var p page
		if err := decode(res, &p); err != nil {
			return nil, 0, err
		}
		for _, item := range p.Items {
			if seen > 0 && item.ID >= last {
				return nil, 0, &load.WrongAnswer{Request: x.Bytes, Answer: res.Text(),
					Err: errors.New("ids do not fall from page to page")}
			}
			last, seen = item.ID, seen+1
		}
	}
	if spent < limit && seen != s.data.Organizations {
		return nil, 0, fmt.Errorf("the walk saw %d requests, there are %d", seen, s.data.Organizations)
	}
	return pages, spent, nil
}

// coldTurn is how long pages and the writes before them are done in turn.
func (s *stage) coldTurn() time.Duration { return max(s.o.duration, 300*time.Millisecond) }

// deepPage reads one page at nine tenths of the list, each time right after a
// write, so that nothing the server remembers of the order is of use; in both orders.
func (s *stage) deepPage(ctx context.Context) error {
	reserve := s.data.New[max(0, len(s.data.New)-spare):]
	for i, order := range []struct{ operation, sort string }{{"offset-90", ""},
		{"offset-90-oldest", "creationTime:asc"}} {
		if err := s.access.logIn(ctx, s); err != nil {
			return err
		}
		path := listPath("", pageSize, s.data.Organizations/10*9)
		if order.sort != "" {
			path += "&sort=" + order.sort
		}
		check := pageOf(s.data.Organizations, pageSize, s.data.Organizations/10*9)
		read := load.NewExchange("GET", path, "", check, bearer(s.access.operator))
		if err := s.coldPages(ctx, order.operation, read,
			reserve[i*len(reserve)/2:(i+1)*len(reserve)/2]); err != nil {
			return err
		}
		err := s.profiled(ctx, order.operation, 1, func(ctx context.Context) error {
			_, err := s.coldTurns(ctx, profileTurn, read, s.approval)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// coldPages reads pages after approvals, in turn with the yardstick, which does
// the same: it too writes on another connection before each page. It adds the line.
func (s *stage) coldPages(ctx context.Context, operation string, read *load.Exchange,
	approvals []int64) error {
	l := report.Line{Engine: s.engine, Size: s.size, Operation: operation, Connections: 1,
		Yardsticks: map[string]report.Figure{}, Ratios: map[string]float64{},
		Statement: s.statement(operation),
		Note:      "cold: each right after a committed write on another connection, the server's as the driver's"}
	var server, driver []report.Figure
	for turn := range s.o.turns {
		if turn > 0 && s.clock.short() {
			break
		}
		mine := approvals[turn*len(approvals)/s.o.turns : (turn+1)*len(approvals)/s.o.turns]
		f, err := s.coldTurns(ctx, s.coldTurn(), read, func() *load.Exchange {
			if len(mine) == 0 {
				return nil
			}
			x := s.approve(mine[0])
			mine = mine[1:]
			return x
		})
		if err != nil {
			return err
		}
		server = append(server, f)
		for _, y := range s.yardsticks(operation) {
			f, err := runYardstick(ctx, y, 1, s.coldTurn())
			if err != nil {
				return err
			}
			driver = append(driver, f)
		}
	}
	l.Figure = median(server)
	if len(driver) > 0 {
		l.Yardsticks[report.Driver], l.Ratios[report.Driver] = median(driver), paired(server, driver, rate)
	}
	s.report.Lines = append(s.report.Lines, l)
	return nil
}

// coldTurns reads a page after each approval, for d with both, and counts the
// pages' time alone. The first warms up, unmeasured, as the yardstick's does.
func (s *stage) coldTurns(ctx context.Context, d time.Duration, read *load.Exchange,
	approval func() *load.Exchange) (report.Figure, error) {
	c, err := load.Dial(ctx, s.server.Address)
	if err != nil {
		return report.Figure{}, err
	}
	defer c.Close()
	var all load.Histogram
	var spent time.Duration
	for begun, warm := time.Now(), true; warm || time.Since(begun) < d && ctx.Err() == nil; warm = false {
		write := approval()
		if write == nil {
			break
		}
		if _, err := c.Checked(write); err != nil {
			return report.Figure{}, err
		}
		start := time.Now()
		if _, err := c.Checked(read); err != nil {
			return report.Figure{}, err
		}
		if took := time.Since(start); !warm {
			all.Add(took)
			spent += took
		}
	}
	return report.Figure{Rate: float64(all.Count()) / max(spent, 1).Seconds(), P50: all.Quantile(0.5),
		P99: all.Quantile(0.99)}, nil
}
