// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/bench/host"
	"gatehouse/internal/secret"
)

// Options say what is run.
type Options struct {
	Binary   string         // the built server
	Folder   string         // for the data; it is left as it is at the end
	Postgres *host.Postgres // nil: SQLite, with one server; else there are two
	Duration time.Duration  // at least; what the operator does may take longer
	Rate     int            // tasks a second, of about five requests each
	Out      io.Writer
}

const (
	workers   = 8
	companies = 24
	// leastToJudge is in how much time memory can be said to grow.
	leastToJudge = 10 * time.Minute
	intervals    = 30
	shownErrors  = 10
)

// run is one run.
type run struct {
	o            Options
	certificates certificates
	sites        []*host.Site
	places       *places
	caller       *caller
	admin        *operator
	companies    []*company
	begun        time.Time
	late         atomic.Int64 // tasks that were left out because all workers had one

	mu      sync.Mutex
	failed  int
	samples []usage
}

// Run runs it, and returns an error if anything that was asked failed, or if the servers grew.
func Run(ctx context.Context, o Options) (err error) {
	r := &run{o: o}
	if err := r.start(ctx); err != nil {
		return err
	}
	defer func() { r.places.kill() }()
	r.say("%d servers, %d tasks a second, for %s", len(r.sites), o.Rate, o.Duration)
	if err := r.load(ctx); err != nil {
		return err
	}
	return r.end(ctx)
}

func (r *run) say(format string, args ...any) {
	at := time.Duration(0)
	if !r.begun.IsZero() {
		at = time.Since(r.begun).Round(time.Second)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.o.Out, "%7s  %s\n", at, fmt.Sprintf(format, args...))
}

// fail counts something that went wrong, and says the first ones.
func (r *run) fail(what string, err error) {
	r.mu.Lock()
	r.failed++
	n := r.failed
	r.mu.Unlock()
	if n <= shownErrors {
		r.say("FAILED: %s: %v", what, err)
	}
}

// start starts the servers and makes what the tasks use.
func (r *run) start(ctx context.Context) (err error) {
	if r.certificates, err = newCertificates(r.o.Folder); err != nil {
		return err
	}
	environ := []string{"GATEHOUSE_PUBLIC_REQUESTS=on", "GATEHOUSE_TLS_CERT=" + certFile(r.o.Folder),
		"GATEHOUSE_TLS_KEY=" + keyFile(r.o.Folder)}
	servers, database := 1, ""
	if r.o.Postgres != nil {
		servers = 2
		if database, err = r.o.Postgres.Create(ctx, databaseName, ""); err != nil {
			return err
		}
		path := filepath.Join(r.o.Folder, "first.key")
		if err := os.WriteFile(path, []byte(hex.EncodeToString(secret.NewMasterKey())+"\n"),
			0o600); err != nil {
			return err
		}
		environ = append(environ, keySetting+path)
	}
	if r.sites, err = newSites(r.o.Binary, r.o.Folder, database, servers, environ,
		r.certificates.trust); err != nil {
		return err
	}
	if r.places, err = startPlaces(ctx, r.sites); err != nil {
		return err
	}
	r.caller = newCaller(r.places, r.certificates.trust)
	r.admin = &operator{caller: r.caller, username: "admin", password: r.sites[0].Password}
	for i := range companies {
		c, err := newCompany(ctx, r.admin, i)
		if err != nil {
			r.places.kill()
			return err
		}
		r.companies = append(r.companies, c)
	}
	return nil
}

// end verifies what there is, stops the servers, verifies again and judges.
func (r *run) end(ctx context.Context) error {
	for _, when := range []string{"while servers run", "when they have stopped"} {
		out, err := r.sites[0].Run(ctx, "audit", "verify")
		if err != nil {
			return fmt.Errorf("audit verify %s: %w", when, err)
		}
		r.say("audit verify, %s: %s", when, lastLine(out))
		if when == "while servers run" {
			r.caller.closeIdle()
			if err := r.places.stop(); err != nil {
				return err
			}
		}
	}
	r.caller.interval()
	h := r.caller.all
	r.say("in all %d requests, p50 %s, p99 %s, longest %s; %d failed, %d were told to come later, "+
		"%d tasks were left out",
		h.Count(), short(h.Quantile(0.5)), short(h.Quantile(0.99)), short(h.Max()), r.failed,
		r.caller.told.Load(),
		r.late.Load())
	var errs []error
	if r.failed > 0 {
		errs = append(errs, fmt.Errorf("%d things failed", r.failed))
	}
	if r.o.Duration >= leastToJudge {
		text, err := growth(r.samples)
		r.say("once settled: %s", text)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
