// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gatehouse/internal/config"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/identity"
	"gatehouse/internal/postgres"
	"gatehouse/internal/secret"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/tenancy"
)

// store is the interface of both engines for this program.
type store interface {
	tenancy.Store
	Migrate(ctx context.Context) (int, error)
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
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", datafolder.Explain(c.Data, err))
	}
	lock, err := datafolder.Acquire(c.Data)
	if errors.Is(err, datafolder.ErrInUse) {
		return nil, fmt.Errorf("%w: %s. Stop that process, or name another folder with --data", err, c.Data)
	}
	return lock, err
}

// openNewFiles opens the embedded database after it has checked that its files can be written.
func openNewFiles(ctx context.Context, c config.Config) (store, error) {
	file := filepath.Base(c.SQLitePath())
	if err := datafolder.CheckWritable(c.Data, file, file+"-wal", file+"-shm"); err != nil {
		return nil, err
	}
	return openStore(ctx, c)
}

// lockedStore is a store with the lock of its folder.
type lockedStore struct {
	store
	lock *datafolder.Lock
}

// Close closes the store, and then ends the lock.
func (s lockedStore) Close() error { return errors.Join(s.store.Close(), s.lock.Release()) }

func openStore(ctx context.Context, c config.Config) (store, error) {
	if c.Database != "" {
		s, err := postgres.Open(ctx, c.Database)
		if err != nil {
			return nil, fmt.Errorf("open PostgreSQL: %w", err)
		}
		return s, nil
	}
	s, err := sqlite.Open(ctx, c.SQLitePath())
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	return s, nil
}

// openServices opens and migrates the store, and makes the services on it. The caller closes
// the store if it is not nil, after an error too.
func openServices(ctx context.Context, c config.Config) (*services, store, error) {
	db, err := createStore(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return nil, db, fmt.Errorf("migrate: %w", err)
	}
	if _, err := os.Stat(c.MasterKeyPath()); c.MasterKey == nil && errors.Is(err, fs.ErrNotExist) {
		if err := makeMasterKey(ctx, c.MasterKeyPath(), db); err != nil {
			return nil, db, err
		}
	}
	s, err := newServices(c, db)
	return s, db, err
}

// joinServices is openServices for commands that may run while a server does. It creates and
// migrates nothing, and refuses a database that no server was started on.
func joinServices(ctx context.Context, c config.Config) (*services, store, error) {
	if _, err := os.Stat(c.SQLitePath()); c.Database == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil,
			fmt.Errorf("there is no database in %s. Start the server once first, or name another folder with --data",
				c.Data)
	}
	db, err := openStore(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if err := db.Ready(ctx); err != nil {
		return nil, db, err
	}
	s, err := newServices(c, db)
	if err != nil {
		return nil, db, err
	}
	return s, db, s.identity.CheckStarted(ctx)
}

// services are the use cases over one store.
type services struct {
	tenancy  *tenancy.Service
	identity *identity.Service
}

func newServices(c config.Config, db tenancy.Store) (*services, error) {
	master, err := masterKey(c)
	if err != nil {
		return nil, err
	}
	keys, err := secret.NewKeyring(master)
	if err != nil {
		return nil, err
	}
	core := tenancy.NewCore(db, keys, nil)
	return &services{
		tenancy: tenancy.New(core, tenancy.Options{PublicRequests: c.PublicRequests, NoLimits: !c.RateLimits,
			CustomOrganizationIDs: c.CustomIDs}),
		identity: identity.New(core, identity.Options{NoLimits: !c.RateLimits, KeyIssuer: occ.KeyIssuer}),
	}, nil
}

// masterKey returns the key of the settings, or else the one in the data folder.
func masterKey(c config.Config) ([]byte, error) {
	if c.MasterKey != nil {
		return c.MasterKey, nil
	}
	path := c.MasterKeyPath()
	key, err := readKeyFile(path)
	var read *fs.PathError
	if errors.As(err, &read) {
		err = fmt.Errorf("read the master key: %w. Start the server once first, or set GATEHOUSE_MASTER_KEY", err)
	}
	return key, err
}

// makeMasterKey creates a master key for a database that has never had one. For any other
// database it returns an error.
func makeMasterKey(ctx context.Context, path string, db tenancy.Store) error {
	known, err := identity.HasMasterKey(ctx, db)
	if err != nil {
		return fmt.Errorf("look for the master key: %w", err)
	}
	if known {
		return fmt.Errorf("there is no %s, but this database was made with a master key. Put it back from your "+
			"backup, or set GATEHOUSE_MASTER_KEY", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if err := datafolder.WriteNew(path, []byte(hex.EncodeToString(secret.NewMasterKey())+"\n")); err != nil {
		return fmt.Errorf("make the master key: %w", err)
	}
	return nil
}
