// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"time"
)

// progress prints what is being done and about how long it will
// take: by the share of steps that are done, each weighed by what it is expected
// to take.
type progress struct {
	w        io.Writer
	begun    time.Time
	done     float64 // expected seconds
	all      float64
	perStage []expected
	budget   time.Duration // 0: no end
	// How long things take against what is expected, apart: a disk may be slow to
	// fill and yet measure in time.
	filling, measuring pace
}

// expected is how many seconds a stage takes, more or less.
type expected struct{ filling, measuring float64 }

// pace is how long was taken for what was expected to take so long, of so much in all.
type pace struct{ all, done, took float64 }

// expect corrects expected seconds by what was seen so far.
func (p pace) expect(seconds float64) float64 {
	if p.done <= 0 {
		return seconds
	}
	return seconds * p.took / p.done
}

func (p pace) left() float64 { return p.expect(max(0, p.all-p.done)) }

func newProgress(w io.Writer, o options) *progress {
	p := &progress{w: w, begun: time.Now(), budget: o.budget}
	for _, engine := range o.engines {
		for i, size := range o.sizes {
			s := stage{o: o, engine: engine, size: size, last: i == len(o.sizes)-1}
			e := s.expected()
			p.perStage = append(p.perStage, e)
			p.filling.all += e.filling
			p.measuring.all += e.measuring
			p.all += e.filling + e.measuring
		}
	}
	return p
}

// step says what comes next.
func (p *progress) step(format string, args ...any) {
	fmt.Fprintf(p.w, "[%3.0f %%%s] %s\n", 100*p.done/p.all, p.left(), fmt.Sprintf(format, args...))
}

// took counts expected seconds as done, and notes how many they were.
func (p *progress) took(of *pace, seconds float64, real time.Duration) {
	p.done = min(p.done+seconds, p.all)
	of.done += seconds
	of.took += real.Seconds()
}

// skip counts stages as done that will not be.
func (p *progress) skip(stages int) {
	for _, e := range p.perStage[len(p.perStage)-stages:] {
		p.all -= e.filling + e.measuring
		p.filling.all -= e.filling
		p.measuring.all -= e.measuring
	}
	p.perStage = p.perStage[:len(p.perStage)-stages]
	p.all = max(p.all, p.done, 1)
}

// short reports whether the rest will not fit the budget at the pace so far.
func (p *progress) short() bool {
	if p.budget == 0 || p.done < 0.05*p.all {
		return false
	}
	return time.Since(p.begun).Seconds()+p.filling.left()+p.measuring.left() > p.budget.Seconds()
}

// over reports whether what takes so many seconds would end after the budget.
func (p *progress) over(seconds float64) bool {
	return p.budget > 0 && time.Since(p.begun).Seconds()+seconds > p.budget.Seconds()
}

// left is the time that is left, once enough is done to tell.
func (p *progress) left() string {
	elapsed := time.Since(p.begun).Seconds()
	if p.done < 0.02*p.all || elapsed < 3 {
		return ""
	}
	seconds := elapsed / p.done * (p.all - p.done)
	return fmt.Sprintf(", %s left", (time.Duration(seconds) * time.Second).Round(time.Second))
}
