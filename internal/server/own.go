// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gatehouse/internal/httpkit"
)

// readyTimeout bounds how long a health check waits for the database.
const readyTimeout = 2 * time.Second

const welcome = `Gatehouse is running.

Oracle Commerce Cloud wire:  /ccadmin/v1  /ccapp/v1  /ccagent/v1  /ccappagent/v1  /ccstore/v1
Commvault wire:              /commandcenter/api  /webconsole/api  /SearchSvc/CVWebService.svc  /WebServerCore
Native API and OAuth:        /v1  /oauth2, described at /docs
Health:                      /livez  /readyz
Metrics:                     /metrics
`

// ownDoor serves the addresses that belong to no wire. Its errors are plain text.
func (s *Server) ownDoor() *httpkit.Door {
	get := func(pattern, name string, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: http.MethodGet, Pattern: pattern, Name: name, Handler: h, Class: httpkit.Free}
	}
	exposition := promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
	return &httpkit.Door{
		Name:  "server",
		Roots: []string{"/"},
		Paths: []string{"/livez", "/readyz", "/metrics"}, // also if a door owns "/"
		Routes: []httpkit.Route{
			get("/{$}", "welcome", func(w http.ResponseWriter, _ *http.Request) error {
				return text(w, http.StatusOK,
					welcome)
			}),
			get("/livez", "livez", func(w http.ResponseWriter, _ *http.Request) error {
				return text(w, http.StatusOK,
					"ok\n")
			}),
			get("/readyz", "readyz", s.readyz),
			get("/metrics", "metrics", func(w http.ResponseWriter, r *http.Request) error {
				exposition.ServeHTTP(w, r)
				return nil
			}),
		},
		WriteError: func(w http.ResponseWriter, _ *http.Request, err error) {
			var he *httpkit.Error
			if errors.As(err, &he) {
				he.SetRetryAfter(w.Header())
				_ = text(w, he.Status, he.Message+"\n")
				return
			}
			_ = text(w, http.StatusInternalServerError, "Something went wrong on the server.\n")
		},
	}
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if s.draining.Load() {
		return httpkit.Errorf(http.StatusServiceUnavailable, "draining")
	}
	if s.workerStopped.Load() {
		return httpkit.Errorf(http.StatusServiceUnavailable, "not ready: see the log")
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := s.o.Ready(ctx); err != nil {
		return &httpkit.Error{Status: http.StatusServiceUnavailable, Message: "not ready: see the log", Err: err}
	}
	return text(w, http.StatusOK, "ok\n")
}

func text(w http.ResponseWriter, status int, body string) error {
	httpkit.Write(w, status, "text/plain; charset=utf-8", []byte(body))
	return nil
}
