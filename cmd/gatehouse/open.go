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
	"gatehouse/internal/postgres"
	"gatehouse/internal/secret"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/tenancy"
)

// store is what both engines are to this program.
type store interface {
	tenancy.Store
	Migrate(ctx context.Context) (int, error)
}

// openStore opens the engine the settings name, not migrated yet.
func openStore(ctx context.Context, c config.Config) (store, error) {
	if c.Database != "" {
		s, err := postgres.Open(ctx, c.Database)
		if err != nil {
			return nil, fmt.Errorf("open PostgreSQL: %w", err)
		}
		return s, nil
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	s, err := sqlite.Open(ctx, c.SQLitePath())
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	return s, nil
}

// openService opens and migrates the store and makes the use cases over it.
// The caller closes the store, also after an error when there is one.
func openService(ctx context.Context, c config.Config) (*tenancy.Service, store, error) {
	db, err := openStore(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return nil, db, fmt.Errorf("migrate: %w", err)
	}
	master, err := masterKey(ctx, c, db)
	if err != nil {
		return nil, db, err
	}
	keys, err := secret.NewKeyring(master)
	if err != nil {
		return nil, db, err
	}
	return tenancy.New(db, keys, tenancy.Options{PublicRequests: c.PublicRequests, NoLimits: !c.RateLimits}), db, nil
}

// masterKey is the one given, or the one in the data folder. It is made there
// for a database that has never had one, and for no other.
func masterKey(ctx context.Context, c config.Config, db tenancy.Store) ([]byte, error) {
	if c.MasterKey != nil {
		return c.MasterKey, nil
	}
	path := c.MasterKeyPath()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeMasterKey(ctx, path, db); err != nil {
			return nil, err
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the master key: %w", err)
	}
	key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != secret.MasterKeySize {
		return nil, fmt.Errorf("%s is not a master key: it must hold %d bytes in hex. Put the right one back from your backup", path, secret.MasterKeySize)
	}
	return key, nil
}

func makeMasterKey(ctx context.Context, path string, db tenancy.Store) error {
	known, err := tenancy.HasMasterKey(ctx, db)
	if err != nil {
		return fmt.Errorf("look for the master key: %w", err)
	}
	if known {
		return fmt.Errorf("there is no %s, but this database was made with a master key. Put it back from your backup, or give it in GATEHOUSE_MASTER_KEY", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if err := writeNew(path, []byte(hex.EncodeToString(secret.NewMasterKey())+"\n")); err != nil {
		return fmt.Errorf("make the master key: %w", err)
	}
	return nil
}

// writeNew writes a file that only its owner reads. One that is there already stays.
// It is complete from the moment it has its name, also after a crash, and of
// several that write at once one wins.
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
