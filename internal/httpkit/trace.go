// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"net/http"

	"gatehouse/internal/span"
)

// Parents says whose header traceparent is believed. A believed one makes the request a part of
// the caller's trace, and decides whether it is recorded.
type Parents int

// The kinds of callers.
const (
	ParentsOfNobody  Parents = iota
	ParentsOfProxies         // requests that came from a trusted proxy
	ParentsOfAll
)

// parent returns the header traceparent of a request, if it is believed.
func (p Proxies) parent(r *http.Request, trusted bool) string {
	if p.Parents == ParentsOfAll || p.Parents == ParentsOfProxies && trusted {
		return r.Header.Get("Traceparent")
	}
	return ""
}

// Trace returns a handler whose requests are recorded. Observe must run within it.
func Trace(next http.Handler, tracer span.Tracer) http.Handler {
	if tracer == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if info, ok := r.Context().Value(infoKey{}).(*Info); ok {
			info.tracer = tracer
		}
		next.ServeHTTP(w, r)
	})
}

// TraceID returns the id of the request's trace. It is empty if the request is not recorded.
func (i *Info) TraceID() string { return i.span.TraceID() }

// beginSpan begins the span of a request, once its route is known. Health and metrics are not
// recorded: they are asked for all the time. The name has the pattern of the path, never the path.
func (i *Info) beginSpan(r *http.Request, door string, route Route) {
	if i.tracer == nil || route.Class == Free || i.span != nil {
		return
	}
	verb := method(r.Method)
	if verb == otherMethod {
		verb = "_OTHER" // OpenTelemetry's word
	}
	name := verb
	if route.Pattern != "" {
		name += " " + route.Pattern
	}
	i.span = i.tracer.Begin(name, span.Request, i.start, i.parent)
	if i.span == nil {
		return
	}
	i.span.SetText("http.request.method", verb)
	if route.Pattern != "" {
		i.span.SetText("http.route", route.Pattern)
	}
	i.span.SetText("url.scheme", i.Scheme)
	i.span.SetText("gatehouse.door", door)
	i.span.SetText("gatehouse.operation", route.Name)
	i.span.SetText("gatehouse.request_id", i.RequestID)
}

// endSpan ends the span of a request.
func (i *Info) endSpan(status int) {
	if i.span == nil {
		return
	}
	i.span.SetNumber("http.response.status_code", status)
	if status >= http.StatusInternalServerError {
		i.span.Fail()
	}
	i.span.End()
}
