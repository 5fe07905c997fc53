// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// judgeLine returns a verdict for each target the line falls under and has the
// yardstick for.
func judgeLine(l Line) (list []Verdict) {
	for _, t := range targets() {
		if t.engine != l.Engine || t.connections != l.Connections || !slices.Contains(t.operations, l.Operation) {
			continue
		}
		y, measured := l.Yardsticks[t.yardstick]
		if t.ratio > 0 && measured && y.Rate > 0 {
			got := l.Ratio(t.yardstick)
			list = append(list, Verdict{Target: fmt.Sprintf("≥ %.0f %% of %s", 100*t.ratio, t.yardstick), Got: got,
				Want: t.ratio, OK: got >= t.ratio})
		}
		// of less data, most of the time is HTTP and JSON
		if t.times > 0 && measured && y.P50 > 0 && l.Size >= TargetSize {
			got := float64(l.P50) / float64(y.P50)
			list = append(list, Verdict{Target: fmt.Sprintf("p50 ≤ %.1f × %s", t.times, t.yardstick), Got: got,
				Want: t.times, OK: got <= t.times})
		}
		for _, most := range []struct {
			name      string
			got, want time.Duration
		}{{"p50", l.P50, t.p50}, {"p99", l.P99, t.p99}} {
			if most.want > 0 {
				list = append(list, Verdict{Target: most.name + " < " + most.want.String(),
					Got: most.got.Seconds() * 1000, Want: most.want.Seconds() * 1000, OK: most.got < most.want})
			}
		}
	}
	return counting(list, l.Size >= TargetSize)
}

func judgeFact(f Fact) (list []Verdict) {
	for _, l := range limits() {
		if !strings.HasPrefix(f.Name, l.fact) || l.engine != "" && l.engine != f.Engine {
			continue
		}
		sign, ok := "≤", f.Value <= l.value
		if l.least {
			sign, ok = "≥", f.Value >= l.value
		}
		list = append(list, Verdict{Target: fmt.Sprintf("%s %.4g %s", sign, l.value, f.Unit), Got: f.Value,
			Want: l.value, OK: ok})
	}
	return counting(list, f.Counts || f.Engine == "" || f.Size >= TargetSize)
}

// grow compares each operation at each size with itself at the smallest: with
// the fewest connections that both were measured with, and with the most.
func grow(lines []Line) (list []Growth) {
	for _, l := range lines {
		pairs := pairsOf(lines, l)
		if len(pairs) == 0 || pairs[0].to.Connections != l.Connections { // each operation once
			continue
		}
		few, many := pairs[0], pairs[len(pairs)-1]
		g := Growth{Engine: l.Engine, Operation: l.Operation, From: few.from.Size, To: l.Size,
			Connections: l.Connections, Factor: few.factor(), Most: many.to.Connections, Loaded: many.factor()}
		g.Verdict = Verdict{Target: "none", Got: g.Factor, OK: true, Counts: l.Size >= TargetSize}
		if l.Connections == growthConnections && !growsFreely(l.Operation) {
			g.Verdict.Target, g.Verdict.Want, g.Verdict.OK = fmt.Sprintf("p50 ≤ %.1f ×", maxGrowth), maxGrowth,
				g.Factor <= maxGrowth
		}
		list = append(list, g)
	}
	return list
}

// pair is an operation with one number of connections at two sizes.
type pair struct{ from, to Line }

// factor is of the medians measured in turn, or else of those of two times.
func (p pair) factor() float64 {
	if p.to.Growth > 0 {
		return p.to.Growth
	}
	return float64(p.to.P50) / float64(p.from.P50)
}

// pairsOf finds an operation at one size and at the smallest, for each number of
// connections, the fewest first.
func pairsOf(lines []Line, like Line) (list []pair) {
	smallest := like.Size
	same := func(l Line) bool { return l.Engine == like.Engine && l.Operation == like.Operation && l.P50 > 0 }
	for _, l := range lines {
		if same(l) {
			smallest = min(smallest, l.Size)
		}
	}
	for _, to := range lines {
		if !same(to) || to.Size != like.Size || to.Size == smallest {
			continue
		}
		for _, from := range lines {
			if same(from) && from.Size == smallest && from.Connections == to.Connections {
				list = append(list, pair{from, to})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b pair) int { return cmp.Compare(a.to.Connections, b.to.Connections) })
	return list
}
