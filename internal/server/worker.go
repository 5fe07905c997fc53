// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// workerLimit is how long a worker may take to stop.
const workerLimit = 5 * time.Second

// Worker is work that needs no request and goes on for as long as the server runs.
type Worker interface {
	// Name is for the log.
	Name() string
	// Run works until the context ends, and then returns nil or the context's error. It
	// returns nil earlier if nothing is left to do. Any other error means that the work
	// is not done any more: it is logged, and the server is not ready from then on.
	Run(ctx context.Context) error
}

// startWorkers starts the workers. They also run while the server drains, because the
// last requests may need them. The caller calls stop after that.
func (s *Server) startWorkers(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make([]chan struct{}, len(s.o.Workers))
	for i, w := range s.o.Workers {
		ended[i] = make(chan struct{})
		go func() {
			defer close(ended[i])
			if err := runWorker(ctx, w); err != nil && !(ctx.Err() != nil && errors.Is(err, ctx.Err())) {
				s.workerStopped.Store(true)
				s.o.Log.Error("a worker has stopped: restart the server", "worker", w.Name(), "error", err)
			}
		}()
	}
	return func() {
		cancel()
		limit := time.After(s.o.workerLimit)
		for i, w := range s.o.Workers {
			select {
			case <-ended[i]:
			case <-limit:
				s.o.Log.Warn("stopping with a worker unfinished", "worker", w.Name())
				return
			}
		}
	}
}

// runWorker makes an error of a panic.
func runWorker(ctx context.Context, w Worker) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return w.Run(ctx)
}
