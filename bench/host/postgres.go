// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/pgtest"
)

// Postgres is a PostgreSQL of our own that keeps its promises: every commit
// waits for the disk.
type Postgres struct{ server *pgtest.Durable }

// StartPostgres starts one in a temporary folder. The error says so when none is installed.
func StartPostgres() (*Postgres, error) {
	s, err := pgtest.StartDurable("fsync=on", "full_page_writes=on", "synchronous_commit=on", "autovacuum=on",
		"shared_buffers=1GB", "max_wal_size=4GB", "effective_cache_size=4GB", "max_connections=400",
		"random_page_cost=1.1")
	if err != nil {
		return nil, err
	}
	return &Postgres{s}, nil
}

// Create makes an empty database and returns its URL; from: a copy of that one, to
// which nobody may be connected.
func (p *Postgres) Create(ctx context.Context, name, from string) (string, error) {
	conn, err := pgx.Connect(ctx, p.server.URL("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	statement := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if from != "" {
		statement += " TEMPLATE " + pgx.Identifier{from}.Sanitize()
		var fast bool
		if err := conn.QueryRow(ctx,
			"SELECT current_setting('server_version_num')::int >= 150000").Scan(&fast); err != nil {
			return "", err
		}
		if fast { // older ones know no other way
			statement += " STRATEGY FILE_COPY"
		}
	}
	if _, err := conn.Exec(ctx, statement); err != nil {
		return "", fmt.Errorf("create database: %w", err)
	}
	return p.server.URL(name), nil
}

// Drop deletes a database.
func (p *Postgres) Drop(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, p.server.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	return err
}

// Dump writes a database to a file, as its own tool does while servers run.
func (p *Postgres) Dump(ctx context.Context, name, file string) error {
	_, err := output(ctx, cleanEnvironment(), p.server.Tool("pg_dump"), "--format=custom", "--no-owner",
		"--file="+file, p.server.URL(name))
	return err
}

// Restore fills a new database with a dump, and returns its URL.
func (p *Postgres) Restore(ctx context.Context, name, file string) (string, error) {
	url, err := p.Create(ctx, name, "")
	if err != nil {
		return "", err
	}
	_, err = output(ctx, cleanEnvironment(), p.server.Tool("pg_restore"), "--exit-on-error",
		"--single-transaction", "--no-owner", "--dbname="+url, file)
	return url, err
}

// Stop ends it and deletes its folder.
func (p *Postgres) Stop() error { return p.server.Stop() }
