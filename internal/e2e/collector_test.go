// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/hex"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"gatehouse/internal/certtest"
)

// collector takes traces by OTLP over HTTP and decodes them with OpenTelemetry's own messages.
type collector struct {
	*httptest.Server
	mu      sync.Mutex
	raw     bytes.Buffer
	spans   []*tracepb.Span
	about   map[string]string // the resource
	headers http.Header
	path    string
	answer  int
}

func newCollector(t testing.TB) *collector {
	c := &collector{answer: http.StatusOK}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

// newTLSCollector is newCollector with a certificate of the authority.
func newTLSCollector(t testing.TB, ca *certtest.CA) *collector {
	t.Helper()
	pair := ca.Issue()
	c := &collector{answer: http.StatusOK}
	c.Server = httptest.NewUnstartedServer(c)
	c.TLS = &tls.Config{Certificates: []tls.Certificate{must(tls.X509KeyPair(pair.Cert, pair.Key))(t)}}
	c.Config.ErrorLog = log.New(io.Discard, "", 0)
	c.StartTLS()
	t.Cleanup(c.Close)
	return c
}

// ServeHTTP implements http.Handler.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var sent tracepb.TracesData
	if err == nil {
		err = proto.Unmarshal(body, &sent)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || r.Header.Get("Content-Type") != "application/x-protobuf" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(c.answer)
	if c.answer != http.StatusOK {
		return
	}
	c.raw.Write(body)
	c.headers, c.path = r.Header.Clone(), r.URL.Path
	for _, of := range sent.ResourceSpans {
		c.about = map[string]string{}
		for _, a := range of.Resource.Attributes {
			c.about[a.Key] = a.Value.GetStringValue()
		}
		for _, in := range of.ScopeSpans {
			c.spans = append(c.spans, in.Spans...)
		}
	}
}

// answering changes the status of all further answers.
func (c *collector) answering(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = status
}

// trace is the spans of one trace.
type trace []*tracepb.Span

// trace waits for the span that has the text as an attribute, and returns all spans of its trace.
// The last span of a trace to end is its first.
func (c *collector) trace(t testing.TB, key, value string) trace {
	t.Helper()
	var found trace
	within(t, time.Minute, "a trace with "+key+" "+value, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, s := range c.spans {
			if textOf(s, key) != value {
				continue
			}
			for _, other := range c.spans {
				if bytes.Equal(other.TraceId, s.TraceId) {
					found = append(found, other)
				}
			}
			return true
		}
		return false
	})
	return found
}

// textOf returns a text of a span; "" if it has none.
func textOf(s *tracepb.Span, key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

// numberOf returns a number of a span.
func numberOf(s *tracepb.Span, key string) int64 {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.GetIntValue()
		}
	}
	return -1
}

// path returns the names from the first span of the trace to this one.
func (tr trace) path(s *tracepb.Span) string {
	for _, parent := range tr {
		if bytes.Equal(parent.SpanId, s.ParentSpanId) {
			return tr.path(parent) + " > " + s.Name
		}
	}
	return s.Name
}

// paths returns those of all spans.
func (tr trace) paths() map[string]*tracepb.Span {
	all := map[string]*tracepb.Span{}
	for _, s := range tr {
		all[tr.path(s)] = s
	}
	return all
}

func (tr trace) id() string { return hex.EncodeToString(tr[0].TraceId) }
