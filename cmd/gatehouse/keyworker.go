// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gatehouse/internal/config"
	"gatehouse/internal/span"
)

// learnKeysEvery is how often a server looks for a new master key.
const learnKeysEvery = time.Second

// keyWorker learns master keys that a rotation adds.
type keyWorker struct {
	services *services
	tracer   span.Tracer // may be nil
	log      *slog.Logger
}

// Name implements server.Worker.
func (w keyWorker) Name() string { return "master keys" }

// Run implements server.Worker.
func (w keyWorker) Run(ctx context.Context) error {
	ticker := time.NewTicker(learnKeysEvery)
	defer ticker.Stop()
	for last := ""; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		round, s := span.Begin(ctx, w.tracer, "worker: learn master keys")
		err := w.services.identity.LearnMasterKeys(round)
		s.End()
		switch {
		case err == nil:
			last = ""
		case !errors.Is(err, context.Canceled) && err.Error() != last: // once, not every second
			last = err.Error()
			w.log.Warn("the master keys could not be read: the server is not ready", "error", err)
		}
	}
}

// readiness returns what /readyz asks: whether requests can be served, and whether the server could
// be started again with the key that its settings or its key file have now. After key finish, one
// that was started with the old key still works, but would not start.
func readiness(s *services, c config.Config, environ []string) func(context.Context) error {
	path := keyPath(c, environ)
	return func(ctx context.Context) error {
		if err := s.identity.Ready(ctx); err != nil {
			return err
		}
		key := c.MasterKey
		if path != "" {
			var err error
			if key, err = readKeyFile(path); err != nil {
				return nil // it may be being replaced, and what is in memory works
			}
		}
		return s.identity.OpensWith(ctx, key)
	}
}
