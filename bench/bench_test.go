// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/bench/load"
	"gatehouse/bench/report"
)

func TestParse(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "gatehouse")
	if err := os.WriteFile(binary, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	o, err := parse([]string{"-binary", binary, "-sizes", "2000,1_000", "-engines", "sqlite", "-only", "^walk$"})
	if err != nil || len(o.sizes) != 2 || o.sizes[0] != 1000 || o.only.MatchString("walking") || o.budget != 0 ||
		o.duration <= 0 {
		t.Errorf("got %+v, %v", o, err)
	}
	if got := o.clientsAt(2000); got != 2000 {
		t.Errorf("%d clients for 2000 organizations", got)
	}
	if o, err = parse([]string{"-binary", binary, "-clients", "5000"}); err != nil ||
		o.clientsAt(10_000) != 5000 {
		t.Errorf("got %+v, %v", o, err)
	}
	if o, err = parse([]string{"-binary", binary, "-full"}); err != nil || len(o.sizes) != 3 ||
		o.budget > 30*time.Minute {
		t.Errorf("got %+v, %v", o, err)
	}
	for _, wrong := range []string{"-sizes=10", "-engines=oracle", "-only=(", "-turns=0", "-nothing", "more",
		"-clients=10", "-clients=-1"} {
		if _, err := parse([]string{"-binary", binary, wrong}); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

// TestStageTime: a full run fits its half hour by what is expected of it.
func TestStageTime(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "gatehouse")
	if err := os.WriteFile(binary, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		most time.Duration
	}{{nil, 3 * time.Minute}, {[]string{"-full"}, 30 * time.Minute}, {[]string{"-full", "-profile"},
		30 * time.Minute}} {
		o, err := parse(append(c.args, "-binary", binary))
		if err != nil {
			t.Fatal(err)
		}
		p := newProgress(os.Stderr, o)
		if got := time.Duration(p.all * float64(time.Second)); got > c.most || got < c.most/10 {
			t.Errorf("%v: expected to take %v, which is not right for %v", c.args, got, c.most)
		} else {
			t.Logf("%v: %v expected", c.args, got.Round(time.Second))
		}
	}
}

// TestPace: time is short by what is left at the pace seen, filling and measuring apart.
func TestPace(t *testing.T) {
	t.Parallel()
	p := &progress{begun: time.Now().Add(-100 * time.Second), all: 300, budget: 405 * time.Second,
		filling: pace{all: 100}, measuring: pace{all: 200}}
	p.took(&p.filling, 50, 100*time.Second) // twice as slow as expected: 100 and 200 are left
	if p.short() || p.over(0) || !p.over(306) {
		t.Errorf("short %v, over %v and %v with 305 seconds for 300", p.short(), p.over(0), p.over(306))
	}
	p.took(&p.measuring, 20, 30*time.Second) // and so is measuring: 100 and 270 are left
	if !p.short() {
		t.Error("370 seconds are said to fit in 305")
	}
	p.budget = 0
	if p.short() || p.over(1e9) {
		t.Error("short of time without a budget")
	}
}

// TestSkip: what is left out is expected no more, whichever engine it was of.
func TestSkip(t *testing.T) {
	t.Parallel()
	p := &progress{all: 60, filling: pace{all: 24}, measuring: pace{all: 36}}
	for range 4 {
		p.perStage = append(p.perStage, expected{6, 9})
	}
	p.skip(1)
	p.skip(2)
	if p.all != 15 || p.filling.left() != 6 || p.measuring.left() != 9 {
		t.Errorf("got %+v, want one stage left", p)
	}
}

// TestOperations: what the table of targets names is an operation here, or a chapter.
func TestOperations(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, op := range operations() {
		if seen[op.name] || op.plan == nil {
			t.Errorf("%s is there twice, or without a plan", op.name)
		}
		seen[op.name] = true
	}
	for _, op := range operations() {
		if op.beside != "" && !seen[op.beside] {
			t.Errorf("%s is compared with %q, which is not there", op.name, op.beside)
		}
	}
	seen["walk"], seen["offset-90"], seen["offset-90-oldest"] = true, true, true
	for _, name := range report.Targeted() {
		if !seen[name] {
			t.Errorf("there is a target for %q, which is not measured", name)
		}
	}
}

func TestParseAgainst(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "gatehouse")
	if err := os.WriteFile(binary, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if o, err := parse([]string{"-binary", binary, "-against", binary}); err != nil || o.against != binary {
		t.Errorf("got %q, %v", o.against, err)
	}
	if _, err := parse([]string{"-binary", binary, "-against", binary + "-older"}); err == nil ||
		!strings.Contains(err.Error(), "-against") {
		t.Errorf("a build that is not there: %v", err)
	}
}

// The median of the ratios of the turns, not the ratio of two medians.
func TestRatio(t *testing.T) {
	t.Parallel()
	if got := ratio([]time.Duration{2, 6, 4}, []time.Duration{1, 2, 8}); got != 2 {
		t.Errorf("got %v, want 2", got)
	}
}

func TestPaired(t *testing.T) {
	t.Parallel()
	figures := func(rates ...float64) (list []report.Figure) {
		for _, rate := range rates {
			list = append(list, report.Figure{Rate: rate})
		}
		return list
	}
	// The second turn had half of the machine: the ratio does not show it.
	if got := paired(figures(500, 200, 520), figures(1000, 400, 1300), rate); got != 0.5 {
		t.Errorf("got %v, want 0.5", got)
	}
	if got := paired(figures(500), figures(0), rate); got != 0 {
		t.Errorf("got %v of nothing, want 0", got)
	}
}

func TestShares(t *testing.T) {
	t.Parallel()
	u := resources{server: 30, own: 60, busy: 110, machine: 120}
	if got := u.share(); got < 0.54 || got > 0.55 || !u.bottleneck() {
		t.Errorf("the generator has %v, bottleneck %v", got, u.bottleneck())
	}
	if got := u.others(); got < 0.16 || got > 0.17 {
		t.Errorf("others have %v, want a sixth", got)
	}
	idle := resources{server: 30, own: 60, busy: 90, machine: 200}
	if idle.bottleneck() {
		t.Error("a machine that has time left is taken for saturated")
	}
}

func TestPageOf(t *testing.T) {
	t.Parallel()
	answer := func(text string) *load.Response { return &load.Response{Status: 200, Body: []byte(text)} }
	for _, c := range []struct {
		name                 string
		total, limit, offset int
		body                 string
		right                bool
	}{
		{"as it should be", 2, 50, 0, `{"total":2,"items":[{"status":"new"},{"status":"new"}]}`, true},
		{"another total", 3, 50, 0, `{"total":2,"items":[{"status":"new"},{"status":"new"}]}`, false},
		{"a total that only begins alike", 2, 50, 0, `{"total":20,"items":[{"status":"new"},{"status":"new"}]}`,
			false},
		{"an item missing", 2, 50, 0, `{"total":2,"items":[{"status":"new"}]}`, false},
		{"the last page", 7, 5, 5, `{"total":7,"items":[{"status":"new"},{"status":"new"}]}`, true},
		{"behind the end", 7, 5, 10, `{"total":7,"items":[]}`, true},
	} {
		if err := pageOf(c.total, c.limit, c.offset)(answer(c.body)); (err == nil) != c.right {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

// TestCallCatchesWrongAnswers: from the wire up to the run's error.
func TestCallCatchesWrongAnswers(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%100 == 0 {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	t.Cleanup(s.Close)
	o := load.Options{Addresses: []string{s.Listener.Addr().String()}, Connections: 3, Measure: time.Minute}
	_, err := load.Run(t.Context(), o, load.Always(load.NewExchange("GET", "/", "", has())))
	if err == nil || !strings.Contains(err.Error(), "status 418") {
		t.Errorf("got %v, want the wrong status", err)
	}
}
