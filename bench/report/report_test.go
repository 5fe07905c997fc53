// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	same := func(v int) float64 { return float64(v) }
	for _, c := range []struct {
		turns []int
		want  int
	}{{[]int{5}, 5}, {[]int{3, 1, 2}, 2}, {[]int{9, 1}, 1}, {[]int{1, 100, 2, 99, 3}, 3}} {
		if got := Median(c.turns, same); got != c.want {
			t.Errorf("median of %v: got %d, want %d", c.turns, got, c.want)
		}
	}
}

// line makes one with a rate, a median and yardsticks of 1000 a second.
func line(engine, operation string, connections int, rate float64, p50 time.Duration,
	yardsticks ...string) Line {
	l := Line{Engine: engine, Size: 10_000, Operation: operation, Connections: connections,
		Figure: Figure{Rate: rate, P50: p50, P99: 2 * p50}, Yardsticks: map[string]Figure{}}
	for _, y := range yardsticks {
		l.Yardsticks[y] = Figure{Rate: 1000, P50: time.Millisecond, P99: time.Millisecond}
	}
	return l
}

func million(l Line) Line {
	l.Size = TargetSize
	return l
}

func TestTargets(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		line Line
		want string // the verdicts: o met, x missed
	}{
		{"a read at its target", line(SQLite, "verify", 64, 450, ms, Bare), "o"},
		{"a read below it", line(SQLite, "verify", 64, 449, ms, Bare), "x"},
		{"with other connections there is none", line(SQLite, "verify", 16, 1, ms, Bare), ""},
		{"without the yardstick there is none", line(SQLite, "verify", 64, 1, ms), ""},
		{"of another yardstick there is none", line(SQLite, "verify", 64, 1, ms, Driver), ""},
		{"an unknown operation", line(SQLite, "other", 64, 1, ms, Bare, Driver, Pgbench), ""},
		{"a write", line(SQLite, "generate", 64, 600, ms, Bare, Driver), "o"},
		{"a slow write", line(SQLite, "approve", 64, 590, ms, Bare, Driver), "x"},
		{"a write on PostgreSQL", line(Postgres, "generate", 64, 690, ms, Driver, Pgbench), "x"},
		{"one code beside many", line(SQLite, "enrol-one-code", 64, 600, ms, Enrol), "o"},
		{"one code that is too slow", line(Postgres, "enrol-one-code", 64, 599, ms, Enrol, Driver), "x"},
		{"an enrolment", line(SQLite, "enrol", 64, 600, ms, Bare, Driver), "oo"},
		{"a read on PostgreSQL", line(Postgres, "organization", 64, 700, ms, Bare, Driver), "o"},
		{"a search", line(SQLite, "list-co-rare", 1, 1, 9*ms), "oo"},
		{"a search as slow as the limit", line(SQLite, "list-co-rare", 1, 1, 10*ms), "xo"},
		{"a search with a slow tail", line(SQLite, "list-or", 1, 1, 30*ms), "xx"},
		{"a walk at a third", line(SQLite, "walk", 1, 334, ms, Driver), "o"},
		{"a walk below", line(SQLite, "walk", 1, 333, ms, Driver), "x"},
		{"a deep page", million(line(SQLite, "offset-90", 1, 1, 1500*time.Microsecond, Driver)), "o"},
		{"a slow deep page", million(line(SQLite, "offset-90", 1, 1, 1501*time.Microsecond, Driver)), "x"},
		{"a slow deep page of few is not judged", line(SQLite, "offset-90", 1, 1, time.Hour, Driver), ""},
	} {
		var got strings.Builder
		for _, v := range judgeLine(c.line) {
			got.WriteString(map[bool]string{true: "o", false: "x"}[v.OK])
		}
		if got.String() != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got.String(), c.want)
		}
	}
}

func TestRatioTurnByTurn(t *testing.T) {
	t.Parallel()
	l := line(SQLite, "verify", 64, 900, time.Millisecond, Bare)
	if got := l.Ratio(Bare); got != 0.9 {
		t.Errorf("got %v of the medians, want 0.9", got)
	}
	l.Ratios = map[string]float64{Bare: 0.3}
	if got := l.Ratio(Bare); got != 0.3 {
		t.Errorf("got %v, want the one turn by turn, 0.3", got)
	}
	if got := l.Ratio(Driver); got != 0 {
		t.Errorf("got %v of what was not measured, want 0", got)
	}
}

func TestEachOperationHasOneTargetOfAYardstick(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, target := range targets() {
		for _, o := range target.operations {
			if key := target.engine + " " + o + " " + target.yardstick; seen[key] {
				t.Errorf("%q has two", key)
			} else {
				seen[key] = true
			}
		}
		if (target.ratio > 0 || target.times > 0) != (target.yardstick != "") {
			t.Errorf("%v: a ratio needs a yardstick, and the other way round", target.operations)
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact Fact
		want string
	}{
		{Fact{Engine: SQLite, Name: FactIdle, Value: 35}, "o"},
		{Fact{Engine: SQLite, Name: FactIdle, Value: 35.1}, "x"},
		{Fact{Engine: Postgres, Name: FactIdle, Value: 99}, ""},
		{Fact{Name: FactBinary, Value: 36}, "x"},
		{Fact{Engine: SQLite, Name: FactStorm, Value: 0.7}, "o"},
		{Fact{Engine: Postgres, Name: FactStorm, Value: 0.69}, "x"},
		{Fact{Engine: Postgres, Name: FactReplicas + "writes", Value: 0.84}, "x"},
		{Fact{Engine: Postgres, Name: FactRevocation, Value: 900}, "o"},
		{Fact{Engine: Postgres, Name: FactRollout + "rollout", Value: 251, Counts: true}, "x"},
		{Fact{Engine: SQLite, Name: FactRolloutMemory + "rollout", Value: 250}, "o"},
		{Fact{Engine: SQLite, Name: FactRetryAfter + ", a thousand connections", Value: 0.99}, "x"},
		{Fact{Engine: SQLite, Name: "anything", Value: 1}, ""},
	} {
		var got strings.Builder
		for _, v := range judgeFact(c.fact) {
			got.WriteString(map[bool]string{true: "o", false: "x"}[v.OK])
		}
		if got.String() != c.want {
			t.Errorf("%s %v: got %q, want %q", c.fact.Name, c.fact.Value, got.String(), c.want)
		}
	}
}

// grown is a report of one operation at two sizes.
func grown(operation string, factor float64) *Report {
	small, large := line(SQLite, operation, 1, 100, time.Millisecond), line(SQLite, operation, 1, 100,
		time.Duration(factor*float64(time.Millisecond)))
	r := &Report{Turns: 3, Lines: []Line{small, million(large)}}
	r.Judge()
	return r
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		operation string
		factor    float64
		ok        bool
	}{{"request", 1.29, true}, {"request", 1.31, false}, {"offset-90", 50, true}} {
		r := grown(c.operation, c.factor)
		if len(r.Growth) != 1 || r.Growth[0].Verdict.OK != c.ok || r.Growth[0].From != 10_000 ||
			r.Growth[0].To != 1_000_000 {
			t.Errorf("%s × %v: got %+v, want one that is ok: %v", c.operation, c.factor, r.Growth, c.ok)
		}
	}
	r := grown("request", 1.5)
	r.Lines[1].Growth = 1.2
	if r.Judge(); r.Growth[0].Factor != 1.2 || !r.Growth[0].Verdict.OK {
		t.Errorf("got %+v, want what was measured in turn", r.Growth)
	}
	r = grown("list-status", 1)
	r.Lines = append(r.Lines, line(SQLite, "list-status", 64, 10, time.Millisecond),
		million(line(SQLite, "list-status", 64, 10, 2*time.Millisecond)))
	if r.Judge(); len(r.Growth) != 1 || r.Growth[0].Factor != 1 || r.Growth[0].Loaded != 2 ||
		r.Growth[0].Most != 64 || !r.Growth[0].Verdict.OK {
		t.Errorf("got %+v, want the growth with one connection, and beside it with 64", r.Growth)
	}
	r.Lines = r.Lines[2:]
	if r.Judge(); len(r.Growth) != 1 || r.Growth[0].Factor != 2 || r.Growth[0].Verdict.Want != 0 {
		t.Errorf("got %+v, want growth with 64 connections alone not to be judged", r.Growth)
	}
}

// full is a report with some of everything.
func fullReport() *Report {
	r := grown("verify", 2)
	slow := line(SQLite, "verify", 64, 100, time.Millisecond, Bare)
	deep := line(SQLite, "offset-90", 1, 100, time.Millisecond, Driver)
	deep.Statement = "SELECT the best"
	r.Lines = append(r.Lines, slow, million(slow), deep, line(Postgres, "generate", 64, 800, time.Millisecond,
		Driver, Pgbench), line(SQLite, "<&>", 16, 5000, time.Millisecond, Bare))
	r.Facts = []Fact{{Name: FactBinary, Value: 28, Unit: "MB"}, {Engine: SQLite, Size: 10_000, Name: FactIdle,
		Value: 50, Unit: "MB", Text: "much"}}
	r.Skipped = []string{"something"}
	r.Judge()
	return r
}

func TestText(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := fullReport().Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1,000,000", "MISSED", "of pgbench", "skipped: something", "80 %", "× 2.00",
		"50 MB", "2 targets missed.\n", "2 below at a smaller size",
		"offset-90, the driver's: SELECT the best"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text does not hold %q:\n%s", want, b.String())
		}
	}
}

// TestSummaryOfFew: at another size than the targets are about, nothing is missed.
func TestSummaryOfFew(t *testing.T) {
	t.Parallel()
	r := &Report{Lines: []Line{line(SQLite, "verify", 64, 100, time.Millisecond, Bare)}}
	r.Judge()
	var b strings.Builder
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\n0 targets missed. They are about 1,000,000 organizations, which was not measured.", "1 below at a smaller size", "below  sqlite 10,000 verify"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text does not hold %q:\n%s", want, b.String())
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	b, err := fullReport().JSON()
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(b, &back); err != nil || len(back.Lines) != 7 || back.Lines[0].Rate != 100 ||
		back.Lines[0].P50 != time.Millisecond {
		t.Errorf("got %v, %+v", err, back)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "·", 12: "12 ns", 1500: "1.5 µs",
		12345 * time.Microsecond: "12.3 ms", 2 * time.Second: "2 s"} {
		if got := short(d); got != want {
			t.Errorf("%d: got %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	for v, want := range map[float64]string{0: "·", 8.5: "8.5", 99.95: "100", 1234.5: "1,235"} {
		if got := number(v); got != want {
			t.Errorf("%v: got %q, want %q", v, got, want)
		}
	}
}
