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
	y := report.Line{Engine: s.engine, Size: s.size, Operation: "walk", Connections: 1, Yardsticks: map[string]report.Figure{}}
	m := &meter{process: s.server, bytes: func() float64 { b, _ := s.server.Allocated(ctx); return b }}
	m.begin()
	pages, elapsed, err := s.walkAll(ctx)
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
	y.Figure = report.Figure{Rate: float64(len(pages)) / elapsed.Seconds(), P50: all.Quantile(0.5), P99: all.Quantile(0.99)}
	y.CPU, y.Bytes, y.Generator = used.server/time.Duration(n), used.bytes/float64(n), used.share()
	wanted := (s.data.Organizations + walkPage - 1) / walkPage
	y.Note = fmt.Sprintf("%d pages of %d in %s; figures are per page", len(pages), walkPage, elapsed.Round(time.Millisecond))
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
		s.fact(report.FactWalkGrowth, float64(last)/float64(first), "×", fmt.Sprintf("a page takes %s at the start and %s at the end", first, last))
	}
	return nil
}

func mid(list []time.Duration) time.Duration {
	return report.Median(list, func(d time.Duration) float64 { return float64(d) })
}

// walkAll times every page. Each id must come once, the newest first.
func (s *stage) walkAll(ctx context.Context) (pages []time.Duration, elapsed time.Duration, err error) {
	c, err := load.Dial(ctx, s.server.Address)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close()
	var spent time.Duration
	last, seen := int64(0), 0
	for offset := 0; offset < s.data.Organizations && spent < walkLimit; offset += walkPage {
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
				return nil, 0, &load.WrongAnswer{Request: x.Bytes, Answer: res.Text(), Err: errors.New("ids do not fall from page to page")}
			}
			last, seen = item.ID, seen+1
		}
	}
	if spent < walkLimit && seen != s.data.Organizations {
		return nil, 0, fmt.Errorf("the walk saw %d requests, there are %d", seen, s.data.Organizations)
	}
	return pages, spent, nil
}

// deepPage reads one page at nine tenths of the list, each time right after a
// write, so that nothing the server remembers of the order is of use; in both orders.
func (s *stage) deepPage(ctx context.Context) error {
	if err := s.access.logIn(ctx, s); err != nil {
		return err
	}
	c, err := load.Dial(ctx, s.server.Address)
	if err != nil {
		return err
	}
	defer c.Close()
	reserve := s.data.New[max(0, len(s.data.New)-spare):]
	for i, order := range []struct{ operation, sort string }{{"offset-90", ""}, {"offset-90-oldest", "creationTime:asc"}} {
		path := listPath("", pageSize, s.data.Organizations/10*9)
		if order.sort != "" {
			path += "&sort=" + order.sort
		}
		check := pageOf(s.data.Organizations, pageSize, s.data.Organizations/10*9)
		read := load.NewExchange("GET", path, "", check, bearer(s.access.operator))
		if err := s.coldPages(ctx, c, order.operation, read, reserve[i*len(reserve)/2:(i+1)*len(reserve)/2]); err != nil {
			return err
		}
	}
	return nil
}

// coldPages reads a page after each of some approvals, and adds the line.
func (s *stage) coldPages(ctx context.Context, c *load.Conn, operation string, read *load.Exchange, approvals []int64) error {
	l := report.Line{Engine: s.engine, Size: s.size, Operation: operation, Connections: 1, Yardsticks: map[string]report.Figure{}, Note: "cold: each right after a write"}
	var all load.Histogram
	var spent time.Duration
	const most, enough = 40, 4 * time.Second
	for i := 0; i < min(len(approvals), most) && spent < enough; i++ {
		for _, x := range []*load.Exchange{s.approve(approvals[i]), read} {
			begun := time.Now()
			if _, err := c.Checked(x); err != nil {
				return err
			}
			if x == read {
				took := time.Since(begun)
				all.Add(took)
				spent += took
			}
		}
	}
	l.Figure = report.Figure{Rate: float64(all.Count()) / max(spent, 1).Seconds(), P50: all.Quantile(0.5), P99: all.Quantile(0.99)}
	for _, y := range s.yardsticks(operation) {
		f, err := runYardstick(ctx, y, 1, max(s.o.duration, 500*time.Millisecond))
		if err != nil {
			return err
		}
		l.Yardsticks[y.Name] = f
	}
	s.report.Lines = append(s.report.Lines, l)
	return nil
}
