// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"gatehouse/internal/config"
	"gatehouse/internal/move"
	"gatehouse/internal/postgres"
	"gatehouse/internal/sqlite"
)

// movable is what both engines have for a move.
type movable interface {
	store
	Mover(ctx context.Context) (move.Session, error)
}

// moving is a move of one database to another.
type moving struct {
	config         config.Config // of the source
	other          config.Config // of the target
	source, target movable
	place          string // the target, without a password
	mover          move.Mover
	broken         bool // a broken audit is moved as it is
	out, stderr    io.Writer
	closers        []func() error
}

func (m *moving) close() (err error) {
	for i := len(m.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, m.closers[i]())
	}
	return err
}

// openSource opens and holds the source: no server runs on it, and from now on nobody changes it.
func (m *moving) openSource(ctx context.Context) error {
	if m.config.Database == "" {
		if err := checkExisting(m.config); err != nil { // the lock would make the folder
			return err
		}
		if err := m.lock(m.config); err != nil {
			return err
		}
	}
	db, err := openExisting(ctx, m.config)
	if err != nil {
		return err
	}
	m.closers = append(m.closers, db.Close)
	if err := db.Ready(ctx); err != nil {
		return err
	}
	if m.source = db.(movable); m.config.Database != "" {
		if err := refuseServers(ctx, db); err != nil {
			return err
		}
	}
	m.mover.Source, err = m.session(ctx, m.source)
	return err
}

func (m *moving) session(ctx context.Context, db movable) (move.Session, error) {
	s, err := db.Mover(ctx)
	if err == nil {
		m.closers = append(m.closers, s.Close)
	}
	return s, err
}

// lock takes the lock of a data folder until the end.
func (m *moving) lock(c config.Config) error {
	lock, err := lockFolder(c)
	if err == nil {
		m.closers = append(m.closers, lock.Release)
	}
	return err
}

// refuseServers returns an error if servers use a database on PostgreSQL.
func refuseServers(ctx context.Context, db store) error {
	s, ok := db.(*postgres.Store)
	if !ok {
		return nil
	}
	if n, err := s.ServersAt(ctx); err != nil || n == 0 {
		return err
	}
	return errors.New("servers, or other commands of this program, use the database: stop them first")
}

// openTarget opens a database that is empty or a part of a move, and brings its schema to this
// version. Its errors are of the target.
func (m *moving) openTarget(ctx context.Context) (err error) {
	if m.other.MasterKey, err = masterKey(m.config); err != nil {
		return err
	}
	return ofTarget(m.connectTarget(ctx))
}

func (m *moving) connectTarget(ctx context.Context) error {
	if m.other.Database == "" {
		if err := m.lock(m.other); err != nil {
			return err
		}
	}
	db, err := openToMove(ctx, m.other)
	if err != nil {
		return err
	}
	m.closers = append(m.closers, db.Close)
	if err := refuseForeign(ctx, db); err != nil {
		return fmt.Errorf("it is not empty: %w. Name an empty database", err)
	}
	if _, err := migrate(ctx, m.other, db, func(string, ...any) {}); err != nil {
		return err
	}
	m.target = db.(movable)
	m.mover.Target, err = m.session(ctx, m.target)
	return err
}

// refuseForeign returns an error if a database on PostgreSQL has tables of other programs.
func refuseForeign(ctx context.Context, db store) error {
	s, ok := db.(*postgres.Store)
	if !ok {
		return nil // the engine refuses such a file
	}
	names, err := s.ForeignTables(ctx)
	if err == nil && len(names) > 0 {
		err = fmt.Errorf("it has tables of another program: %s", strings.Join(names, ", "))
	}
	return err
}

// openExisting opens the database of the settings, which must be there.
func openExisting(ctx context.Context, c config.Config) (store, error) {
	if err := checkExisting(c); err != nil {
		return nil, err
	}
	return openToMove(ctx, c)
}

// checkExisting returns an error if the settings name a data folder that has no whole database.
func checkExisting(c config.Config) error {
	if c.Database != "" {
		return nil
	}
	if _, err := os.Lstat(restoredPath(c)); err == nil {
		return errors.New("a restore was cut short: start the server, which finishes it")
	}
	if _, err := os.Stat(c.SQLitePath()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database in %s: name another folder with --data", c.Data)
	}
	return nil
}

// openToMove is openStore for a program that is no server.
func openToMove(ctx context.Context, c config.Config) (store, error) {
	if c.Database == "" {
		return openStore(ctx, c)
	}
	s, err := postgres.OpenToMove(ctx, c.Database)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	return s, nil
}

// tables asks PostgreSQL, whichever side it is.
func (m *moving) tables(ctx context.Context) ([]move.Table, error) {
	for _, db := range []movable{m.source, m.target} {
		if s, ok := db.(*postgres.Store); ok {
			if err := refuseForeign(ctx, s); err != nil { // nobody knows how they are moved
				return nil, fmt.Errorf("%w. Put them into another schema or database first", err)
			}
			return s.MovedTables(ctx)
		}
	}
	return nil, errors.New("neither side is PostgreSQL")
}

// Both engines can be moved.
var (
	_ movable = (*sqlite.Store)(nil)
	_ movable = (*postgres.Store)(nil)
)
