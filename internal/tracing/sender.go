// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// How a batch is tried again.
const (
	tryLimit   = 5 * time.Second
	maxTries   = 4
	firstPause = time.Second // then twice as long each time
	warnEvery  = time.Minute // at most, that traces cannot be sent
)

// sender is an otlptrace.Client that posts protocol buffers. The library's own one brings gRPC
// along, reads variables of the environment by itself, and tells nobody what failed.
type sender struct {
	endpoint string
	headers  map[string]string
	client   *http.Client
	log      *slog.Logger
	counts   *counts

	mu     sync.Mutex
	warned time.Time // when the log was last told of a failure; zero: the last batch arrived
}

var _ otlptrace.Client = (*sender)(nil)

func newSender(o Options, counts *counts) *sender {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: o.Authorities, MinVersion: tls.VersionTLS12}
	return &sender{endpoint: o.Endpoint, headers: o.Headers, log: o.Log, counts: counts,
		client: &http.Client{Transport: transport, Timeout: tryLimit,
			// Somebody else would get the headers.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Start implements otlptrace.Client.
func (*sender) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (s *sender) Stop(context.Context) error {
	s.client.CloseIdleConnections()
	return nil
}

// UploadTraces implements otlptrace.Client. It returns no error, because OpenTelemetry would write it
// to its global log: it tells the server's log instead.
func (s *sender) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	n := 0
	for _, of := range spans {
		for _, in := range of.ScopeSpans {
			n += len(in.Spans)
		}
	}
	// It has the same fields as the request of the collector's service.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err == nil {
		err = s.send(ctx, body)
	}
	if err != nil {
		s.counts.failed.Add(float64(n))
	} else {
		s.counts.sent.Add(float64(n))
	}
	s.note(err)
	return nil
}

// note logs that traces cannot be sent, and that they can again.
func (s *sender) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil && !s.warned.IsZero():
		s.warned = time.Time{}
		s.log.Info("traces are sent again")
	case err != nil && time.Since(s.warned) >= warnEvery:
		s.warned = time.Now()
		s.log.Warn("traces could not be sent and are lost: see whether the collector of --trace-endpoint runs",
			"error", err)
	}
}

// send posts a batch, and tries again when that may help.
func (s *sender) send(ctx context.Context, body []byte) error {
	pause := firstPause
	for try := 1; ; try++ {
		again, err := s.post(ctx, body)
		if err == nil || !again || try == maxTries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// post posts a batch once. again reports whether another try may help.
func (s *sender) post(ctx context.Context, body []byte) (again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		return false, fmt.Errorf("make the request: %w", err)
	}
	for name, value := range s.headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("User-Agent", "gatehouse")
	answer, err := s.client.Do(r)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err
		}
		return ctx.Err() == nil, err
	}
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	_ = answer.Body.Close()
	if answer.StatusCode/100 == 2 {
		return false, nil
	}
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout:
		again = true
	}
	return again, fmt.Errorf("the collector answered %d", answer.StatusCode)
}
