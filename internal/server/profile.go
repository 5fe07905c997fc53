// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"fmt"
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

// ServeProfiles serves Go's profiles on a listener of their own until stop is called.
// It closes the listener. stop cuts off a profile that is being taken.
func ServeProfiles(listener net.Listener, log *slog.Logger) (stop func() error) {
	runtime.SetMutexProfileFraction(mutexFraction)
	runtime.SetBlockProfileRate(blockRate)
	// A read timeout would cut off longer profiles. The write timeout starts at the end
	// of the profile; pprof takes care of that.
	s := &http.Server{
		Handler:           profiles(),
		ReadHeaderTimeout: headerTimeout, WriteTimeout: httpkit.DefaultLimits().WriteTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		// The server itself continues without its profiles.
		if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Warn("profiles are not served any more", "error", err)
		}
	}()
	log.Info("profiles at", "url", "http://"+listener.Addr().String()+profilesRoot)
	return func() error {
		err := s.Close()
		<-done
		runtime.SetMutexProfileFraction(0)
		runtime.SetBlockProfileRate(0)
		if err != nil {
			return fmt.Errorf("close the profiles: %w", err)
		}
		return nil
	}
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
	list := "Profiles, for go tool pprof (trace: for go tool trace):\n\n" + strings.Join(append(names, "profile", "trace"), "\n") + "\n"
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
			httpkit.Write(w, http.StatusBadRequest, "text/plain; charset=utf-8", []byte("debug may be 0 or 1: with more, arguments would be shown.\n"))
			return
		}
		h.ServeHTTP(w, r)
	})
}
