// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gatehouse/internal/span"
)

// How often the audit is looked after, and how long that may take when the server stops.
const (
	writeRefusalsEvery = 10 * time.Second
	sealAuditsEvery    = time.Minute
	lastWrite          = 3 * time.Second
)

// auditWorker writes counts of refused log-ins, and lists new chains.
type auditWorker struct {
	services *services
	tracer   span.Tracer // may be nil
	log      *slog.Logger
}

// Name implements server.Worker.
func (w auditWorker) Name() string { return "audit" }

// Run implements server.Worker. An error is logged, and the work done at the next time.
func (w auditWorker) Run(ctx context.Context) error {
	refusals, seals := time.NewTicker(writeRefusalsEvery), time.NewTicker(sealAuditsEvery)
	defer refusals.Stop()
	defer seals.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
			defer cancel()
			w.note(w.services.identity.WriteRefusals(last, true))
			return nil
		case <-refusals.C:
			round, s := span.Begin(ctx, w.tracer, "worker: write refusals")
			err = w.services.identity.WriteRefusals(round, false)
			s.End()
		case <-seals.C:
			round, s := span.Begin(ctx, w.tracer, "worker: seal audits")
			err = w.services.tenancy.SealAudits(round)
			s.End()
		}
		w.note(err)
	}
}

func (w auditWorker) note(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		w.log.Warn("the audit could not be written: it is tried again", "error", err)
	}
}
