// SPDX-License-Identifier: Apache-2.0

// Package tracing records spans with OpenTelemetry, and sends them to a collector by OTLP over
// HTTP. It has a queue of bounded length: a collector that is slow or gone costs spans, and
// nothing else.
//
// It does not decide what a span is about: package span says what begins and ends. It sets no
// global of OpenTelemetry, and reads OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES alone of its
// environment variables.
//
// Floor F0: of this module it imports span only.
package tracing

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"gatehouse/internal/span"
)

// Bounds on what is kept and how long it may take.
const (
	queueLength = 2048 // spans that have ended and are not sent yet
	batchLength = 512
	batchDelay  = time.Second
	exportLimit = 20 * time.Second // of one batch, with all tries
	closeLimit  = 2 * time.Second  // for the rest when the server stops
	maxSpans    = 512              // of one tree

	maxAttributes = 16  // of one span
	maxAttribute  = 256 // bytes
)

// Options are the settings of a Tracer.
type Options struct {
	Endpoint    string            // of OTLP over HTTP, with its path
	Headers     map[string]string // sent with each batch, secret
	Authorities *x509.CertPool    // of the endpoint; nil: the system's
	Ratio       float64           // of the trees that are recorded, from 0 to 1
	Version     string            // of this program
	Log         *slog.Logger
}

// Tracer is a span.Tracer. Close ends it.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	counts   *counts
}

var _ span.Tracer = (*Tracer)(nil)

// New makes a Tracer. It does not try whether there is a collector, which may come later.
func New(ctx context.Context, o Options) (*Tracer, error) {
	about, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "gatehouse"), attribute.String("service.version", o.Version),
		attribute.String("service.instance.id", uuid.NewString())), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES cannot be read: write it like name=value,name=value: %w",
			err)
	}
	counts := newCounts()
	exporter, err := otlptrace.New(ctx, newSender(o, counts))
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	limits := sdk.SpanLimits{AttributeValueLengthLimit: maxAttribute, AttributeCountLimit: maxAttributes}
	provider := sdk.NewTracerProvider(
		sdk.WithResource(about),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Ratio))),
		sdk.WithRawSpanLimits(limits),
		sdk.WithSpanProcessor(counts),
		sdk.WithBatcher(exporter, sdk.WithMaxQueueSize(queueLength), sdk.WithMaxExportBatchSize(batchLength),
			sdk.WithBatchTimeout(batchDelay), sdk.WithExportTimeout(exportLimit)))
	return &Tracer{provider: provider, tracer: provider.Tracer("gatehouse"), counts: counts}, nil
}

// Collectors returns the metrics of the Tracer.
func (t *Tracer) Collectors() []prometheus.Collector {
	return []prometheus.Collector{t.counts.ended, t.counts.sent, t.counts.failed}
}

// Close sends what has ended, for a short time. No span may be begun any more. That a collector
// does not answer is no error: the server stops in any case.
func (t *Tracer) Close(ctx context.Context) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	_ = t.provider.Shutdown(limited)
}
