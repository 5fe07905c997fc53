// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// counts say how many spans there were and where they went. It is a span processor, to see the
// end of each.
type counts struct{ ended, sent, failed prometheus.Counter }

var _ sdk.SpanProcessor = (*counts)(nil)

func newCounts() *counts {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehouse_trace_spans" + name + "_total",
			Help: help})
	}
	return &counts{ended: counter("", "Spans recorded. Those that were neither sent nor failed wait, or did not fit "+
		"into the queue."),
		sent:   counter("_sent", "Spans that the collector took."),
		failed: counter("_failed", "Spans that could not be sent.")}
}

// OnStart implements sdk.SpanProcessor.
func (*counts) OnStart(context.Context, sdk.ReadWriteSpan) {}

// OnEnd implements sdk.SpanProcessor.
func (c *counts) OnEnd(sdk.ReadOnlySpan) { c.ended.Inc() }

// Shutdown implements sdk.SpanProcessor.
func (*counts) Shutdown(context.Context) error { return nil }

// ForceFlush implements sdk.SpanProcessor.
func (*counts) ForceFlush(context.Context) error { return nil }
