// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"gatehouse/internal/span"
)

// tree is one trace as far as this process has it.
type tree struct {
	tracer trace.Tracer
	spans  atomic.Int32 // begun, or left out because there were too many
}

// recorder is a span.Recorder.
type recorder struct {
	tree *tree
	span trace.Span
	root bool
}

// Begin implements span.Tracer. A parent that cannot be read is none.
func (t *Tracer) Begin(name string, kind span.Kind, start time.Time, parent string) *span.Span {
	ctx := context.Background()
	if parent != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent})
	}
	of := trace.SpanKindServer
	if kind == span.Worker {
		of = trace.SpanKindInternal
	}
	_, s := t.tracer.Start(ctx, name, trace.WithSpanKind(of), trace.WithTimestamp(start))
	if !s.IsRecording() {
		return nil
	}
	tree := &tree{tracer: t.tracer}
	tree.spans.Store(1)
	return span.Of(&recorder{tree, s, true})
}

// Child implements span.Recorder.
func (r *recorder) Child(name string) span.Recorder {
	if r.tree.spans.Add(1) > maxSpans {
		return nil
	}
	_, s := r.tree.tracer.Start(trace.ContextWithSpan(context.Background(), r.span), name)
	return &recorder{tree: r.tree, span: s}
}

// SetText implements span.Recorder.
func (r *recorder) SetText(key, value string) { r.span.SetAttributes(attribute.String(key, value)) }

// SetNumber implements span.Recorder.
func (r *recorder) SetNumber(key string, value int) { r.span.SetAttributes(attribute.Int(key, value)) }

// Fail implements span.Recorder.
func (r *recorder) Fail() { r.span.SetStatus(codes.Error, "") }

// End implements span.Recorder.
func (r *recorder) End() {
	if left := int(r.tree.spans.Load()) - maxSpans; r.root && left > 0 {
		r.SetNumber("gatehouse.spans_left_out", left)
	}
	r.span.End()
}

// TraceID implements span.Recorder.
func (r *recorder) TraceID() string { return r.span.SpanContext().TraceID().String() }
