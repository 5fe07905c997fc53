// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/httpkit"
)

// Only one spelling of these addresses is known: a rule of a proxy knows no other.
func TestOwnAddressesHaveOneSpelling(t *testing.T) {
	t.Parallel()
	address := newServer(nil, nil, 0).running(t)
	for target, want := range map[string]int{
		"/metrics": 200, "/metrics?a=/b": 200, "http://example.test/metrics": 200,
		"http://example.test/metrics?a": 200,
		"/metrics/":                     404, "//metrics": 404, "/./metrics": 404, "/x/../metrics": 404,
		"/%6detrics": 404, "/metrics%2f": 404,
		"/Metrics": 404, "http://example.test//metrics": 404, "/metrics//": 404, "//livez": 404, "/livez/": 404,
		"/readyz/.": 404, "/livez": 200, "/readyz": 200, "/": 200,
	} {
		if got := status(t, ask(t, connect(t, address, nil), target)); got != want {
			t.Errorf("%s: %d, want %d", target, got, want)
		}
	}
}

// With an internal listener, metrics are on it alone, and health on both; it has no door.
func TestInternalListener(t *testing.T) {
	t.Parallel()
	internal, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Doors: []*httpkit.Door{testDoor(nil)}, Ready: func(context.Context) error { return nil },
		Log: slog.New(slog.DiscardHandler), Version: "1.2.3", Internal: internal})
	public, inside := s.running(t), internal.Addr().String()
	for path, want := range map[string][2]int{ // public, inside
		"/metrics": {404, 200}, "/livez": {200, 200}, "/readyz": {200, 200}, "/test/quick": {200, 404},
		"//metrics": {404, 404},
		"/":         {200, 200},
	} {
		for i, address := range []string{public, inside} {
			if got := status(t, ask(t, connect(t, address, nil), path)); got != want[i] {
				t.Errorf("%s at %d: %d, want %d", path, i, got, want[i])
			}
		}
	}
	res, err := http.Get("http://" + inside + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(res.Body)
	for _, want := range []string{`gatehouse_build_info{version="1.2.3"} 1`,
		`gatehouse_http_requests_total{door="test"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// While the server drains, its health says so on the internal listener, too, and when it has
// stopped, nothing listens there.
func TestInternalListenerDrains(t *testing.T) {
	t.Parallel()
	internal, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	public, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	list := make(chan struct{})
	s := New(Options{Doors: []*httpkit.Door{testDoor(list)}, Ready: func(context.Context) error { return nil },
		Log: slog.New(slog.DiscardHandler), Internal: internal, drainDelay: time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, public) }()
	running := ask(t, connect(t, public.Addr().String(), nil), "/test/list")
	for lists(s) == 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
	for !s.draining.Load() {
		time.Sleep(time.Millisecond)
	}
	if got := status(t, ask(t, connect(t, internal.Addr().String(), nil),
		"/readyz")); got != http.StatusServiceUnavailable {
		t.Errorf("ready while draining: %d", got)
	}
	close(list)
	if got := status(t, running); got != http.StatusOK {
		t.Errorf("the running request: %d", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if c, err := net.DialTimeout("tcp", internal.Addr().String(), time.Second); err == nil {
		_ = c.Close()
		t.Error("something still listens")
	}
}

func lists(s *Server) int {
	working, _ := s.gate.Busy(httpkit.List)
	return working
}
