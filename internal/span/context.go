// SPDX-License-Identifier: Apache-2.0

package span

import (
	"context"
	"time"
)

// Key is the key under which contexts have their span, for contexts that answer by themselves.
type Key struct{}

// In returns a context with the span. Without a span it returns the context itself.
func In(ctx context.Context, s *Span) context.Context {
	if s == nil {
		return ctx
	}
	return context.WithValue(ctx, Key{}, s)
}

// From returns the span of a context, or nil.
func From(ctx context.Context) *Span {
	s, _ := ctx.Value(Key{}).(*Span)
	return s
}

// Start begins a part of the context's span, and returns a context with it.
func Start(ctx context.Context, name string) (context.Context, *Span) {
	s := From(ctx).Child(name)
	return In(ctx, s), s
}

// Begin begins a tree for what a worker does now. The tracer may be nil.
func Begin(ctx context.Context, t Tracer, name string) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	s := t.Begin(name, Worker, time.Now(), "")
	return In(ctx, s), s
}
