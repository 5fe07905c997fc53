// SPDX-License-Identifier: Apache-2.0

//go:build linux

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/pgtest"
)

// statements are run on a server of PostgreSQL, each by itself.
func statements(t *testing.T, url string, list ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // clean-ups need it, too
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, statement := range list {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// startOn starts a server on an empty database of PostgreSQL.
func startOn(t *testing.T, url string) (site, *process) {
	t.Helper()
	const password = "the first password"
	s := postgresSite(t, url).with("GATEHOUSE_ADMIN_PASSWORD", password)
	p := start(t, s)
	p.password = password
	return s, p
}

// TestPostgresDiskFull: a tablespace on a small disk is full for a while.
func TestPostgresDiskFull(t *testing.T) {
	t.Parallel()
	dir, server := smallDisk(t, "48m"), pgtest.NewServer(t)
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	var data string
	if err := conn.QueryRow(t.Context(), "SHOW data_directory").Scan(&data); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	owner := must(os.Stat(data))(t).Sys().(*syscall.Stat_t)
	space := filepath.Join(dir, "space")
	if err := os.Mkdir(space, 0o700); err != nil {
		t.Fatal(err)
	}
	for path := dir; path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(space, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	statements(t, server.URL("postgres"), "CREATE TABLESPACE small LOCATION '"+space+"'",
		"CREATE DATABASE gatehouse TABLESPACE small")
	t.Cleanup(server.Stop) // before the disk goes
	s, p := startOn(t, server.URL("gatehouse"))
	filler := filepath.Join(dir, "filler")
	failsAndRecovers(t, p, func() { fillDisk(t, filler) }, func() {
		if err := os.Remove(filler); err != nil {
			t.Error(err)
		}
	})
	p.stop(t)
	if log := p.stderr.String(); !strings.Contains(log, "the disk of the database is full") {
		t.Errorf("the reason is not in the log: %s", tail(log))
	}
	if code, stdout, stderr := runCommand(t, s.env, "audit", "verify"); code != 0 {
		t.Errorf("the audit: %d %s%s", code, stdout, stderr)
	}
}

// TestPostgresReadOnly: the server takes no writes for a while, as a standby. A server that is
// started meanwhile says why it cannot.
func TestPostgresReadOnly(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	url := server.URL("postgres")
	statements(t, url, "CREATE DATABASE gatehouse", "CREATE DATABASE empty")
	_, p := startOn(t, server.URL("gatehouse"))
	failsAndRecovers(t, p, func() {
		statements(t, url, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
		refused(t, postgresSite(t, server.URL("empty")).env, nil, "the database is read-only",
			"default_transaction_read_only")
	}, func() {
		statements(t, url, "SET default_transaction_read_only = off",
			"ALTER SYSTEM RESET default_transaction_read_only",
			"SELECT pg_reload_conf()")
	})
	p.stop(t)
}

// TestPostgresInVain: a start that can never work says why, and does not advise to wait.
func TestPostgresInVain(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	url := server.URL("postgres")
	statements(t, url, "CREATE USER visitor", "CREATE DATABASE gatehouse")
	visitor := strings.Replace(server.URL("gatehouse"), "gatehouse@", "visitor@", 1)
	for address, text := range map[string]string{
		server.URL("absent"): "there is no such database: create it",
		visitor:              "may not do this: make it the owner",
		strings.Replace(url, "gatehouse@", "nobody@", 1): "refuses this user or password",
	} {
		p := launch(t, command(postgresSite(t, address).env, "serve", "--listen", "127.0.0.1:0"))
		code := p.wait(t, startLimit)
		if stderr := p.stderr.String(); code != 1 || !strings.Contains(stderr, text) ||
			strings.Contains(stderr, "Try again") {
			t.Errorf("ended with %d, and no %q in: %s", code, text, stderr)
		}
	}
}
