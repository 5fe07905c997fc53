// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"gatehouse/internal/config"
	"gatehouse/internal/migration"
	"gatehouse/internal/problem"
)

// checkLimit is how long a start waits for the check of the embedded database. The check of a
// larger one goes on while the server serves.
const checkLimit = 5 * time.Second

// checkFile looks for damage in the file of the embedded database.
func checkFile(ctx context.Context, db store, log *slog.Logger) error {
	s, ok := db.(lockedStore)
	if !ok {
		return nil // PostgreSQL looks after its files
	}
	if err := awaitCheck(ctx, s.QuickCheck, log, checkLimit); err != nil {
		return fmt.Errorf("%s: %w", s.Path(), cause(err))
	}
	return nil
}

// awaitCheck waits for a check, up to a limit, and then lets it go on and logs how it ends.
func awaitCheck(ctx context.Context, check func(context.Context) error, log *slog.Logger,
	limit time.Duration) error {
	result, begun := make(chan error, 1), time.Now()
	go func() { result <- check(ctx) }()
	select {
	case err := <-result:
		return err
	case <-time.After(limit):
	}
	log.Info("the check of the database goes on while the server serves")
	go func() {
		switch err := <-result; {
		case err == nil:
			log.Info("the check of the database is over: it is sound", "took",
				time.Since(begun).Round(time.Second).String())
		case ctx.Err() == nil:
			log.Error("the check of the database failed", "error", err)
		}
	}()
	return nil
}

// cause returns what is behind an error that clients see. Its sentence says to try again.
func cause(err error) error {
	var e *problem.Error
	if errors.As(err, &e) && e.Code == problem.CodeDatabaseUnavailable && e.Err != nil {
		return e.Err
	}
	return err
}

// migrate migrates the store. It passes a line and its attributes to log for each step, after
// the step, unless the database is new. Before the first it copies the embedded database.
func migrate(ctx context.Context, c config.Config, db store, log func(string, ...any)) (applied int,
	err error) {
	isNew := false
	hooks := migration.Hooks{
		Before: func(ctx context.Context, from, to int64) error {
			if isNew = from == 0; isNew {
				return refuseEmptyDatabase(c)
			}
			log("the schema will be migrated", "from", from, "to", to)
			return copyBefore(ctx, c, db, from, log)
		},
		Waiting: func() { log("another program migrates this database: waiting for it, at most 10 minutes") },
		Applied: func(s migration.Step) {
			if isNew {
				return
			}
			log("migrated the schema", "version", s.Version, "name", s.Name, "took",
				s.Took.Round(time.Millisecond).String())
		},
	}
	if applied, err = db.MigrateWith(ctx, hooks); err != nil {
		return applied, fmt.Errorf("migrate: %w", err)
	}
	return applied, nil
}

// refuseEmptyDatabase returns an error if the database has no schema yet, and the data folder
// has a master key that was made for another one.
func refuseEmptyDatabase(c config.Config) error {
	if c.NewDatabase || c.Database != "" && c.MasterKey != nil {
		return nil
	}
	if _, err := os.Stat(c.MasterKeyPath()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if c.Database != "" {
		return fmt.Errorf("the master key was not given, and %s is there, but the database is empty: either the database "+
			"is not the one that the key belongs to, or the key is another one's. For a new database make a key of its "+
			"own, openssl rand -base64 32 > FILE, and set GATEHOUSE_MASTER_KEY_FILE to the file", c.MasterKeyPath())
	}
	return lostDatabase(c.MasterKeyPath(), "the database is empty")
}

// copyBefore copies the embedded database to a file next to it.
func copyBefore(ctx context.Context, c config.Config, db store, from int64, log func(string, ...any)) error {
	s, ok := db.(lockedStore)
	if !ok || !c.MigrationCopy {
		return nil
	}
	path := fmt.Sprintf("%s.schema-%d.%s", c.SQLitePath(), from, time.Now().UTC().Format("20060102T150405.000Z"))
	if err := s.Export(ctx, path, nil); err != nil {
		return fmt.Errorf("copy the database before the migration: %w. Make room on its disk, or give "+
			"--migration-copy off if you have a backup", cause(err))
	}
	log("copied the database; delete the copy when you do not need it any more", "copy", path)
	return nil
}
