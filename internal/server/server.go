// SPDX-License-Identifier: Apache-2.0

// Package server serves the doors, health and metrics on one listener, with timeouts,
// and stops gracefully. It knows no wire and no rule.
//
// Floor F4: it imports httpkit, which all doors share; cmd passes the doors.
package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/span"
)

// Limits of one connection.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10 // bytes
)

// How a server stops: it reports that it is not ready and goes on answering for
// drainDelay, so that load balancers notice. Then it waits for running requests, at most
// drainLimit.
const (
	drainDelay = time.Second
	drainLimit = 20 * time.Second
)

// Options are the parts of a server.
type Options struct {
	Doors   []*httpkit.Door
	Workers []Worker
	Ready   func(ctx context.Context) error // the database, its schema, the keys
	Log     *slog.Logger
	Version string
	// Front is the path to which browsers are sent from the root; "": they get a page there.
	Front   string
	Proxies httpkit.Proxies
	Tracer  span.Tracer            // records requests; nil: none are recorded
	Metrics []prometheus.Collector // of other parts, served with those of this package
	// Internal is a listener for health and metrics alone, without TLS; nil: none. Run closes it.
	Internal net.Listener
	// Certificate is for HTTPS; nil: plain HTTP. As one of the Workers it follows its files.
	Certificate *Certificate

	shares         map[httpkit.Class]httpkit.Share // tests set smaller ones
	maxConnections int
	drainDelay     time.Duration
	workerLimit    time.Duration
}

// Server answers all doors on one listener.
type Server struct {
	o             Options
	metrics       *metrics
	gate          *httpkit.Gate
	draining      atomic.Bool
	workerStopped atomic.Bool // one of them, by an error
	http          *http.Server
	observed      http.Handler
	behind        atomic.Pointer[believed]
}

// believed is the handler of all requests with whose word about clients it believes.
type believed struct {
	proxies httpkit.Proxies
	handler http.Handler
}

// New makes a server; Run starts it.
func New(o Options) *Server {
	if o.shares == nil {
		o.shares = shares()
	}
	if o.maxConnections == 0 {
		o.maxConnections = maxConnections(openFiles())
	}
	if o.drainDelay == 0 {
		o.drainDelay = drainDelay
	}
	if o.workerLimit == 0 {
		o.workerLimit = workerLimit
	}
	gate, limits := httpkit.NewGate(o.shares), httpkit.DefaultLimits() // a route with other limits sets its own
	s := &Server{o: o, gate: gate, metrics: newMetrics(o.Version, gate)}
	s.observed = httpkit.Observe(httpkit.Trace(httpkit.CleanPaths(s.routes()), o.Tracer), o.Log,
		s.metrics.observe)
	s.metrics.registry.MustRegister(o.Metrics...)
	s.SetProxies(o.Proxies)
	s.http = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.behind.Load().handler.ServeHTTP(w, r)
		}),
		ConnContext:       httpkit.ConnContext,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: limits.ReadTimeout, WriteTimeout: limits.WriteTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		// broken connections are no error of the server
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	if o.Certificate != nil {
		s.http.TLSConfig, s.http.HTTP2 = o.Certificate.tlsConfig(), http2Config()
		s.metrics.registry.MustRegister(expiryGauge(o.Certificate))
	}
	return s
}

// SetProxies changes whose word about clients is believed, from the next request on, or with
// the PROXY protocol from the next connection on. It does not change how the proxies tell,
// nor whose traces go on.
func (s *Server) SetProxies(p httpkit.Proxies) {
	p.By, p.Parents = s.o.Proxies.By, s.o.Proxies.Parents
	s.behind.Store(&believed{p, p.Handler(s.observed)})
}

// Handler returns the handler of all requests, for tests that need no listener.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// routes returns a handler that passes each request to the door that owns its path most
// closely. Of two doors with the same rank the first one has it. The server's own door,
// which is the last, owns all paths that no other door owns.
func (s *Server) routes() http.Handler {
	type mounted struct {
		door    *httpkit.Door
		handler http.Handler
	}
	var doors []mounted
	own := s.ownDoor(welcomeHandler(s.o.Internal == nil, s.o.Front), s.o.Internal == nil)
	for _, d := range append(slices.Clone(s.o.Doors), own) {
		doors = append(doors, mounted{d, d.Gated(s.gate)})
		s.metrics.declare(d)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var owner http.Handler
		best := -1
		for _, m := range doors {
			if rank, owns := m.door.Owns(r.URL.Path); owns && rank > best {
				owner, best = m.handler, rank
			}
		}
		owner.ServeHTTP(w, r)
	})
}

// Run serves until the context ends. Then /readyz fails, requests under way may finish,
// and after drainLimit the rest is cut off. Run returns nil if the context ended it, and
// the error of the listener otherwise. It closes the listener in any case.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	failed := make(chan error, 1)
	stopWorkers := s.startWorkers(ctx)
	defer stopWorkers()
	stopInternal := s.startInternal()
	defer stopInternal()
	go func() {
		failed <- s.serve(limit(s.behindProxies(listener), s.o.maxConnections, func() { makeRoom(s.http) }))
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.draining.Store(true)
	s.o.Log.Info("draining")
	// The parent context has ended; draining has a deadline of its own.
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	select {
	case <-time.After(s.o.drainDelay):
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	}
	if err := s.http.Shutdown(limit); err != nil {
		// Unfinished requests are cut off: no client may prevent the server from stopping.
		s.o.Log.Warn("stopping with requests unfinished", "error", err)
		if err := s.http.Close(); err != nil {
			return fmt.Errorf("close: %w", err)
		}
	}
	s.o.Log.Info("stopped")
	return nil
}

// makeRoom closes the connections that wait for a next request, and those that have not
// sent their first within five seconds. Their clients will open new ones.
func makeRoom(s *http.Server) {
	s.SetKeepAlivesEnabled(false)
	s.SetKeepAlivesEnabled(true)
}
