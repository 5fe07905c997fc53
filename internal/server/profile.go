// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"strconv"
	"strings"

	"gatehouse/internal/httpkit"
)

// Sampling rates while profiles are served. They are low, so that a server under load
// can leave profiles on.
const (
	mutexFraction = 100    // samples one of so many waits for a mutex
	blockRate     = 10_000 // samples one wait per so many nanoseconds of waiting
)

const profilesRoot = "/debug/pprof/"

// Profiles is a Worker that serves Go's profiles on a listener of their own.
type Profiles struct {
	listener net.Listener
	log      *slog.Logger
}

// NewProfiles returns a Worker for the listener, which Run closes. Sampling begins here.
func NewProfiles(listener net.Listener, log *slog.Logger) *Profiles {
	runtime.SetMutexProfileFraction(mutexFraction)
	runtime.SetBlockProfileRate(blockRate)
	log.Info("profiles at", "url", "http://"+listener.Addr().String()+profilesRoot)
	return &Profiles{listener, log}
}

// Name implements Worker.
func (p *Profiles) Name() string { return "profiles" }

// Run implements Worker. The end of the context cuts off a profile that is being taken.
// The server itself continues without its profiles, so no failure is an error.
func (p *Profiles) Run(ctx context.Context) error {
	defer runtime.SetBlockProfileRate(0)
	defer runtime.SetMutexProfileFraction(0)
	// A read timeout would cut off longer profiles. The write timeout starts at the end
	// of the profile; pprof takes care of that.
	s := &http.Server{
		Handler:           profiles(),
		ReadHeaderTimeout: headerTimeout, WriteTimeout: httpkit.DefaultLimits().WriteTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	if err := s.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
		p.log.Warn("profiles are not served any more", "error", err)
	}
	return nil
}

// profiles returns a handler for the profiles that describe the program and not its data.
// It omits the command line, which may contain a database URL.
func profiles() http.Handler {
	mux := http.NewServeMux()
	names := []string{"allocs", "block", "goroutine", "heap", "mutex"}
	for _, name := range names {
		mux.Handle("GET "+profilesRoot+name, withoutArguments(pprof.Handler(name)))
	}
	mux.HandleFunc("GET "+profilesRoot+"profile", pprof.Profile)
	mux.HandleFunc("GET "+profilesRoot+"trace", pprof.Trace)
	list := "Profiles, for go tool pprof (trace: for go tool trace):\n\n" + strings.Join(append(names, "profile",
		"trace"), "\n") + "\n"
	mux.HandleFunc("GET "+profilesRoot+"{$}", func(w http.ResponseWriter, _ *http.Request) {
		httpkit.Write(w, http.StatusOK, "text/plain; charset=utf-8", []byte(list))
	})
	return mux
}

// withoutArguments refuses the form of a profile that shows the arguments of functions: a
// key that is passed as an array would be shown in full.
func withoutArguments(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if debug, _ := strconv.Atoi(r.FormValue("debug")); debug > 1 {
			httpkit.Write(w, http.StatusBadRequest, "text/plain; charset=utf-8",
				[]byte("debug may be 0 or 1: with more, arguments would be shown.\n"))
			return
		}
		h.ServeHTTP(w, r)
	})
}
