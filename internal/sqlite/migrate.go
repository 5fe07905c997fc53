// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"

	"gatehouse/internal/migration"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Notes returns what the last Migrate reports to an administrator.
func (s *Store) Notes() []string { return s.notes.List() }

// Migrate migrates the schema to the newest version that this program knows, and returns
// how many migrations it ran. Two processes may do it at once. A newer schema is refused
// (Unavailable, schema_too_new). If a migration fails, the schema stays at the last one
// that worked.
func (s *Store) Migrate(ctx context.Context) (applied int, err error) {
	return s.MigrateWith(ctx, migration.Hooks{})
}

// MigrateWith is Migrate with hooks.
func (s *Store) MigrateWith(ctx context.Context, hooks migration.Hooks) (applied int, err error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.running.Done()
	db, err := sql.Open("sqlite", dsn(s.path, migrating))
	if err != nil {
		return 0, driverError("migrate", err)
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, driverError("migrate", db.Close())) }()
	var notes []string
	provider, err := newProvider(db, &notes)
	if err != nil {
		return 0, driverError("migrate", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return 0, driverError("migrate", err)
	}
	if current > target {
		return 0, migration.Check(current, target)
	}
	if err := hooks.Start(ctx, current, target); err != nil {
		return 0, err
	}
	if applied, err = up(ctx, provider, hooks); err != nil || applied == 0 {
		return applied, driverError("migrate", err)
	}
	s.notes.Set(notes)
	return applied, driverError("migrate", checkKeys(ctx, db))
}

func newProvider(db *sql.DB, notes *[]string) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, dir,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(migration.InGo(notes, nil, afterFold())...))
}

// afterFold returns what is done after texts were folded again: triggers have put each
// changed name into the table of texts that are not in the search indexes yet.
func afterFold() []string {
	return append(indexing(requests().search), indexing(organizations().search)...)
}

// up applies what is pending. When another process applies the same, ours fails
// and rolls back (the versions are unique), and there is less or nothing left
// to do the next time.
func up(ctx context.Context, provider *goose.Provider, hooks migration.Hooks) (applied int, err error) {
	for failures := 0; failures < 5; {
		var done bool
		if done, err = hooks.Next(ctx, provider); done {
			return applied, nil
		}
		if err == nil {
			applied++
			continue
		}
		failures++
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return applied, ctx.Err()
		}
	}
	return applied, err
}

// checkKeys looks for references to rows that are not there.
func checkKeys(ctx context.Context, db *sql.DB) error {
	var broken int
	if err := db.QueryRowContext(ctx,
		`SELECT count(*) FROM pragma_foreign_key_check`).Scan(&broken); err != nil {
		return err
	}
	if broken > 0 {
		return fmt.Errorf("%d rows refer to rows that are not there", broken)
	}
	return nil
}

// Ready implements tenancy.Store.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	if err := s.health.damaged(); err != nil {
		return err
	}
	if err := s.writable(ctx); err != nil {
		return err
	}
	return s.view(ctx, true, func(t *tx) error {
		current, err := t.version(ctx)
		if err != nil {
			return err
		}
		target, err := migration.Newest(migrations)
		if err != nil {
			return driverError("list migrations", err)
		}
		return migration.Check(current, target)
	})
}

// version returns the number of the newest migration that was applied; 0 if none was.
func (t *tx) version(ctx context.Context) (int64, error) {
	tables, err := one(ctx, t, "read schema", problem.RowNotFound, sqltext.Value[int64],
		`SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'goose_db_version'`)
	if err != nil || tables == 0 {
		return 0, err
	}
	return one(ctx, t, "read schema", problem.RowNotFound, sqltext.Value[int64],
		`SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied = 1`)
}
