// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// Something that takes long says so again and again, and its result is not lost.
func TestSaying(t *testing.T) {
	t.Parallel()
	wrong, said := errors.New("wrong"), make(chan time.Duration)
	var before time.Duration
	err := saying(time.Millisecond, func(took time.Duration) { said <- took }, func() error {
		for range 3 {
			took := <-said
			if took <= before {
				t.Errorf("%s after %s", took, before)
			}
			before = took
		}
		go func() { // what is said from now on
			for range said {
			}
		}()
		return wrong
	})
	if !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
}

// A check that takes longer than a start waits goes on, and how it ended is logged. One that is
// quicker is waited for.
func TestCheckGoesOn(t *testing.T) {
	t.Parallel()
	for want, result := range map[string]error{"the check of the database is over: it is sound": nil,
		"the check of the database failed": errors.New("damaged")} {
		out := &pieces{}
		log := slog.New(slog.NewTextHandler(out, nil))
		finish := make(chan error)
		check := func(context.Context) error { return <-finish }
		if err := awaitCheck(t.Context(), check, log, time.Millisecond); err != nil {
			t.Fatalf("before it ended: %v", err)
		}
		finish <- result
		for _, lines := out.lines(); lines < 2; _, lines = out.lines() {
			time.Sleep(time.Millisecond)
		}
		if text := out.text.String(); !strings.Contains(text, "goes on while the server serves") ||
			!strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
		quick := func(context.Context) error { return result }
		if err := awaitCheck(t.Context(), quick, log, time.Hour); !errors.Is(err, result) {
			t.Errorf("got %v, want %v", err, result)
		}
	}
}
