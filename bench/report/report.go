// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The names of the yardsticks.
const (
	Bare    = "bare"    // a net/http handler that only answers
	Driver  = "driver"  // the same SQL straight on the driver
	Pgbench = "pgbench" // the same SQL in pgbench
	Enrol   = "enrol"   // the same over many organizations, for what is done to one
)

// The names of the engines.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Figure is how fast something was.
type Figure struct {
	Rate float64       `json:"per_second"`
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
}

// Line is one operation at one size with one number of connections.
type Line struct {
	Engine      string `json:"engine"`
	Size        int    `json:"organizations"`
	Operation   string `json:"operation"`
	Connections int    `json:"connections"`
	Figure
	CPU        time.Duration      `json:"server_cpu_ns"` // of the server, per request
	Bytes      float64            `json:"bytes"`         // allocated, per request
	Generator  float64            `json:"generator"`     // its share of the CPU that it and the server used
	Bottleneck bool               `json:"generator_is_bottleneck"`
	Yardsticks map[string]Figure  `json:"yardsticks"`
	Ratios     map[string]float64 `json:"ratios,omitempty"` // of rates, the median of those turn by turn
	// of the p50 over the smallest size's, where both were measured in turn
	Growth    float64   `json:"growth,omitempty"`
	Verdicts  []Verdict `json:"verdicts,omitempty"`
	Statement string    `json:"statement,omitempty"` // the driver's, where it is one
	Note      string    `json:"note,omitempty"`
}

// Ratio is the line's rate over a yardstick's, turn by turn where there were
// turns; 0 when that was not measured.
func (l Line) Ratio(yardstick string) float64 {
	if ratio, ok := l.Ratios[yardstick]; ok {
		return ratio
	}
	y := l.Yardsticks[yardstick]
	if y.Rate == 0 {
		return 0
	}
	return l.Rate / y.Rate
}

// Fact is a figure that is no operation's rate.
type Fact struct {
	Engine   string    `json:"engine"`
	Size     int       `json:"organizations"`
	Name     string    `json:"name"`
	Value    float64   `json:"value"`
	Unit     string    `json:"unit"`
	Text     string    `json:"text,omitempty"`   // what else there is to say
	Counts   bool      `json:"counts,omitempty"` // its limits hold with any number of organizations
	Verdicts []Verdict `json:"verdicts,omitempty"`
}

// where is the engine and the size, where the fact is about one.
func (f Fact) where() string {
	if f.Engine == "" {
		return ""
	}
	return f.Engine + " " + count(f.Size)
}

// Verdict is a target and whether it was met. One that does not count was held
// against fewer organizations than the targets are about.
type Verdict struct {
	Target string  `json:"target"`
	Got    float64 `json:"got"`
	Want   float64 `json:"want"`
	OK     bool    `json:"ok"`
	Counts bool    `json:"counts"`
}

// counting marks verdicts as of a size.
func counting(list []Verdict, counts bool) []Verdict {
	for i := range list {
		list[i].Counts = counts
	}
	return list
}

// Growth is how much longer an operation's median takes at a size than at the
// smallest: with the fewest connections, and with the most.
type Growth struct {
	Engine      string  `json:"engine"`
	Operation   string  `json:"operation"`
	From        int     `json:"from"`
	To          int     `json:"to"`
	Connections int     `json:"connections"`
	Factor      float64 `json:"factor"`
	Most        int     `json:"most_connections"`
	Loaded      float64 `json:"loaded_factor"` // with the most
	Verdict     Verdict `json:"verdict"`
}

// Report is everything.
type Report struct {
	At      time.Time     `json:"at"`
	Took    time.Duration `json:"took_ns"`
	Machine any           `json:"machine"`
	Turns   int           `json:"turns"`
	Lines   []Line        `json:"lines"`
	Facts   []Fact        `json:"facts"`
	Growth  []Growth      `json:"growth"`
	Skipped []string      `json:"skipped,omitempty"`
}

// Judge holds all there is against the targets, and works out the growth.
// It may run again after more was added.
func (r *Report) Judge() {
	r.Growth = nil
	for i := range r.Lines {
		r.Lines[i].Verdicts = judgeLine(r.Lines[i])
	}
	for i := range r.Facts {
		r.Facts[i].Verdicts = judgeFact(r.Facts[i])
	}
	r.Growth = grow(r.Lines)
}

// Missed lists the targets that were not met at the size that counts, and
// separately those that would not have been at a smaller one.
func (r *Report) Missed() (missed, below []string) {
	add := func(where string, verdicts ...Verdict) {
		for _, v := range verdicts {
			switch {
			case v.OK:
			case v.Counts:
				missed = append(missed, where+": "+v.Target)
			default:
				below = append(below, where+": "+v.Target)
			}
		}
	}
	for _, l := range r.Lines {
		add(l.Engine+" "+count(l.Size)+" "+l.Operation, l.Verdicts...)
	}
	for _, f := range r.Facts {
		add(strings.TrimSpace(f.where()+" "+f.Name), f.Verdicts...)
	}
	for _, g := range r.Growth {
		add(g.Engine+" "+g.Operation+" from "+count(g.From)+" to "+count(g.To), g.Verdict)
	}
	return slices.Compact(missed), slices.Compact(below)
}

// AtTargetSize reports whether anything was measured at the size that counts.
func (r *Report) AtTargetSize() bool {
	return slices.ContainsFunc(r.Lines, func(l Line) bool { return l.Size >= TargetSize })
}

// JSON is the report for programs.
func (r *Report) JSON() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }

// Median returns the median of turns: of an even number the lower one of the middle.
func Median[T any](turns []T, by func(T) float64) T {
	sorted := slices.SortedFunc(slices.Values(turns), func(a, b T) int {
		switch x, y := by(a), by(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return sorted[(len(sorted)-1)/2]
}
