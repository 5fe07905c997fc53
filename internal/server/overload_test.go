// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/certtest"
	"gatehouse/internal/httpkit"
)

// testDoor answers /test/quick at once, and /test/list when the test allows it.
func testDoor(list chan struct{}) *httpkit.Door {
	route := func(name string, class httpkit.Class, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: http.MethodGet, Pattern: "/test/" + name, Name: name, Class: class, Handler: h}
	}
	ok := func(w http.ResponseWriter, _ *http.Request) error { return text(w, http.StatusOK, "ok\n") }
	return &httpkit.Door{Name: "test", Roots: []string{"/test"}, Routes: []httpkit.Route{
		route("quick", httpkit.Quick, ok),
		route("list", httpkit.List, func(w http.ResponseWriter, r *http.Request) error { <-list; return ok(w, r) }),
	}, WriteError: func(w http.ResponseWriter, _ *http.Request, err error) {
		var he *httpkit.Error
		if !errors.As(err, &he) {
			he = httpkit.Errorf(http.StatusInternalServerError, "internal")
		}
		he.SetRetryAfter(w.Header())
		_ = text(w, he.Status, "in the door's wire: "+he.Message)
	}}
}

func newServer(doors []*httpkit.Door, shares map[httpkit.Class]httpkit.Share, connections int) *Server {
	return New(Options{Doors: doors, Ready: func(context.Context) error { return nil },
		Log: slog.New(slog.DiscardHandler), shares: shares, maxConnections: connections})
}

func (s *Server) get(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://example.test"+path, nil))
	return w
}

// Without any slot, every request is refused in the door's wire, except health and
// metrics, which count the refusals.
func TestHealthIsNeverShed(t *testing.T) {
	t.Parallel()
	s := newServer([]*httpkit.Door{testDoor(nil)}, map[httpkit.Class]httpkit.Share{httpkit.Quick: {},
		httpkit.List: {}, httpkit.LogIn: {}}, 1)
	for _, path := range []string{"/test/quick", "/test/list", "/test/nothing"} {
		w := s.get(path)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" ||
			!strings.HasPrefix(w.Body.String(), "in the door's wire: ") {
			t.Errorf("%s: got %d %s, Retry-After %q", path, w.Code, w.Body, w.Header().Get("Retry-After"))
		}
	}
	for _, path := range []string{"/livez", "/readyz", "/metrics", "/"} {
		if w := s.get(path); w.Code != http.StatusOK {
			t.Errorf("%s: got %d", path, w.Code)
		}
	}
	metrics := s.get("/metrics").Body.String()
	for _, want := range []string{`gatehouse_http_shed_total{class="quick",door="test"} 2`,
		`gatehouse_http_shed_total{class="list",door="test"} 1`,
		`gatehouse_http_in_flight{class="login"} 0`, `gatehouse_http_waiting{class="quick"} 0`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// Slow lists use up only their own share: further lists are refused, and quick requests
// are not affected.
func TestSlowListsLeaveRoomForQuickReads(t *testing.T) {
	t.Parallel()
	list := make(chan struct{})
	s := newServer([]*httpkit.Door{testDoor(list)}, nil, 1)
	share := shares()[httpkit.List]
	var wg sync.WaitGroup
	for range share.Slots + share.Queue {
		wg.Go(func() { s.get("/test/list") })
	}
	for working, waiting := 0, 0; working+waiting < share.Slots+share.Queue; working,
		waiting = s.gate.Busy(httpkit.List) {
		time.Sleep(time.Millisecond)
	}
	if w := s.get("/test/list"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a list more: got %d", w.Code)
	}
	for range 100 {
		if w := s.get("/test/quick"); w.Code != http.StatusOK {
			t.Fatalf("a quick one: got %d", w.Code)
		}
	}
	if got := s.get("/metrics").Body.String(); !strings.Contains(got,
		fmt.Sprintf("gatehouse_http_in_flight{class=\"list\"} %d", share.Slots)) {
		t.Error("the gauge does not show the lists")
	}
	close(list)
	wg.Wait()
	if working, waiting := s.gate.Busy(httpkit.List); working+waiting != 0 {
		t.Errorf("%d and %d are left", working, waiting)
	}
}

// running runs the server on loopback until the test ends. Then it must stop cleanly.
func (s *Server) running(t *testing.T) (address string) {
	t.Helper()
	s.o.drainDelay = time.Millisecond // no load balancer has to notice the stop
	ctx, stop := context.WithCancel(context.Background())
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// connect opens a connection that the test closes; over TLS if there is a config.
func connect(t *testing.T, address string, config *tls.Config) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		c = tls.Client(c, config)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// ask sends a request over HTTP/1.1.
func ask(t *testing.T, c net.Conn, path string) *bufio.Reader {
	t.Helper()
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: example.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return bufio.NewReader(c)
}

// status reads an answer.
func status(t *testing.T, r *bufio.Reader) int {
	t.Helper()
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

// When all connections are in use, idle ones are closed. Further connections wait in the
// queue of the operating system.
func TestConnectionsAreLimited(t *testing.T) {
	t.Parallel()
	limited := func(t *testing.T, config *tls.Config, certificate *Certificate) {
		t.Parallel()
		list := make(chan struct{})
		s := New(Options{Doors: []*httpkit.Door{testDoor(list)}, Ready: func(context.Context) error { return nil },
			Log: slog.New(slog.DiscardHandler), Certificate: certificate, maxConnections: 2})
		address := s.running(t)
		idle, busy := ask(t, connect(t, address, config), "/livez"),
			ask(t, connect(t, address, config), "/test/list")
		if got := status(t, idle); got != http.StatusOK {
			t.Fatalf("got %d", got)
		}
		third := ask(t, connect(t, address, config), "/livez")
		if got := status(t, third); got != http.StatusOK {
			t.Errorf("next to an idle connection: got %d", got)
		}
		if _, err := idle.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("the idle connection is still there: %v", err)
		}
		list <- struct{}{}
		if got := status(t, busy); got != http.StatusOK {
			t.Errorf("the busy connection: got %d", got)
		}
	}
	t.Run("HTTP", func(t *testing.T) { limited(t, nil, nil) })
	t.Run("HTTPS", func(t *testing.T) {
		ca := certtest.New(t)
		limited(t, ca.Client(), load(t, ca.Issue()))
	})
}

// A full listener stops when it is closed, and releases each slot once.
func TestLimitListener(t *testing.T) {
	t.Parallel()
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 8)
	l := limit(inner, 1, func() { asked <- struct{}{} })
	for range 2 {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Close(), c.Close()
		_ = client.Close()
	}
	l.slots <- struct{}{}
	failed := make(chan error)
	go func() {
		_, err := l.Accept()
		failed <- err
	}()
	<-asked
	_ = l.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestMaxConnections(t *testing.T) {
	t.Parallel()
	for files, want := range map[uint64]int{0: 64, 100: 64, 1024: 896, 1 << 20: 4096} {
		if got := maxConnections(files); got != want {
			t.Errorf("%d files: got %d, want %d", files, got, want)
		}
	}
}
