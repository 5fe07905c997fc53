// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// gated is a server with one door and a handler that the test passes.
type gated struct {
	*Gate
	handler http.Handler

	mu   sync.Mutex
	shed int // refusals that the observer has seen
}

func newGated(share Share, handle Handler) *gated {
	g := &gated{Gate: NewGate(map[Class]Share{Quick: share, LogIn: {Slots: 1, Wait: time.Minute}})}
	door := testDoor(false)
	route := func(method string) Route {
		return Route{Method: method, Pattern: "/root/v1/x", Name: "x", Handler: handle}
	}
	door.Routes = []Route{route(http.MethodGet), route(http.MethodPost)}
	door.WriteError = func(w http.ResponseWriter, _ *http.Request, err error) {
		var he *Error
		if !errors.As(err, &he) {
			he = Errorf(http.StatusInternalServerError, "internal")
		}
		he.SetRetryAfter(w.Header())
		http.Error(w, he.Message, he.Status)
	}
	g.handler = Observe(door.Gated(g.Gate), slog.New(slog.DiscardHandler), func(i Info, _ string, _ int,
		_ time.Duration) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if i.Shed {
			g.shed++
		}
	})
	return g
}

func (g *gated) do(ctx context.Context, method string, body io.Reader) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, method, "/root/v1/x", body))
	return w
}

func (g *gated) get() *httptest.ResponseRecorder {
	return g.do(context.Background(), http.MethodGet, nil)
}

// until waits until so many requests are in progress and in the queue.
func (g *gated) until(t *testing.T, working, waiting int) {
	t.Helper()
	for range 2000 {
		if a, b := g.Busy(Quick); a == working && b == waiting {
			return
		}
		time.Sleep(time.Millisecond)
	}
	a, b := g.Busy(Quick)
	t.Fatalf("%d in work and %d waiting, want %d and %d", a, b, working, waiting)
}

// With one slot and a queue of three, requests are served in the order of their arrival.
// The fifth is refused at once. Afterwards the slot and the queue are free again.
func TestGateServesInOrderAndRefusesTheRest(t *testing.T) {
	t.Parallel()
	enter, served := make(chan struct{}), make(chan string, 8)
	g := newGated(Share{Slots: 1, Queue: 3, Wait: time.Minute}, func(_ http.ResponseWriter,
		r *http.Request) error {
		<-enter
		served <- r.Header.Get("X-Number")
		return nil
	})
	var wg sync.WaitGroup
	for i, number := range []string{"1", "2", "3", "4"} {
		wg.Go(func() {
			r := httptest.NewRequest(http.MethodGet, "/root/v1/x", nil)
			r.Header.Set("X-Number", number)
			g.handler.ServeHTTP(httptest.NewRecorder(), r)
		})
		g.until(t, 1, i)
		time.Sleep(5 * time.Millisecond) // from being counted to being in the queue
	}
	if w := g.get(); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
		t.Errorf("past the queue: got %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	close(enter)
	wg.Wait()
	if got := <-served + <-served + <-served + <-served; got != "1234" {
		t.Errorf("served in the order %s", got)
	}
	g.until(t, 0, 0)
	if w := g.get(); w.Code != http.StatusOK || g.shed != 1 {
		t.Errorf("afterwards: got %d, %d were refused", w.Code, g.shed)
	}
}

// A request that waits too long is refused. A client that leaves is not counted. Neither
// stays in the queue.
func TestGateQueueEnds(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	g := newGated(Share{Slots: 1, Queue: 2, Wait: 20 * time.Millisecond}, func(http.ResponseWriter,
		*http.Request) error {
		<-stop
		return nil
	})
	var first sync.WaitGroup
	first.Go(func() { g.get() })
	g.until(t, 1, 0)
	if w := g.get(); w.Code != http.StatusServiceUnavailable || g.shed != 1 {
		t.Errorf("waited too long: got %d, %d refused", w.Code, g.shed)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	g.do(ctx, http.MethodGet, nil)
	if g.shed != 1 {
		t.Error("a client that left was counted as refused")
	}
	g.until(t, 1, 0)
	close(stop)
	first.Wait()
	g.until(t, 0, 0)
}

// However a handler ends, its slot is released.
func TestGateReleasesSlots(t *testing.T) {
	t.Parallel()
	var what any
	g := newGated(Share{Slots: 1}, func(http.ResponseWriter, *http.Request) error {
		if err, ok := what.(error); ok && !errors.Is(err, http.ErrAbortHandler) {
			return err
		}
		panic(what)
	})
	for _, what = range []any{"a panic", errors.New("an error"), http.ErrAbortHandler} {
		func() {
			defer func() { _ = recover() }() // net/http does, of ErrAbortHandler
			if w := g.get(); w.Code != http.StatusInternalServerError {
				t.Errorf("%v: got %d", what, w.Code)
			}
		}()
		g.until(t, 0, 0)
	}
}

// A client that sends its body slowly, or reads its answer slowly, occupies no slot.
func TestGateSlowClientsOccupyNoSlot(t *testing.T) {
	t.Parallel()
	written, read := make(chan struct{}), make(chan struct{})
	g := newGated(Share{Slots: 1}, func(w http.ResponseWriter, r *http.Request) error {
		b, err := ReadBody(w, r)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		if string(b) == "slow reader" {
			close(written)
			<-read
		}
		return err
	})
	body, send := io.Pipe()
	var slow sync.WaitGroup
	slow.Go(func() {
		if w := g.do(t.Context(), http.MethodPost, body); w.Body.String() != "in two parts" {
			t.Errorf("got %q", w.Body)
		}
	})
	_, _ = send.Write([]byte("in two "))
	slow.Go(func() { g.do(t.Context(), http.MethodPost, strings.NewReader("slow reader")) })
	<-written
	if w := g.do(t.Context(), http.MethodPost, strings.NewReader("x")); w.Code != http.StatusOK {
		t.Errorf("next to slow clients: got %d", w.Code)
	}
	close(read)
	_, _ = send.Write([]byte("parts"))
	_ = send.Close()
	slow.Wait()
	g.until(t, 0, 0)
}

// A handler that finds its request to be of another class moves it there.
func TestGateEnter(t *testing.T) {
	t.Parallel()
	moved, stop := make(chan struct{}, 2), make(chan struct{})
	g := newGated(Share{Slots: 1}, func(_ http.ResponseWriter, r *http.Request) error {
		if err := Enter(r, LogIn); err != nil {
			return err
		}
		moved <- struct{}{}
		<-stop
		return nil
	})
	var first sync.WaitGroup
	first.Go(func() { g.get() })
	<-moved
	if a, _ := g.Busy(Quick); a != 0 {
		t.Error("it did not release its slot")
	}
	if a, _ := g.Busy(LogIn); a != 1 {
		t.Error("it has no slot")
	}
	if w := g.get(); w.Code != http.StatusServiceUnavailable || g.shed != 1 {
		t.Errorf("a second: got %d", w.Code)
	}
	close(stop)
	first.Wait()
	g.until(t, 0, 0)
}

// Large bodies together take no more than their budget; small ones are not counted.
func TestGateBodies(t *testing.T) {
	t.Parallel()
	g := newGated(Share{Slots: 1}, func(w http.ResponseWriter, r *http.Request) error {
		_, err := ReadBody(w, r)
		return err
	})
	var slow sync.WaitGroup
	var sends []*io.PipeWriter
	for range bodyBudget / MaxBody {
		body, send := io.Pipe()
		sends = append(sends, send)
		slow.Go(func() { g.do(t.Context(), http.MethodPost, body) })
	}
	for g.bodies.Load() != bodyBudget {
		time.Sleep(time.Millisecond)
	}
	if w := g.do(t.Context(), http.MethodPost,
		strings.NewReader(strings.Repeat("x", smallBody+1))); w.Code != http.StatusServiceUnavailable {
		t.Errorf("past the budget: got %d", w.Code)
	}
	if w := g.do(t.Context(), http.MethodPost, strings.NewReader("small")); w.Code != http.StatusOK {
		t.Errorf("a small one: got %d", w.Code)
	}
	for _, send := range sends {
		_ = send.Close()
	}
	slow.Wait()
	if g.bodies.Load() != 0 {
		t.Errorf("%d bytes are still counted", g.bodies.Load())
	}
}

// Over HTTP/2 each request counts like a connection: requests over the bound are
// refused. Requests of class Free have a bound of their own.
func TestGateStreams(t *testing.T) {
	t.Parallel()
	g := newGated(Share{Slots: 1}, func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	get := func(major int) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/root/v1/x", nil)
		r.ProtoMajor = major
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, r)
		if w.Flushed != (major == 2) {
			t.Errorf("HTTP/%d: flushed is %t", major, w.Flushed)
		}
		return w.Code
	}
	g.streams.Store(maxStreams - 1)
	if got := get(2); got != http.StatusNoContent {
		t.Errorf("the last stream: got %d", got)
	}
	g.streams.Add(1)
	if got := get(2); got != http.StatusServiceUnavailable || g.shed != 1 {
		t.Errorf("over the bound: got %d, %d counted", got, g.shed)
	}
	if got := get(1); got != http.StatusNoContent {
		t.Errorf("HTTP/1.1 at the same time: got %d", got)
	}
	if got := g.streams.Load(); got != maxStreams {
		t.Errorf("%d streams are counted, want %d", got, maxStreams)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/livez", nil)
	r.ProtoMajor = 2
	info := &Info{}
	err := g.enterStream(httptest.NewRecorder(), r, info, Free)
	if err != nil || g.free.Load() != 1 {
		t.Errorf("a free one: %v, %d counted", err, g.free.Load())
	}
	info.leaveStream()
	if got := g.free.Load(); got != 0 {
		t.Errorf("%d free ones are left", got)
	}
}

func TestAppendJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": `""`, "a<b>&c": `"a<b>&c"`, "ä😀": `"ä😀"`,
		"\ufffd":  "\"\ufffd\"",
		"a\"\\\n": `"a\"\\\n"`, "\u2028": `"\u2028"`, "a\xff": `"a\ufffd"`, "\x7f": "\"\x7f\""} {
		if got := string(AppendJSON([]byte("x"), text)); got != "x"+want {
			t.Errorf("%q: got %s, want x%s", text, got, want)
		}
	}
}

// A body takes its own size out of the budget, and at most what its route allows.
func TestGateReserves(t *testing.T) {
	t.Parallel()
	const most = 4 * MaxBody
	for length, want := range map[int64]int64{smallBody: 0, smallBody + 1: smallBody + 1, MaxBody + 1: MaxBody +
		1, most: most, most + 1: most, -1: most} {
		g, r := NewGate(nil), httptest.NewRequest(http.MethodPost, "/", http.NoBody)
		r.ContentLength = length
		release, err := g.reserve(r, most)
		if got := g.bodies.Load(); err != nil || got != want {
			t.Errorf("%d bytes: %d are reserved, %v; want %d", length, got, err, want)
		}
		if release(); g.bodies.Load() != 0 {
			t.Errorf("%d bytes: %d are still reserved", length, g.bodies.Load())
		}
	}
}
