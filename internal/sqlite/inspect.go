// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/datafolder"
	"gatehouse/internal/migration"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
)

// Versions returns the schema's version, and the newest that this program knows.
func (s *Store) Versions(ctx context.Context) (current, known int64, err error) {
	err = s.view(ctx, true, func(t *tx) (err error) {
		current, err = t.version(ctx)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	known, err = migration.Newest(migrations)
	return current, known, err
}

// FullCheck lets SQLite look at every row and every index, and at every reference between
// tables. It takes several times as long as QuickCheck. On damage it returns Unavailable.
func (s *Store) FullCheck(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	c := s.newConn(reading)
	defer c.drop()
	err := check(ctx, c, "PRAGMA integrity_check(5)")
	var found *damageError
	if malformed(err) || errors.As(err, &found) {
		return damagedFile(err)
	}
	if err != nil {
		return driverError("check the database", err)
	}
	t := &tx{conn: c, write: true} // it runs on this connection
	keys, err := one(ctx, t, "check references", problem.RowNotFound, sqltext.Value[int64],
		"SELECT count(*) FROM pragma_foreign_key_check")
	if err != nil {
		return err
	}
	if keys > 0 {
		return damagedFile(fmt.Errorf("%d rows refer to rows that are not there", keys))
	}
	return nil
}

// Detach makes the file complete without a log, as it is to be moved or stored. No other
// program may have it open. The Store is closed afterwards.
func (s *Store) Detach() error {
	if err := s.Close(); err != nil {
		return err
	}
	c := s.newConn(detaching)
	defer c.drop()
	if err := c.do("PRAGMA user_version"); err != nil { // opens the connection, which changes the mode
		return driverError("write the database without a log", err)
	}
	c.drop()
	return datafolder.SyncFile(s.path)
}
