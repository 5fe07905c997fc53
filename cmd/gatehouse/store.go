// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gatehouse/internal/config"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/migration"
	"gatehouse/internal/postgres"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/tenancy"
)

// store is the interface of both engines for this program.
type store interface {
	tenancy.Store
	MigrateWith(ctx context.Context, hooks migration.Hooks) (int, error)
	Notes() []string // what Migrate reports
}

// createStore opens the engine that the settings name, without migrating it. It creates
// the embedded database and its folder if they do not exist. On SQLite no other process may
// serve or migrate the same folder until the store is closed: limits on guessing are in the
// memory of the one server.
func createStore(ctx context.Context, c config.Config) (store, error) {
	if c.Database != "" {
		return openStore(ctx, c)
	}
	lock, err := lockFolder(c)
	if err != nil {
		return nil, err
	}
	db, err := openNewFiles(ctx, c)
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return lockedStore{db, lock}, nil
}

// lockFolder makes the data folder, and takes its lock.
func lockFolder(c config.Config) (*datafolder.Lock, error) {
	if err := refuseFileAsFolder(c.Data); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", datafolder.Explain(c.Data, err))
	}
	lock, err := datafolder.Acquire(c.Data)
	if errors.Is(err, datafolder.ErrInUse) {
		return nil, fmt.Errorf("%w: %s. Stop that process, or name another folder with --data", err, c.Data)
	}
	return lock, err
}

// openNewFiles opens the embedded database after it has checked that its files can be written,
// and that no database was lost.
func openNewFiles(ctx context.Context, c config.Config) (*sqlite.Store, error) {
	if err := writableFiles(c); err != nil {
		return nil, err
	}
	if err := finishRestore(c, func(string) error { return nil }); err != nil {
		return nil, err
	}
	if err := refuseLostDatabase(c); err != nil {
		return nil, err
	}
	return openSQLite(ctx, c)
}

// refuseLostDatabase returns an error if the folder has files that belong to a database, and
// the database is not there.
func refuseLostDatabase(c config.Config) error {
	info, err := os.Stat(c.SQLitePath())
	switch {
	case err == nil && info.Size() > 0, c.NewDatabase:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return datafolder.Explain(c.SQLitePath(), err)
	}
	for _, path := range []string{c.MasterKeyPath(), c.SQLitePath() + "-wal"} {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return lostDatabase(path, "there is no "+c.SQLitePath())
		}
	}
	return nil
}

func lostDatabase(found, missing string) error {
	return fmt.Errorf("%s is there, but %s: the database was lost or is elsewhere. "+
		"Bring it back, for example with gatehouse restore, or name the right folder with --data. "+
		"To start with an empty database instead, give --new-database on", found, missing)
}

// lockedStore is the embedded store with the lock of its folder.
type lockedStore struct {
	*sqlite.Store
	lock *datafolder.Lock
}

// Close closes the store, and then ends the lock.
func (s lockedStore) Close() error { return errors.Join(s.Store.Close(), s.lock.Release()) }

func openStore(ctx context.Context, c config.Config) (store, error) {
	if c.Database != "" {
		s, err := postgres.Open(ctx, c.Database)
		if err != nil {
			return nil, fmt.Errorf("open PostgreSQL: %w", err)
		}
		return s, nil
	}
	s, err := openSQLite(ctx, c)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func openSQLite(ctx context.Context, c config.Config) (*sqlite.Store, error) {
	s, err := sqlite.Open(ctx, c.SQLitePath())
	if err != nil {
		if fault := writableFiles(c); fault != nil {
			return nil, fault
		}
		if errors.Is(err, sqlite.ErrNoDatabase) {
			return nil, fmt.Errorf("%s is not a database, or its beginning is damaged. If it is another file, move "+
				"it away or name another folder with --data; if it was the database, bring that back with "+
				"gatehouse restore",
				c.SQLitePath())
		}
		return nil, fmt.Errorf("open SQLite: %w", cause(err))
	}
	return s, nil
}

// writableFiles returns an error unless the files of the embedded database can be written. No
// store of this process may have them open.
func writableFiles(c config.Config) error {
	file := filepath.Base(c.SQLitePath())
	return datafolder.CheckWritable(c.Data, file, file+"-wal", file+"-shm")
}
