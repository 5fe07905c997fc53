// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"log/slog"
	"net/http"

	"gatehouse/internal/httpkit"
)

// startInternal serves health and metrics on the internal listener, if there is one. The
// caller calls stop after the last request of the doors, so that /readyz can say that the
// server drains.
func (s *Server) startInternal() (stop func()) {
	if s.o.Internal == nil {
		return func() {}
	}
	door := s.ownDoor(welcomeInside, true)
	limits := httpkit.DefaultLimits()
	internal := &http.Server{
		Handler:           httpkit.Observe(httpkit.CleanPaths(door.Gated(s.gate)), s.o.Log, s.metrics.observe),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: limits.ReadTimeout, WriteTimeout: limits.WriteTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug),
	}
	s.o.Log.Info("health and metrics at", "url", "http://"+s.o.Internal.Addr().String())
	listener := limit(s.o.Internal, fewestConnections, func() { makeRoom(internal) })
	go func() {
		if err := internal.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.o.Log.Error("health and metrics are not served any more", "error", err)
			s.workerStopped.Store(true)
		}
	}()
	return func() { _ = internal.Close() }
}
