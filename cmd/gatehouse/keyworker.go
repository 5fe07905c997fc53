// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// learnKeysEvery is how often a server looks for a new master key.
const learnKeysEvery = time.Second

// keyWorker learns master keys that a rotation adds.
type keyWorker struct {
	services *services
	log      *slog.Logger
}

// Name implements server.Worker.
func (w keyWorker) Name() string { return "master keys" }

// Run implements server.Worker.
func (w keyWorker) Run(ctx context.Context) error {
	ticker := time.NewTicker(learnKeysEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := w.services.identity.LearnMasterKeys(ctx); err != nil && !errors.Is(err, context.Canceled) {
			w.log.Warn("the master keys could not be read: the server is not ready", "error", err)
		}
	}
}
