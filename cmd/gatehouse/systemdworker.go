// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// systemdWorker tells systemd that the server is ready, that it lives, and that it stops, as
// sd_notify(3) and sd_watchdog_enabled(3) say. Without systemd it is not there.
type systemdWorker struct {
	handler func() http.Handler // answers /livez
	log     *slog.Logger
}

// underSystemd reports whether the process was started by a unit that waits for its word.
func underSystemd() bool { return os.Getenv("NOTIFY_SOCKET") != "" }

// Name implements server.Worker.
func (w systemdWorker) Name() string { return "systemd" }

// Run implements server.Worker.
func (w systemdWorker) Run(ctx context.Context) error {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return fmt.Errorf("read the interval of the watchdog: %w", err)
	}
	w.notify(daemon.SdNotifyReady)
	var beat <-chan time.Time
	if every > 0 {
		ticker := time.NewTicker(every / 2)
		defer ticker.Stop()
		beat = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			w.notify(daemon.SdNotifyStopping)
			return nil
		case <-beat:
			if w.lives(ctx) {
				w.notify(daemon.SdNotifyWatchdog)
			}
		}
	}
}

// lives reports whether the server answers. A database that is away does not matter here: a restart
// would not bring it back.
func (w systemdWorker) lives(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/livez", nil)
	if err != nil {
		w.log.Error("the watchdog has no request", "error", err)
		return false
	}
	r.RequestURI = "/livez"
	answer := &statusOnly{header: http.Header{}}
	w.handler().ServeHTTP(answer, r)
	return answer.status == http.StatusOK
}

// statusOnly is a http.ResponseWriter that forgets everything but the status.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header { return s.header }

func (s *statusOnly) WriteHeader(status int) { s.status = cmp.Or(s.status, status) }

func (s *statusOnly) Write(b []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return len(b), nil
}

func (w systemdWorker) notify(state string) {
	if sent, err := daemon.SdNotify(false, state); err != nil || !sent {
		w.log.Warn("systemd could not be told", "state", state, "error",
			errors.Join(err, errors.New("nothing was sent")))
	}
}
