// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"gatehouse/internal/config"
	"gatehouse/internal/server"
)

// reloader reads the settings again at SIGHUP, and has the running server take over those that
// can change. It is a Worker.
type reloader struct {
	flags    map[string]string
	environ  []string
	inForce  []config.Setting
	services *services
	level    *slog.LevelVar
	server   *server.Server
	log      *slog.Logger
	hangups  chan os.Signal
}

// newReloader returns a reloader if the settings have a file, and nil otherwise: flags and
// variables cannot change, and SIGHUP then ends the program, as it does when its terminal is
// closed. From here on SIGHUP is caught.
func newReloader(flags map[string]string, environ []string) *reloader {
	inForce, _ := config.Show(flags, environ, readSecret)
	for _, s := range inForce {
		if s.Name == "config" && s.Value != "" {
			r := &reloader{flags: flags, environ: environ, inForce: inForce, hangups: make(chan os.Signal, 1)}
			signal.Notify(r.hangups, syscall.SIGHUP)
			return r
		}
	}
	return nil
}

// Name implements server.Worker.
func (*reloader) Name() string { return "reload" }

// Run implements server.Worker.
func (r *reloader) Run(ctx context.Context) error {
	defer signal.Stop(r.hangups)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.hangups:
			r.reload()
		}
	}
}

// reload takes over all changes that it can, or none if there is any error.
func (r *reloader) reload() {
	c, err := config.Load(r.flags, r.environ, readSecret)
	if err != nil {
		r.log.Error("the settings were not reloaded, and the server goes on with the former ones", "error", err)
		return
	}
	r.level.Set(c.LogLevel)
	r.services.tenancy.SetSwitches(switches(c))
	r.services.identity.SetLoginLife(c.LoginLife)
	r.server.SetProxies(proxies(c, r.log))
	settings, _ := config.Show(r.flags, r.environ, readSecret)
	now, atStart := config.Changed(r.inForce, settings)
	r.log.Info("the settings were reloaded", "changed", now)
	if len(atStart) > 0 {
		r.log.Warn("some settings change at the next start only", "changed", atStart)
	}
	for i, o := range config.Options() {
		if o.Reload {
			r.inForce[i] = settings[i]
		}
	}
}
