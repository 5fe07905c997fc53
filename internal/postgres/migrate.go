// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"gatehouse/internal/migration"
	"gatehouse/internal/problem"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate migrates the schema to the newest version that this program knows, and returns
// how many migrations it ran. Several replicas may do it at once: a lock lets one of them
// work, and the others find it done. A newer schema is refused (Unavailable,
// schema_too_new).
func (s *Store) Migrate(ctx context.Context) (applied int, err error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.running.Done()
	config := s.pool.Config().ConnConfig
	config.RuntimeParams["statement_timeout"] = "0" // an index may take its time
	db := stdlib.OpenDB(*config)
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
		return 0, tooNew(current, target)
	}
	results, err := provider.Up(ctx)
	s.note(notes)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	return len(results), driverError("migrate", err)
}

func newProvider(db *sql.DB, notes *[]string) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600)) // asked for each second
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithSessionLocker(locker),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(refolding(notes), filling()))
}

// newest is the version of the last migration.
func newest() (int64, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(files) == 0 {
		return 0, errors.Join(err, errors.New("no migrations"))
	}
	last, err := goose.NumericComponent(files[len(files)-1]) // sorted by name
	return max(last, migration.FoldVersion, migration.FillVersion), err
}

func tooNew(current, target int64) error {
	return problem.SchemaTooNew(fmt.Errorf("the schema has version %d, this program knows %d", current, target))
}
