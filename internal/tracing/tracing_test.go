// SPDX-License-Identifier: Apache-2.0

package tracing_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"gatehouse/internal/span"
	"gatehouse/internal/tracing"
)

// received is what a collector got.
type received struct {
	mu    sync.Mutex
	spans []*tracepb.Span
}

// newTracer returns a tracer whose collector answers with the statuses, one after the other, and
// then with 200.
func newTracer(t *testing.T, statuses ...int) (*tracing.Tracer, *received) {
	t.Helper()
	got := &received{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got.mu.Lock()
		defer got.mu.Unlock()
		if len(statuses) > 0 {
			w.WriteHeader(statuses[0])
			statuses = statuses[1:]
			return
		}
		var sent tracepb.TracesData
		if err := proto.Unmarshal(body, &sent); err != nil {
			t.Error(err)
		}
		for _, of := range sent.ResourceSpans {
			for _, in := range of.ScopeSpans {
				got.spans = append(got.spans, in.Spans...)
			}
		}
	}))
	t.Cleanup(server.Close)
	tracer, err := tracing.New(t.Context(), tracing.Options{Endpoint: server.URL, Ratio: 1,
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return tracer, got
}

// A tree has at most 512 spans and says how many were left out.
func TestTreeIsBounded(t *testing.T) {
	t.Parallel()
	tracer, got := newTracer(t)
	root := tracer.Begin("root", span.Worker, time.Now(), "")
	for range 700 {
		child := root.Child("child")
		child.SetText("long", strings.Repeat("x", 1000))
		child.End()
	}
	root.End()
	tracer.Close(t.Context())
	if len(got.spans) != 512 {
		t.Fatalf("%d spans, want 512", len(got.spans))
	}
	for _, s := range got.spans {
		for _, a := range s.Attributes {
			if s.Name == "root" && a.Key == "gatehouse.spans_left_out" && a.Value.GetIntValue() != 189 {
				t.Errorf("%d were left out, want 189", a.Value.GetIntValue())
			}
			if n := len(a.Value.GetStringValue()); n > 256 {
				t.Errorf("an attribute has %d bytes", n)
			}
		}
		if s.Name == "root" && len(s.Attributes) != 1 {
			t.Error("nothing says that spans were left out")
		}
	}
}

// A collector that is busy is asked again; one that refuses is not.
func TestBusyCollector(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ status, want int }{{http.StatusServiceUnavailable, 1},
		{http.StatusTooManyRequests, 1}, {http.StatusBadRequest, 0}, {http.StatusMovedPermanently, 0}} {
		t.Run(http.StatusText(c.status), func(t *testing.T) {
			t.Parallel()
			tracer, got := newTracer(t, c.status)
			tracer.Begin("root", span.Request, time.Now(), "").End()
			time.Sleep(2500 * time.Millisecond) // for two tries: closing waits for two seconds only
			tracer.Close(t.Context())
			if len(got.spans) != c.want {
				t.Errorf("%d spans arrived, want %d", len(got.spans), c.want)
			}
		})
	}
}

// Closing a tracer does not wait for a collector that says nothing.
func TestCloseIsShort(t *testing.T) {
	t.Parallel()
	over, end := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over.Done() }))
	t.Cleanup(server.Close)
	t.Cleanup(end)
	tracer, err := tracing.New(t.Context(), tracing.Options{Endpoint: server.URL, Ratio: 1,
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	tracer.Begin("root", span.Request, time.Now(), "").End()
	begun := time.Now()
	tracer.Close(t.Context())
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("it took %s", took)
	}
}
