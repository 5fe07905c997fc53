// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"errors"
	"os"
	"path/filepath"
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
	if err != nil || r.Requests != 300 || r.P50 < time.Millisecond || r.P99 < r.P50 ||
		r.Elapsed > 30*time.Second {
		t.Errorf("got %+v, %v", r, err)
	}
	broken := errors.New("broken")
	r, err = measure(t.Context(), time.Minute, []work{func() (int, error) { return 1, broken }})
	if !errors.Is(err, broken) || r.Requests != 0 || r.Errors != maxErrors {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestAfterWrites: a write before every read, and the reads' time alone.
func TestAfterWrites(t *testing.T) {
	t.Parallel()
	writes, reads, left := 0, 0, 30
	write := func() error {
		if writes != reads {
			t.Errorf("%d writes before %d reads", writes+1, reads+1)
		}
		if left--; left < 0 {
			return errDone
		}
		writes++
		time.Sleep(2 * time.Millisecond)
		return nil
	}
	read := func() (int, error) { reads++; return 1, nil }
	r, err := afterWrites(t.Context(), time.Minute, write, read)
	if err != nil || r.Requests != 29 || reads != 30 || r.Elapsed >= 58*time.Millisecond {
		t.Errorf("got %+v of %d reads, %v; want 29 without the time of the writes", r, reads, err)
	}
	broken := errors.New("broken")
	if r, err := afterWrites(t.Context(), time.Minute, func() error { return broken }, read); !errors.Is(err,
		broken) || r.Errors != 1 {
		t.Errorf("got %+v, %v", r, err)
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

func TestSummary(t *testing.T) {
	t.Parallel()
	start := time.Unix(1000, 0)
	at := func(client, ms, took int) transaction {
		return transaction{client, start.Add(time.Duration(ms) * time.Millisecond),
			time.Duration(took) * time.Millisecond}
	}
	list := []transaction{at(0, 100, 100), at(0, 110, 10), at(0, 120, 10), at(1, 200, 200), at(0, 210, 90),
		at(1, 220, 20), at(0, 225, 15), at(1, 240, 20)}
	want := Result{Requests: 2, Elapsed: 20 * time.Millisecond, P50: 15 * time.Millisecond,
		P99: 20 * time.Millisecond}
	if got := summary(list, 2); !about(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	want = Result{Requests: 4, Elapsed: 200 * time.Millisecond, P50: 10 * time.Millisecond,
		P99: 200 * time.Millisecond}
	if got := summary(list[:4], 2); !about(got, want) {
		t.Errorf("one was never warm: got %+v, want %+v", got, want)
	}
	if got := summary(nil, 2); got != (Result{}) {
		t.Errorf("got %+v of nothing", got)
	}
}

// about reports whether a result is the wanted one, with a median that a histogram rounds.
func about(got, want Result) bool {
	difference := (got.P50 - want.P50).Abs()
	got.P50 = want.P50
	return got == want && difference < want.P50/100
}

func TestReadLog(t *testing.T) {
	t.Parallel()
	prefix := filepath.Join(t.TempDir(), "log")
	for name, text := range map[string]string{".1": "0 0 4608 0 1175850569 608\n0 1 10 0 1175850570 5\n",
		".1.1": "1 0 99 0 1175850569 700\n"} {
		if err := os.WriteFile(prefix+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readLog(prefix)
	if err != nil || len(got) != 3 || got[1] != (transaction{1, time.Unix(1175850569, 700_000),
		99 * time.Microsecond}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := os.WriteFile(prefix+".2", []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readLog(prefix); err == nil {
		t.Error("nonsense was read")
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	got := bind("$1 $12 $2", ":a", ":b", "", "", "", "", "", "", "", "", "", ":l")
	if got != ":a :l :b" {
		t.Errorf("got %q", got)
	}
}

// However slow the machine, one read is counted.
func TestAfterWritesOnceAtLeast(t *testing.T) {
	t.Parallel()
	writes := 0
	r, err := afterWrites(t.Context(), 0, func() error { writes++; return nil }, func() (int, error) {
		return 1,
			nil
	})
	if err != nil || r.Requests != 1 || writes != 2 {
		t.Errorf("got %+v after %d writes, %v", r, writes, err)
	}
}
