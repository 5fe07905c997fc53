// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"gatehouse/internal/api"
	"gatehouse/internal/certorder"
	"gatehouse/internal/config"
	"gatehouse/internal/console"
	"gatehouse/internal/dialect/commvault"
	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/docs"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/oauth"
	"gatehouse/internal/secret"
	"gatehouse/internal/server"
	"gatehouse/internal/tracing"
)

func newServe(environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "serve", Short: "Start the server", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd, environ)
			if err != nil {
				return err
			}
			tuneMemory(environ)
			if c.ProfileListen == "" {
				runtime.MemProfileRate = 0 // Go samples allocations in any program that could show them
			}
			return serve(cmd.Context(), c, environ, newReloader(flagsOf(cmd), environ), cmd.OutOrStdout(),
				cmd.ErrOrStderr())
		}}
	addOptions(cmd, environ)
	return cmd
}

// serve runs the server until the context ends. It writes the greeting for people to
// stdout and the log to stderr. reload may be nil.
func serve(ctx context.Context, c config.Config, environ []string, reload *reloader, stdout, stderr io.Writer,
) (err error) {
	level := new(slog.LevelVar)
	level.Set(c.LogLevel)
	log, flush := newLog(stderr, level)
	defer flush()
	// This is first, so that a start with unusable files changes nothing.
	if err := checkKeyFile(c, environ, log); err != nil {
		return err
	}
	certificate, orders, err := loadCertificate(c, log)
	if err != nil {
		return err
	}
	tracer, err := newTracer(ctx, c, environ, log)
	if err != nil {
		return err
	}
	if tracer != nil {
		defer tracer.Close(ctx)
	}
	services, db, err := openServices(ctx, c, log)
	if db != nil {
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	if err != nil {
		return err
	}
	for _, note := range db.Notes() {
		log.Warn("the migration of the database found names that look alike", "note", note)
	}
	// This is before Start, so that no password is generated and lost because the
	// address is in use.
	at, err := listen(ctx, c)
	if err != nil {
		return err
	}
	first, err := services.identity.Start(ctx, secret.Of(c.AdminPassword))
	if err != nil {
		return errors.Join(fmt.Errorf("start: %w", err), at.close())
	}
	greet(stdout, c, scheme(c)+at.public.Addr().String(), first)
	if first.PasswordUnused {
		log.Warn("GATEHOUSE_ADMIN_PASSWORD is not the password of the operator admin and does not change it: "+
			"it counts on the first start only", "change", "gatehouse operator password admin")
	}
	if !c.RateLimits {
		log.Warn("RATE LIMITS AND LOCK-OUTS ARE OFF: for tests and benchmarks only")
	}
	log.Info("ready", "listen", at.public.Addr().String(), "version", version(), "config", c)
	s := newServer(services, c, environ, certificate, orders, at, reload, tracer, log)
	if reload != nil {
		reload.server, reload.services, reload.level, reload.log = s, services, level, log
	}
	go debug.FreeOSMemory() // memory of the start, such as 19 MiB for the hash of a first password
	return s.Run(ctx, at.public)
}

// newServer returns the server with all doors. certificate, orders, reload and tracer may be nil.
func newServer(services *services, c config.Config, environ []string, certificate *server.Certificate,
	orders *certorder.Orderer, at listeners, reload *reloader, tracer *tracing.Tracer,
	log *slog.Logger) *server.Server {
	reference := docs.Door(docs.Source{Root: "/v1", Document: api.Document()},
		docs.Source{Root: "/oauth2", Document: oauth.Document()})
	recorded, metrics := recording(tracer)
	workers := []server.Worker{auditWorker{services, recorded, log}, keyWorker{services, recorded, log}}
	if certificate != nil {
		workers = append(workers, certificate)
	}
	if orders != nil {
		workers = append(workers, orders)
	}
	if reload != nil {
		workers = append(workers, reload)
	}
	if at.profiles != nil {
		workers = append(workers, server.NewProfiles(at.profiles, log))
	}
	var s *server.Server
	if underSystemd() {
		workers = append(workers, systemdWorker{func() http.Handler { return s.Handler() }, log})
	}
	doors := []*httpkit.Door{occ.Door(services.tenancy, services.identity),
		commvault.Door(services.tenancy, services.identity), api.Door(services.tenancy, services.identity),
		oauth.Door(services.tenancy, services.identity), reference}
	front := ""
	if c.Console {
		door := console.Door(services.tenancy, services.identity, version())
		doors, front = append(doors, door), console.Root
	}
	s = server.New(server.Options{
		Doors: doors, Front: front,
		Workers: workers, Ready: readiness(services, c, environ), Log: log, Version: version(),
		Certificate: certificate, Proxies: proxies(c, log), Internal: at.internal,
		Tracer: recorded, Metrics: metrics,
	})
	return s
}

// greet prints the address of the server and what to try next. It is the only place that
// shows a generated password.
func greet(w io.Writer, c config.Config, url string, first identity.FirstStart) {
	fmt.Fprintf(w, "Gatehouse is ready at %s\n", url)
	if first.Username != "" {
		fmt.Fprintf(w, "\nThis is the first start: the operator is %q", first.Username)
		if first.Password.Empty() {
			fmt.Fprint(w, ", with the password you set.\n")
		} else {
			fmt.Fprintf(w, " and the password, shown this once, is\n\n    %s\n", first.Password.Reveal())
		}
	}
	if !c.RateLimits {
		fmt.Fprint(w,
			"\n*** RATE LIMITS AND LOCK-OUTS ARE OFF. Never do this where others can reach the server. ***\n")
	}
	if first.Username == "" {
		fmt.Fprint(w, "The README has a whole walk with curl. Stop with Ctrl-C.\n")
		return
	}
	if c.HTTPS() {
		fmt.Fprint(w,
			"\nIn place of the address, use a name that the certificate is for; "+
				"curl needs --cacert if its authority is your own.\n")
	}
	fmt.Fprintf(w, `
Try next, in another terminal (the README has the whole walk):

    read -rs PASSWORD
    TOKEN=$(printf %%s "$PASSWORD" | curl -s %[1]s/ccadmin/v1/login -d grant_type=password -d username=admin --data-urlencode password@- | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    curl -s %[1]s/ccadmin/v1/organizations -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"name":"company001"}'
    curl -s -X POST %[1]s/ccadmin/v1/organizations/or-100001/authorizationCode -H "Authorization: Bearer $TOKEN"

Stop with Ctrl-C.
`, url)
}
