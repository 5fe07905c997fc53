// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/httpkit"
)

// pieces counts the writes and keeps the text.
type pieces struct {
	mu     sync.Mutex
	writes int
	text   strings.Builder
}

func (p *pieces) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes++
	return p.text.Write(b)
}

func (p *pieces) lines() (writes, lines int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.writes, strings.Count(p.text.String(), "\n")
}

func TestLogWritesTogetherAndLosesNothing(t *testing.T) {
	t.Parallel()
	var out pieces
	log, flush := newLog(&out, slog.LevelInfo)
	log.Info("the first comes at once")
	if _, lines := out.lines(); lines != 1 {
		t.Errorf("%d lines, want 1", lines)
	}
	for range 100 {
		log.Info("thick and fast")
	}
	if writes, _ := out.lines(); writes > 3 {
		t.Errorf("%d writes for 100 lines", writes)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, lines := out.lines(); lines == 101 {
			break
		}
	}
	if _, lines := out.lines(); lines != 101 {
		t.Errorf("%d lines after a while, want 101", lines)
	}
	log.Info("quiet again, perhaps")
	line := []byte("{}\n")
	log.Handler().(httpkit.LineWriter).WriteLine(line)
	line[0] = 'x' // which is the caller's again
	log.Warn("worse than information is not held back, nor what came before it")
	if _, lines := out.lines(); lines != 104 {
		t.Errorf("%d lines, want 104", lines)
	}
	if strings.Contains(out.text.String(), "x}") {
		t.Error("a line was kept that is the caller's")
	}
	log.Info("the last")
	flush()
	if _, lines := out.lines(); lines != 105 {
		t.Errorf("%d lines at the end, want 105", lines)
	}
	log.Info(strings.Repeat("x", logHeld))
	if _, lines := out.lines(); lines != 106 {
		t.Error("more than logHeld was held back")
	}
}

// Settings of the garbage collector in the environment have precedence.
func TestTuneMemory(t *testing.T) {
	t.Parallel()
	for environ, want := range map[string]bool{"": true, "PATH=/bin": true, "GOGC=50": false,
		"GOMEMLIMIT=1GiB": false} {
		if got := tunes([]string{environ}); got != want {
			t.Errorf("%q: got %v", environ, got)
		}
	}
}
