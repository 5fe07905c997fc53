// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"strconv"
	"strings"
)

// The values of Trace.Parents.
const (
	TraceParentsOff     = "off"
	TraceParentsProxies = "proxies"
	TraceParentsAll     = "all"
)

// Trace has the settings of OpenTelemetry.
type Trace struct {
	Endpoint string            // of OTLP over HTTP, with its path; empty: no traces
	CA       string            // file of the authorities of Endpoint, PEM; empty: those of the system
	Ratio    float64           // of the requests that are recorded, from 0 to 1
	Parents  string            // TraceParentsOff, TraceParentsProxies or TraceParentsAll
	Headers  map[string]string // sent to Endpoint, secret
}

// trace reads the settings of traces, and refuses those that would do nothing.
func (l *loader) trace() Trace {
	t := Trace{Endpoint: l.traceEndpoint(), CA: l.file(envTraceCA), Ratio: l.traceRatio(),
		Parents: l.traceParents(), Headers: l.traceHeaders()}
	if !l.is(envTraceEndpoint, "") {
		return t
	}
	for _, env := range []string{envTraceCA, envTraceRatio, envTraceParents} {
		if l.value(env) != option(env).Default {
			l.addError("%s is set without %s: set both to send traces, or neither", l.source(env),
				l.source(envTraceEndpoint))
		}
	}
	if t.Headers != nil {
		l.addError("%s is set without %s: set both to send traces, or neither", envTraceHeaders,
			l.source(envTraceEndpoint))
	}
	return t
}

// tracePath is where OTLP over HTTP has traces unless the endpoint says otherwise.
const tracePath = "/v1/traces"

func (l *loader) traceEndpoint() string {
	v := l.value(envTraceEndpoint)
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" || !goodPort(u.Host, u.Port()) {
		// Without the value, which may have a password.
		l.addError("%s is not the address of a collector: write it like http://127.0.0.1:4318, without a name, a "+
			"password or a query; headers such as Authorization go into %s", l.source(envTraceEndpoint), envTraceHeaders)
		return ""
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = tracePath
	}
	return u.String()
}

func (l *loader) traceRatio() float64 {
	v := l.value(envTraceRatio)
	ratio, err := strconv.ParseFloat(v, 64)
	if err != nil || !(ratio >= 0 && ratio <= 1) { // no NaN either
		l.addError("%s %q is no number from 0 to 1: use one such as 0.01 for one request in a hundred",
			l.source(envTraceRatio), v)
	}
	return ratio
}

func (l *loader) traceParents() string {
	v := l.value(envTraceParents)
	switch {
	case v != TraceParentsOff && v != TraceParentsProxies && v != TraceParentsAll:
		l.addError("%s %q is unknown: use %s, %s or %s", l.source(envTraceParents), v, TraceParentsOff,
			TraceParentsProxies, TraceParentsAll)
	case v == TraceParentsProxies && l.is(envTrustedProxies, ""):
		l.addError("%s is %s without %s: name the proxies that write traceparent themselves",
			l.source(envTraceParents), v, l.source(envTrustedProxies))
	}
	return v
}

// traceHeaders reads name=value pairs, separated by commas. Its errors repeat none of them.
func (l *loader) traceHeaders() map[string]string {
	source, v, ok := l.secret(envTraceHeaders)
	if !ok {
		return nil
	}
	headers := map[string]string{}
	for pair := range strings.SplitSeq(v, ",") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		unprintable := strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' })
		if !headerName(name) || value == "" || unprintable {
			l.addError("%s is no list of headers: write it like Authorization=Bearer TOKEN, with a comma between two",
				source)
			return nil
		}
		headers[name] = value
	}
	return headers
}

// headerName reports whether a text can be the name of a header.
func headerName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	})
}
