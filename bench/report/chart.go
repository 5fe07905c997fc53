// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// The chart's measures, in pixels.
const (
	rowHeight  = 22
	labelWidth = 250
	barWidth   = 520
	rightWidth = 170
	headHeight = 78
)

// bar is one row of the chart.
type bar struct {
	label, note  string
	ratio, floor float64 // the share of the yardstick, and what it must be; 0: nothing
	ok           bool
}

// SVG draws, for each engine at its largest size, the ratio of every operation
// to the yardstick it is held against, with a mark where its target is.
func (r *Report) SVG() string {
	b := &strings.Builder{}
	y := headHeight
	for _, engine := range []string{SQLite, Postgres} {
		size, bars := r.bars(engine)
		if len(bars) == 0 {
			continue
		}
		fmt.Fprintf(b, `<text x="16" y="%d" class="engine">%s, %s organizations</text>`+"\n", y,
			html.EscapeString(engine), count(size))
		y += 12
		grid(b, y, len(bars))
		for _, one := range bars {
			one.draw(b, y)
			y += rowHeight
		}
		y += 44
	}
	width := labelWidth + barWidth + rightWidth
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12">
<style>.title{font-size:17px;font-weight:600}.engine{font-size:14px;font-weight:600}.label{text-anchor:end}.grid{stroke:#ddd}.quiet{fill:#666}</style>
<rect width="%d" height="%d" fill="#fff"/>
<text x="16" y="28" class="title">Gatehouse beside its yardsticks</text>
<text x="16" y="48" class="quiet">Share of the yardstick's rate, in the same run on the same machine. Black mark: the target. Blue: met, orange: missed, grey: no target. Bars end at 125 %%.</text>
%s</svg>
`, width, y, width, y, width, y, b.String())
}

// bars are the rows of an engine at its largest size.
func (r *Report) bars(engine string) (size int, list []bar) {
	for _, l := range r.Lines {
		if l.Engine == engine {
			size = max(size, l.Size)
		}
	}
	seen := map[string]bool{}
	for _, l := range r.Lines {
		if l.Engine != engine || l.Size != size || seen[l.Operation] {
			continue
		}
		seen[l.Operation] = true
		for _, yardstick := range []string{Bare, Driver, Pgbench} {
			l := r.shown(l, yardstick)
			ratio, floor := share(l, yardstick), floorOf(l, yardstick)
			// Held against nothing, the bare handler is drawn only where nothing else is.
			if ratio == 0 || yardstick == Bare && floor == 0 && len(l.Yardsticks) > 1 {
				continue
			}
			note := fmt.Sprintf("%.0f %% · %s/s", 100*ratio, number(l.Rate))
			list = append(list, bar{label: l.Operation + " / " + yardstick, note: note, ratio: ratio, floor: floor,
				ok: ratio >= floor})
		}
	}
	return size, list
}

// shown is the line of the operation with the number of connections its target
// is about, or else with the most.
func (r *Report) shown(like Line, yardstick string) Line {
	best := like
	for _, l := range r.Lines {
		if l.Engine != like.Engine || l.Size != like.Size || l.Operation != like.Operation {
			continue
		}
		if floorOf(l, yardstick) > 0 {
			return l
		}
		if l.Connections > best.Connections {
			best = l
		}
	}
	return best
}

// targetOf is the line's target against a yardstick, if there is one.
func targetOf(l Line, yardstick string) (target, bool) {
	for _, t := range targets() {
		if t.times > 0 && l.Size < TargetSize {
			continue // it says nothing there
		}
		if t.engine == l.Engine && t.connections == l.Connections && t.yardstick == yardstick &&
			slices.Contains(t.operations, l.Operation) {
			return t, true
		}
	}
	return target{}, false
}

// floorOf is what the line's share of a yardstick must be; 0: anything.
func floorOf(l Line, yardstick string) float64 {
	t, ok := targetOf(l, yardstick)
	if ok && t.times > 0 {
		return 1 / t.times
	}
	return t.ratio
}

// share is what is drawn: the ratio of rates or, where the target is about them,
// of medians.
func share(l Line, yardstick string) float64 {
	t, ok := targetOf(l, yardstick)
	if y := l.Yardsticks[yardstick]; ok && t.times > 0 && l.P50 > 0 {
		return float64(y.P50) / float64(l.P50)
	}
	return l.Ratio(yardstick)
}

// full is the ratio at the right end of the scale; longer bars are cut there.
const full = 1.25

func grid(b *strings.Builder, y, rows int) {
	for percent := 0; percent <= 125; percent += 25 {
		x := at(float64(percent) / 100)
		fmt.Fprintf(b,
			`<line x1="%d" y1="%d" x2="%d" y2="%d" class="grid"/><text x="%d" y="%d" text-anchor="middle" class="quiet">%d %%</text>`+"\n",
			x, y, x, y+rows*rowHeight, x, y+rows*rowHeight+14, percent)
	}
}

func at(ratio float64) int { return labelWidth + int(min(ratio, full)/full*barWidth) }

func (r bar) draw(b *strings.Builder, y int) {
	colour := "#3b76c4"
	switch {
	case !r.ok:
		colour = "#d9822b"
	case r.floor == 0:
		colour = "#9aa5b1"
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" class="label">%s</text>`, labelWidth-10, y+15,
		html.EscapeString(r.label))
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`, labelWidth, y+4,
		max(1, at(r.ratio)-labelWidth), rowHeight-8, colour)
	if r.floor > 0 {
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="3" height="%d" fill="#111"/>`, at(r.floor)-1, y+1, rowHeight-2)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", max(at(r.ratio), at(r.floor))+8, y+15,
		html.EscapeString(r.note))
}
