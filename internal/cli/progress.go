// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"gatehouse/internal/bulk"
	"gatehouse/internal/terminal"
)

// progress shows how far many lines are: on a terminal by a bar, elsewhere by a line every few seconds.
type progress struct {
	out   io.Writer
	width int // of the terminal; 0: there is none
	quiet bool
	begun time.Time
	shown time.Time
	drawn bool
}

const (
	betweenBars  = 100 * time.Millisecond
	betweenLines = 5 * time.Second
)

func newProgress(out io.Writer, quiet bool) *progress {
	now := time.Now()
	p := &progress{out: out, quiet: quiet, begun: now, shown: now}
	if terminal.Is(out) {
		p.width = terminal.Width(out)
	}
	return p
}

// show shows the state, if it was not shown a moment ago.
func (p *progress) show(s bulk.Stats) {
	now := time.Now()
	wait := betweenLines
	if p.width > 0 {
		wait = betweenBars
	}
	if p.quiet || now.Sub(p.shown) < wait {
		return
	}
	p.shown = now
	p.draw(s, now)
}

func (p *progress) draw(s bulk.Stats, now time.Time) {
	text := p.text(s, now)
	if p.width == 0 {
		_, _ = fmt.Fprintln(p.out, text) // what cannot be shown does not stop the work
		return
	}
	p.drawn = true
	_, _ = fmt.Fprintf(p.out, "\r%s\x1b[K", bar(s, text, p.width-1))
}

// text says how far it is.
func (p *progress) text(s bulk.Stats, now time.Time) string {
	text := fmt.Sprintf("%d of %d lines", s.Next, s.Lines)
	if s.Refused > 0 {
		text += fmt.Sprintf(", %d refused", s.Refused)
	}
	took := now.Sub(p.begun).Seconds()
	if rate := float64(s.Next-s.Before) / max(took, 0.001); rate >= 1 {
		left := time.Duration(float64(s.Lines-s.Next)/rate) * time.Second
		text += fmt.Sprintf(", %.0f a second, %s left", rate, left)
	}
	return text
}

// bar puts a bar before a text, if there is room for both, and cuts a text for which there is no room.
func bar(s bulk.Stats, text string, width int) string {
	const least, most = 10, 40
	if room := min(width-len(text)-3, most); room >= least {
		full := int(int64(room) * s.Next / max(s.Lines, 1))
		return "[" + strings.Repeat("#", full) + strings.Repeat(".", room-full) + "] " + text
	}
	return text[:min(len(text), max(width, 0))]
}

// end shows the last state of a bar, and leaves its line.
func (p *progress) end(s bulk.Stats) {
	if p.drawn {
		p.draw(s, time.Now())
		_, _ = fmt.Fprintln(p.out)
	}
}
