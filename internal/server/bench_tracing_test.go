// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"gatehouse/internal/span"
	"gatehouse/internal/tracing"
)

// BenchmarkTracing is what traces cost the handler chain of one request: off, and at two ratios.
func BenchmarkTracing(b *testing.B) {
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	b.Cleanup(collector.Close)
	for _, c := range []struct {
		name  string
		on    bool
		ratio float64
	}{{"off", false, 0}, {"ratio_0", true, 0}, {"ratio_0.01", true, 0.01}, {"ratio_1", true, 1}} {
		b.Run(c.name, func(b *testing.B) {
			var tracer span.Tracer
			if c.on {
				t, err := tracing.New(b.Context(), tracing.Options{Endpoint: collector.URL, Ratio: c.ratio,
					Log: slog.New(slog.DiscardHandler)})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { t.Close(b.Context()) })
				tracer = t
			}
			s, token, _ := benchServerWith(b, tracer)
			run(b, s.Handler(), "GET", "/ccadmin/v1/organizations/or-100001", "Authorization", "Bearer "+token)
		})
	}
}
