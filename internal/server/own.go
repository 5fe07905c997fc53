// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gatehouse/internal/httpkit"
)

// readyTimeout bounds how long a health check waits for the database.
const readyTimeout = 2 * time.Second

// The addresses of health and metrics.
const (
	livez       = "/livez"
	readyz      = "/readyz"
	metricsPath = "/metrics"
)

// ownDoor serves the addresses that belong to no wire. Its errors are plain text.
func (s *Server) ownDoor(welcome httpkit.Handler, withMetrics bool) *httpkit.Door {
	routes := []httpkit.Route{
		ownRoute("/{$}", "welcome", welcome),
		ownRoute(livez, "livez", exactly(livez, s.livez)),
		ownRoute(readyz, "readyz", exactly(readyz, s.readyz)),
	}
	if withMetrics {
		exposition := promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
			// Only this format has exemplars. It writes le="1.0" where the other has le="1", which are
			// two series to Prometheus before 3.0, so it is there only with traces.
			EnableOpenMetrics: s.o.Tracer != nil})
		routes = append(routes, ownRoute(metricsPath, "metrics",
			exactly(metricsPath, func(w http.ResponseWriter, r *http.Request) error {
				exposition.ServeHTTP(w, r)
				return nil
			})))
	}
	return &httpkit.Door{
		Name:       "server",
		Roots:      []string{"/"},
		Paths:      []string{livez, readyz, metricsPath}, // also if a door owns "/"
		Routes:     routes,
		WriteError: writeText,
	}
}

func ownRoute(pattern, name string, h httpkit.Handler) httpkit.Route {
	return httpkit.Route{Method: http.MethodGet, Pattern: pattern, Name: name, Handler: h, Class: httpkit.Free}
}

// exactly refuses every other spelling of a path that CleanPaths made the same, such as
// //metrics or /%6detrics: a rule of a proxy that denies /metrics does not know them.
func exactly(path string, h httpkit.Handler) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if sentPath(r.RequestURI) != path {
			return httpkit.Errorf(http.StatusNotFound, "There is nothing at this address. It is spelled %s.", path)
		}
		return h(w, r)
	}
}

// sentPath returns the path of a request target as the client sent it (RFC 9112, section 3.2).
func sentPath(target string) string {
	target, _, _ = strings.Cut(target, "?")
	if strings.HasPrefix(target, "/") {
		return target
	}
	_, rest, _ := strings.Cut(target, "://")
	_, path, _ := strings.Cut(rest, "/")
	return "/" + path
}

func writeText(w http.ResponseWriter, _ *http.Request, err error) {
	var he *httpkit.Error
	if errors.As(err, &he) {
		he.SetRetryAfter(w.Header())
		_ = text(w, he.Status, he.Message+"\n")
		return
	}
	_ = text(w, http.StatusInternalServerError, "Something went wrong on the server.\n")
}

func (*Server) livez(w http.ResponseWriter, _ *http.Request) error {
	return text(w, http.StatusOK, "ok\n")
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
