// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// judgeLine gives a verdict for each target the line falls under and has the
// yardstick for.
func judgeLine(l Line) (list []Verdict) {
	for _, t := range targets() {
		if t.engine != l.Engine || t.connections != l.Connections || !slices.Contains(t.operations, l.Operation) {
			continue
		}
		y, measured := l.Yardsticks[t.yardstick]
		if t.ratio > 0 && measured && y.Rate > 0 {
			got := l.Ratio(t.yardstick)
			list = append(list, Verdict{fmt.Sprintf("≥ %.0f %% of %s", 100*t.ratio, t.yardstick), got, t.ratio, got >= t.ratio})
		}
		if t.times > 0 && measured && y.P50 > 0 {
			got := float64(l.P50) / float64(y.P50)
			list = append(list, Verdict{fmt.Sprintf("p50 ≤ %.1f × %s", t.times, t.yardstick), got, t.times, got <= t.times})
		}
		for _, most := range []struct {
			name      string
			got, want time.Duration
		}{{"p50", l.P50, t.p50}, {"p99", l.P99, t.p99}} {
			if most.want > 0 {
				list = append(list, Verdict{most.name + " < " + most.want.String(), most.got.Seconds() * 1000, most.want.Seconds() * 1000, most.got < most.want})
			}
		}
	}
	return list
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
		list = append(list, Verdict{fmt.Sprintf("%s %.4g %s", sign, l.value, f.Unit), f.Value, l.value, ok})
	}
	return list
}

// grow compares each operation at each size with itself at the smallest, as
// measured with the fewest connections that both have: with many, the
// median says how long the queue was.
func grow(lines []Line) (list []Growth) {
	for _, l := range lines {
		base := l
		for _, other := range lines {
			same := other.Engine == l.Engine && other.Operation == l.Operation && other.Connections == l.Connections
			if same && other.Size < base.Size {
				base = other
			}
		}
		if base.Size == l.Size || base.P50 == 0 || fewer(lines, base, l) {
			continue
		}
		g := Growth{Engine: l.Engine, Operation: l.Operation, From: base.Size, To: l.Size, Factor: float64(l.P50) / float64(base.P50)}
		g.Verdict = Verdict{fmt.Sprintf("p50 ≤ %.1f ×", maxGrowth), g.Factor, maxGrowth, g.Factor <= maxGrowth}
		if growsFreely(l.Operation) {
			g.Verdict = Verdict{"none", g.Factor, 0, true}
		}
		list = append(list, g)
	}
	return list
}

// fewer tells whether both lines' operation was also measured with fewer connections.
func fewer(lines []Line, a, b Line) bool {
	for _, x := range lines {
		if !(x.Engine == a.Engine && x.Operation == a.Operation && x.Size == a.Size && x.Connections < a.Connections) {
			continue
		}
		for _, y := range lines {
			if y.Engine == b.Engine && y.Operation == b.Operation && y.Size == b.Size && y.Connections == x.Connections {
				return true
			}
		}
	}
	return false
}
