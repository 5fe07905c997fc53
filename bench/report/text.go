// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Text writes the report for people.
func (r *Report) Text(w io.Writer) error {
	b := &strings.Builder{}
	type stage struct {
		engine string
		size   int
	}
	shown := map[stage]bool{}
	for _, l := range r.Lines {
		if s := (stage{l.Engine, l.Size}); !shown[s] {
			shown[s] = true
			r.lines(b, s.engine, s.size)
		}
	}
	r.facts(b)
	r.growth(b)
	for _, s := range r.Skipped {
		fmt.Fprintf(b, "\nskipped: %s\n", s)
	}
	r.summary(b)
	_, err := io.WriteString(w, b.String())
	return err
}

// summary lists what was missed. Only what was measured at the size the targets
// are about can miss them.
func (r *Report) summary(b *strings.Builder) {
	missed, below := r.Missed()
	fmt.Fprintf(b, "\n%d targets missed.", len(missed))
	if !r.AtTargetSize() {
		fmt.Fprintf(b, " They are about %s organizations, which was not measured.", count(TargetSize))
	}
	fmt.Fprintln(b)
	for _, m := range missed {
		fmt.Fprintf(b, "  MISSED  %s\n", m)
	}
	if len(below) > 0 {
		fmt.Fprintf(b, "\n%d below at a smaller size:\n", len(below))
	}
	for _, m := range below {
		fmt.Fprintf(b, "  below  %s\n", m)
	}
}

// table aligns cells to the right of a title; a row is cells between tabs.
func table(b *strings.Builder, title string, rows func(w io.Writer)) {
	fmt.Fprintf(b, "\n%s\n\n", title)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows(t)
	_ = t.Flush() // a Builder takes everything
}

func (r *Report) lines(b *strings.Builder, engine string, size int) {
	title := fmt.Sprintf("%s, %s organizations and as many requests (medians of %d)", engine, count(size),
		r.Turns)
	table(b, title, func(w io.Writer) {
		fmt.Fprint(w,
			"operation\tconns\treq/s\tp50\tp99\tof bare\tof driver\tof pgbench\tCPU/req\tbytes/req\ttarget\t\t\n")
		for _, l := range r.Lines {
			if l.Engine != engine || l.Size != size {
				continue
			}
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", l.Operation, l.Connections,
				number(l.Rate), short(l.P50), short(l.P99),
				percent(l.Ratio(Bare)), percent(l.Ratio(Driver)), percent(l.Ratio(Pgbench)), short(l.CPU),
				number(l.Bytes), verdicts(l.Verdicts))
		}
	})
	for _, l := range r.Lines {
		if l.Engine != engine || l.Size != size {
			continue
		}
		if l.Bottleneck {
			fmt.Fprintf(b, "  %s, %d: the generator is the bottleneck (%.0f %% of the CPU used)\n", l.Operation,
				l.Connections, 100*l.Generator)
		}
		if r := l.Ratio(Enrol); r > 0 {
			fmt.Fprintf(b, "  %s, %d: %s of %s over many organizations\n", l.Operation, l.Connections, percent(r),
				Enrol)
		}
		if l.Note != "" {
			fmt.Fprintf(b, "  %s, %d: %s\n", l.Operation, l.Connections, l.Note)
		}
		if l.Statement != "" && strings.HasPrefix(l.Operation, "offset-") {
			fmt.Fprintf(b, "  %s, the driver's: %s\n", l.Operation, l.Statement)
		}
	}
}

func (r *Report) facts(b *strings.Builder) {
	if len(r.Facts) == 0 {
		return
	}
	table(b, "Besides", func(w io.Writer) {
		for _, f := range r.Facts {
			fmt.Fprintf(w, "%s\t%s\t%.4g %s\t%s\t\n", f.where(), f.Name, f.Value, f.Unit, verdicts(f.Verdicts))
		}
	})
	for _, f := range r.Facts {
		if f.Text != "" {
			fmt.Fprintf(b, "  %s, %s: %s\n", f.where(), f.Name, f.Text)
		}
	}
}

func (r *Report) growth(b *strings.Builder) {
	if len(r.Growth) == 0 {
		return
	}
	table(b, "Growth of the median, judged with one connection: with more it is mostly the time in the queue",
		func(w io.Writer) {
			fmt.Fprint(w, "engine\toperation\torganizations\tconns\tp50\tconns\tp50\ttarget\t\t\n")
			for _, g := range r.Growth {
				loaded := "·\t·"
				if g.Most > g.Connections {
					loaded = fmt.Sprintf("%d\t× %.2f", g.Most, g.Loaded)
				}
				fmt.Fprintf(w, "%s\t%s\t%s → %s\t%d\t× %.2f\t%s\t%s\t\n", g.Engine, g.Operation, count(g.From),
					count(g.To), g.Connections, g.Factor, loaded, verdicts([]Verdict{g.Verdict}))
			}
		})
}

// verdicts is the targets' cell and the judgement's.
func verdicts(list []Verdict) string {
	var wanted []string
	judgement := "ok"
	for _, v := range list {
		wanted = append(wanted, v.Target)
		switch {
		case v.OK:
		case v.Counts:
			judgement = "MISSED"
		default:
			judgement = "below"
		}
	}
	if len(list) == 0 {
		return "\t"
	}
	return strings.Join(wanted, ", ") + "\t" + judgement
}

func percent(ratio float64) string {
	if ratio == 0 {
		return "·"
	}
	return fmt.Sprintf("%.0f %%", 100*ratio)
}

// count writes a whole number with its thousands apart.
func count(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func number(v float64) string {
	if v == 0 {
		return "·"
	}
	if v < 100 {
		return fmt.Sprintf("%.3g", v)
	}
	return count(int(v + 0.5))
}

// short keeps three digits of a duration.
func short(d time.Duration) string {
	if d == 0 {
		return "·"
	}
	for _, unit := range []struct {
		d    time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d >= unit.d {
			return fmt.Sprintf("%.3g %s", float64(d)/float64(unit.d), unit.name)
		}
	}
	return fmt.Sprintf("%d ns", d)
}
