// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// workerFunc is a Worker of one function.
type workerFunc func(ctx context.Context) error

func (workerFunc) Name() string                    { return "test" }
func (f workerFunc) Run(ctx context.Context) error { return f(ctx) }

// lockedLog is a log that several goroutines write and the test reads.
type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// runWith runs a server with a worker; stop ends it and returns what Run returned.
func runWith(t *testing.T, w workerFunc) (s *Server, log *lockedLog, stop func() error) {
	t.Helper()
	log = &lockedLog{}
	s = New(Options{Workers: []Worker{w}, Ready: func(context.Context) error { return nil },
		Log: slog.New(slog.NewTextHandler(log, nil))})
	s.o.drainDelay, s.o.workerLimit = time.Millisecond, 200*time.Millisecond
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, listener) }()
	return s, log, func() error { cancel(); return <-ended }
}

// A worker works until the requests are finished, and the server waits for its end.
func TestWorkersAreDrained(t *testing.T) {
	t.Parallel()
	for name, result := range map[string]error{"nil": nil, "the context's": context.Canceled} {
		started, whileDraining, finished := make(chan struct{}), false, false
		var s *Server
		s, log, stop := runWith(t, func(ctx context.Context) error {
			close(started)
			<-ctx.Done()
			whileDraining, finished = s.draining.Load(), true
			return result
		})
		<-started
		if w := s.get("/readyz"); w.Code != http.StatusOK {
			t.Errorf("%s: with a worker at work: got %d", name, w.Code)
		}
		if err := stop(); err != nil || !finished || !whileDraining {
			t.Errorf("%s: got %v, finished %v, while draining %v", name, err, finished, whileDraining)
		}
		if text := log.String(); strings.Contains(text, "worker") {
			t.Errorf("%s: a clean stop is logged as a fault: %s", name, text)
		}
	}
}

// A worker that ends with an error or a panic is logged, and the server is not ready;
// one that has nothing left to do changes nothing.
func TestWorkersThatEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run  workerFunc
		want string // in the log; empty: the server stays ready
	}{
		"done":      {func(context.Context) error { return nil }, ""},
		"an error":  {func(context.Context) error { return errors.New("the cause") }, "the cause"},
		"cancelled": {func(context.Context) error { return context.Canceled }, "context canceled"},
		"a panic":   {func(context.Context) error { panic("the cause") }, "worker_test.go"},
		"a bad index": {func(context.Context) error { _ = []int{}[len(t.Name())]; return nil },
			"index out of range"},
	} {
		ended := make(chan struct{})
		s, log, stop := runWith(t, func(ctx context.Context) error {
			defer close(ended)
			return c.run(ctx)
		})
		<-ended
		want := http.StatusOK
		if c.want != "" {
			want = http.StatusServiceUnavailable
			for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline) &&
				!strings.Contains(log.String(), "worker=test"); {
				time.Sleep(time.Millisecond)
			}
			if text := log.String(); !strings.Contains(text, "level=ERROR") || !strings.Contains(text, c.want) {
				t.Errorf("%s: the log lacks %q: %s", name, c.want, text)
			}
		}
		if w := s.get("/readyz"); w.Code != want || strings.Contains(w.Body.String(), "cause") {
			t.Errorf("%s: got %d %s, want %d", name, w.Code, w.Body, want)
		}
		if w := s.get("/livez"); w.Code != http.StatusOK {
			t.Errorf("%s: /livez: got %d", name, w.Code)
		}
		if err := stop(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A worker that does not stop does not keep the server from stopping.
func TestWorkersThatHang(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	s, log, stop := runWith(t, func(context.Context) error { <-hang; return nil })
	begun := time.Now()
	if err := stop(); err != nil || time.Since(begun) < s.o.workerLimit || time.Since(begun) > drainLimit {
		t.Errorf("got %v after %v", err, time.Since(begun))
	}
	if !strings.Contains(log.String(), "worker=test") {
		t.Errorf("the log does not name the worker: %s", log)
	}
}

// Tests stop servers sooner than the product does.
func TestTimesOfTheProduct(t *testing.T) {
	t.Parallel()
	s := New(Options{Log: slog.New(slog.DiscardHandler)})
	got := []time.Duration{s.http.ReadHeaderTimeout, s.o.drainDelay, s.o.workerLimit}
	if want := []time.Duration{10 * time.Second, time.Second, 5 * time.Second}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
