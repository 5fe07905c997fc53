// SPDX-License-Identifier: Apache-2.0

// Package span divides the time of a request, or of a worker's round, into named parts: a tree of
// spans. A part begins with Start or Child and ends with End.
//
// It is not a library for tracing: it sends nothing and knows no protocol. What begins a tree
// passes a Recorder; package tracing has the one of OpenTelemetry. If a request is not recorded,
// its context has no span. All functions and methods then do nothing.
//
// Names and attributes are constants of this program, numbers, and ids that it made. They are
// never what a client sent.
//
// It is beneath the floors, so that the domain and the engines can use it, and imports nothing
// but the standard library.
package span

import "time"

// Tracer begins trees of spans. It may be nil: then nothing is recorded.
type Tracer interface {
	// Begin returns the first span of a tree, or nil if the tree is not recorded. parent is the
	// header traceparent of the caller of a request (W3C Trace Context); empty: none.
	Begin(name string, kind Kind, start time.Time, parent string) *Span
}

// Kind is what a tree of spans is about.
type Kind int

// The kinds.
const (
	Request Kind = iota // somebody asked the server
	Worker              // the server does something by itself
)

// Recorder records one span. Its methods may be called from one goroutine at a time, except Child.
type Recorder interface {
	Child(name string) Recorder // nil if it is not recorded
	SetText(key, value string)
	SetNumber(key string, value int)
	Fail() // the span ended with an error of the server
	End()
	TraceID() string
}

// Span is one part of the time. All methods of a nil Span do nothing.
type Span struct{ recorder Recorder }

// Of returns the span that a recorder records, and nil for nil.
func Of(r Recorder) *Span {
	if r == nil {
		return nil
	}
	return &Span{r}
}

// Child begins a part of the span.
func (s *Span) Child(name string) *Span {
	if s == nil {
		return nil
	}
	return Of(s.recorder.Child(name))
}

// SetText notes a fact.
func (s *Span) SetText(key, value string) {
	if s != nil {
		s.recorder.SetText(key, value)
	}
}

// SetNumber notes a number.
func (s *Span) SetNumber(key string, value int) {
	if s != nil {
		s.recorder.SetNumber(key, value)
	}
}

// Fail notes that the server failed. What a client did wrong is no failure.
func (s *Span) Fail() {
	if s != nil {
		s.recorder.Fail()
	}
}

// End ends the span.
func (s *Span) End() {
	if s != nil {
		s.recorder.End()
	}
}

// TraceID returns the id of the tree, 32 hex digits. It is empty if nothing is recorded.
func (s *Span) TraceID() string {
	if s == nil {
		return ""
	}
	return s.recorder.TraceID()
}
