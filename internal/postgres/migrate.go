// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"gatehouse/internal/migration"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Notes returns what the last Migrate reports to an administrator.
func (s *Store) Notes() []string { return s.notes.List() }

// Migrate migrates the schema to the newest version that this program knows, and returns
// how many migrations it ran. Several replicas may do it at once: a lock lets one of them
// work, and the others find it done. A newer schema is refused (Unavailable,
// schema_too_new).
func (s *Store) Migrate(ctx context.Context) (applied int, err error) {
	return s.MigrateWith(ctx, migration.Hooks{})
}

// MigrateWith is Migrate with hooks.
func (s *Store) MigrateWith(ctx context.Context, hooks migration.Hooks) (applied int, err error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.running.Done()
	config := s.pool.Config().ConnConfig
	config.RuntimeParams["statement_timeout"] = "0" // an index may take its time
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, driverError("migrate", db.Close())) }()
	var notes []string
	provider, err := newProvider(db, &notes, hooks.Waiting)
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
	for done := false; !done && err == nil; {
		if done, err = hooks.Next(ctx, provider); !done && err == nil {
			applied++
		}
	}
	s.notes.Set(notes)
	return applied, driverError("migrate", err)
}

func newProvider(db *sql.DB, notes *[]string, waiting func()) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	locker := &migrateLock{db: db, waiting: waiting}
	return goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithSessionLocker(locker),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(migration.InGo(notes, beforeFold(), afterFold())...))
}

// beforeFold returns what is done before texts are folded again. The tables are locked, so
// nobody else changes them. Their triggers are off, because they would count each row by
// itself, though only the versions of the lists change.
func beforeFold() []string {
	return []string{
		`SET TRANSACTION ISOLATION LEVEL READ COMMITTED`, // as things are once the tables are locked
		`LOCK TABLE organizations, requests, operators, operator_tokens IN SHARE ROW EXCLUSIVE MODE`,
		`ALTER TABLE organizations DISABLE TRIGGER count_updated`,
		`ALTER TABLE requests DISABLE TRIGGER count_updated`,
	}
}

func afterFold() []string {
	return []string{
		`ALTER TABLE organizations ENABLE TRIGGER count_updated`,
		`ALTER TABLE requests ENABLE TRIGGER count_updated`,
		`UPDATE list_counts SET organizations_version = organizations_version + list_counts_step(),
			requests_version = requests_version + list_counts_step() WHERE share = 0`,
	}
}
