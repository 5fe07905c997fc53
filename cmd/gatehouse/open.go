// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"gatehouse/internal/config"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// openServices opens, checks and migrates the store, and makes the services on it. The caller
// closes the store if it is not nil, after an error too.
func openServices(ctx context.Context, c config.Config, log *slog.Logger) (*services, store, error) {
	db, err := createStore(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if err := checkFile(ctx, db, log); err != nil {
		return nil, db, err
	}
	if _, err := migrate(ctx, c, db, func(line string, args ...any) { log.Info(line, args...) }); err != nil {
		return nil, db, err
	}
	if err := refuseMoved(ctx, db); err != nil {
		return nil, db, err
	}
	if err := warnOfFoundKey(c, log); err != nil {
		return nil, db, err
	}
	if _, err := os.Stat(c.MasterKeyPath()); c.MasterKey == nil && errors.Is(err, fs.ErrNotExist) {
		if err := makeMasterKey(ctx, c.MasterKeyPath(), db); err != nil {
			return nil, db, err
		}
	}
	s, err := newServices(c, db)
	return s, db, err
}

// warnOfFoundKey says where a server on PostgreSQL has its master key from, if that was not given.
func warnOfFoundKey(c config.Config, log *slog.Logger) error {
	if c.Database == "" || c.MasterKey != nil {
		return nil
	}
	path, err := filepath.Abs(c.MasterKeyPath())
	if err != nil {
		return fmt.Errorf("find the master key: %w", err)
	}
	log.Warn("the master key was not given and is the one in the data folder: no replica works without it, and the "+
		"database is lost with it", "file", path, "set", "GATEHOUSE_MASTER_KEY_FILE")
	return nil
}

// joinServices is openServices for commands that may run while a server does. It creates and
// migrates nothing, and refuses a database that no server was started on.
func joinServices(ctx context.Context, c config.Config) (*services, store, error) {
	if _, err := os.Lstat(restoredPath(c)); c.Database == "" && err == nil {
		return nil, nil, fmt.Errorf("a restore was cut short, or goes on now. If none goes on, start the server: " +
			"that finishes it")
	}
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
	if err := refuseMoved(ctx, db); err != nil {
		return nil, db, err
	}
	if _, err := os.Stat(c.MasterKeyPath()); c.MasterKey == nil && errors.Is(err, fs.ErrNotExist) {
		if err := refuseLostKey(ctx, c.MasterKeyPath(), db); err != nil {
			return nil, db, err
		}
		return nil, db,
			fmt.Errorf("there is no master key in %s, and none was ever used. Start the server once first, "+
				"or set GATEHOUSE_MASTER_KEY", c.MasterKeyPath())
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
		tenancy: tenancy.New(core, tenancy.Options{NoLimits: !c.RateLimits, Switches: switches(c)}),
		identity: identity.New(core, identity.Options{NoLimits: !c.RateLimits, LoginLife: c.LoginLife,
			KeyIssuer: occ.KeyIssuer}),
	}, nil
}

// switches returns what a running server takes over from new settings.
func switches(c config.Config) tenancy.Switches {
	return tenancy.Switches{PublicRequests: c.PublicRequests, CustomOrganizationIDs: c.CustomIDs}
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
		err = fmt.Errorf("read the master key: %w. Put it there, or set GATEHOUSE_MASTER_KEY", err)
	}
	return key, err
}

// refuseLostKey returns an error if a database has a master key, whose file is not there.
func refuseLostKey(ctx context.Context, path string, db tenancy.Store) error {
	known, err := identity.HasMasterKey(ctx, db)
	if err != nil {
		return fmt.Errorf("look for the master key: %w", err)
	}
	if known {
		return fmt.Errorf("there is no %s, but this database was made with a master key. Put it back from your "+
			"backup, or set GATEHOUSE_MASTER_KEY", path)
	}
	return nil
}

// makeMasterKey creates a master key for a database that has never had one. For any other
// database it returns an error.
func makeMasterKey(ctx context.Context, path string, db tenancy.Store) error {
	if err := refuseLostKey(ctx, path, db); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if err := datafolder.WriteNew(path, []byte(hex.EncodeToString(secret.NewMasterKey())+"\n")); err != nil {
		return fmt.Errorf("make the master key: %w", err)
	}
	return nil
}
