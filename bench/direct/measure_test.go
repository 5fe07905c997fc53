// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestMeasure(t *testing.T) {
	t.Parallel()
	left := 30
	groups := func() (int, error) {
		if left == 0 {
			return 0, errDone
		}
		left--
		time.Sleep(time.Millisecond)
		return 10, nil
	}
	r, err := measure(t.Context(), time.Minute, []work{groups})
	if err != nil || r.Requests != 300 || r.P50 < time.Millisecond || r.P99 < r.P50 || r.Elapsed > 30*time.Second {
		t.Errorf("got %+v, %v", r, err)
	}
	broken := errors.New("broken")
	r, err = measure(t.Context(), time.Minute, []work{func() (int, error) { return 1, broken }})
	if !errors.Is(err, broken) || r.Requests != 0 || r.Errors != maxErrors {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	var list []sample
	for i := 100; i > 0; i-- {
		list = append(list, sample{time.Duration(i), 1})
	}
	for share, want := range map[float64]time.Duration{0.5: 50, 0.99: 99} {
		if got := quantile(list, share); got != want {
			t.Errorf("%v: got %d, want %d", share, got, want)
		}
	}
	if got := quantile([]sample{{1, 1}, {9, 100}}, 0.5); got != 9 {
		t.Errorf("got %d, want the one that stands for most", got)
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("got %d of nothing", got)
	}
}

func TestRemembers(t *testing.T) {
	t.Parallel()
	var y tally
	for i := range 3 * kept {
		y.remember(time.Duration(i))
	}
	if got := y.samples(); len(got) != kept || got[0].weight != 3 {
		t.Errorf("got %d samples of weight %v", len(got), got[0].weight)
	}
}

func TestEvenly(t *testing.T) {
	t.Parallel()
	if s, err := evenly([]int64{5, 9, 13}); err != nil || s != (ids{5, 4, 3}) || s.last() != 13 {
		t.Errorf("got %+v, %v", s, err)
	}
	for _, list := range [][]int64{nil, {1}, {1, 2, 4}} {
		if _, err := evenly(list); err == nil {
			t.Errorf("%v is taken for even", list)
		}
	}
}

func TestParseOutput(t *testing.T) {
	t.Parallel()
	const said = "number of transactions actually processed: 500/600\nnumber of failed transactions: 3 (0.600%)\n" +
		"latency average = 1.0 ms\ntps = 250.000000 (without initial connection time)\n"
	if r, err := parseOutput(said); err != nil || r != (Result{Requests: 500, Errors: 3, Elapsed: 2 * time.Second}) {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := parseOutput("nothing"); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("got %v, want what it said", err)
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	got := bind("$1 $12 $2", ":a", ":b", "", "", "", "", "", "", "", "", "", ":l")
	if got != ":a :l :b" {
		t.Errorf("got %q", got)
	}
}
