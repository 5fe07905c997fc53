// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/server"
)

func get(s *server.Server, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://example.test"+path, nil))
	return w
}

// Every answer has a deadline, at which the database work of its handler ends.
func TestAnswersHaveADeadline(t *testing.T) {
	t.Parallel()
	var left time.Duration
	door := &httpkit.Door{Name: "test", Roots: []string{"/Test"}, FoldPath: true, Routes: []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/test/x", Name: "x", Handler: func(_ http.ResponseWriter,
			r *http.Request) error {
			if deadline, ok := r.Context().Deadline(); ok {
				left = time.Until(deadline)
			}
			return nil
		}}}}
	s := server.New(server.Options{Doors: []*httpkit.Door{door}, Log: slog.New(slog.DiscardHandler),
		Version: "1.2.3"})
	if w := get(s, "/TEST//x/"); w.Code != http.StatusOK || left <= 0 || left > 30*time.Second {
		t.Errorf("got %d with %v left", w.Code, left)
	}
	metrics := get(s, "/metrics").Body.String()
	for _, want := range []string{`gatehouse_build_info{version="1.2.3"} 1`,
		`gatehouse_http_requests_total{door="test",method="GET",route="x",status="200"} 1`,
		`gatehouse_http_request_duration_seconds_count{door="test",route="x"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

func TestOwnAddresses(t *testing.T) {
	t.Parallel()
	var fault error
	s := server.New(server.Options{Ready: func(context.Context) error { return fault },
		Log: slog.New(slog.DiscardHandler)})
	for path, want := range map[string]int{"/": 200, "/livez": 200, "/readyz": 200, "/metrics": 200,
		"/nothing": 404, "/livez/x": 404} {
		if w := get(s, path); w.Code != want || w.Body.Len() == 0 {
			t.Errorf("%s: got %d, want %d", path, w.Code, want)
		}
	}
	fault = errors.New("the cause")
	if w := get(s, "/readyz"); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(),
		"the cause") {
		t.Errorf("not ready: got %d %s", w.Code, w.Body)
	}
	if w := get(s, "/livez"); w.Code != http.StatusOK {
		t.Errorf("alive though not ready: got %d", w.Code)
	}
}
