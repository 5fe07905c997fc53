// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"gatehouse/internal/config"
	"gatehouse/internal/span"
	"gatehouse/internal/tracing"
)

// newTracer returns what records traces, or nil if the settings name no collector.
func newTracer(ctx context.Context, c config.Config, environ []string, log *slog.Logger) (*tracing.Tracer,
	error) {
	if c.Trace.Endpoint == "" {
		noteUnreadEndpoint(environ, log)
		return nil, nil
	}
	authorities, err := readAuthorities("--trace-ca", c.Trace.CA)
	if err != nil {
		return nil, err
	}
	return tracing.New(ctx, tracing.Options{Endpoint: c.Trace.Endpoint, Headers: c.Trace.Headers,
		Authorities: authorities, Ratio: c.Trace.Ratio, Version: version(), Log: log})
}

// noteUnreadEndpoint tells those who expect that the standard variables switch traces on.
func noteUnreadEndpoint(environ []string, log *slog.Logger) {
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if (name == "OTEL_EXPORTER_OTLP_ENDPOINT" || name == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") && value != "" {
			log.Warn("a variable of OpenTelemetry is not read, and traces are off: to send them, set "+
				"--trace-endpoint", "variable", name)
		}
	}
}

// recording returns a tracer for those who begin traces, and its metrics. Both are nil for nil.
func recording(t *tracing.Tracer) (span.Tracer, []prometheus.Collector) {
	if t == nil {
		return nil, nil
	}
	return t, t.Collectors()
}

// readAuthorities reads the certificates that a setting names; nil if it names none.
func readAuthorities(setting, path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w): give the path of a PEM file that the server may read",
			setting, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s %q has no certificate in PEM: give a file that begins with "+
			"-----BEGIN CERTIFICATE-----",
			setting, path)
	}
	return pool, nil
}
