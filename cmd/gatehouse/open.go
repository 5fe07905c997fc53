// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gatehouse/internal/config"
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
// the embedded database and its folder if they do not exist.
func createStore(ctx context.Context, c config.Config) (store, error) {
	if c.Database == "" {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, fmt.Errorf("make the data folder: %w", err)
		}
	}
	return openStore(ctx, c)
}

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
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the master key: %w. Start the server once first, or set GATEHOUSE_MASTER_KEY",
			err)
	}
	key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != secret.MasterKeySize {
		return nil, fmt.Errorf("%s is not a master key: it must hold %d bytes in hex. Put the right one back "+
			"from your backup", path, secret.MasterKeySize)
	}
	return key, nil
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
	if err := writeNew(path, []byte(hex.EncodeToString(secret.NewMasterKey())+"\n")); err != nil {
		return fmt.Errorf("make the master key: %w", err)
	}
	return nil
}

// writeNew writes a file that only its owner can read. An existing file stays as it is. A
// file with this name is always complete, even after a crash. If several processes write
// at once, one of them wins.
func writeNew(path string, content []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temp.Name())) }()
	_, err = temp.Write(content)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name in a folder durable.
func syncDir(path string) (err error) {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}
