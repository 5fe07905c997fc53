// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"gatehouse/internal/datafolder"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// roomAfterFull is how many bytes must be free, after the disk was full, before the Store is
// ready again. Without it a small write that just fits would say that all is well.
const roomAfterFull = 1 << 20

// probeEvery is how often Ready tries to write while the last write failed.
const probeEvery = 500 * time.Millisecond

// health is what the calls of a Store have seen of its files.
type health struct {
	dir string // of the file
	// damage is set when SQLite finds the file malformed, and stays until the Store is
	// closed. Nothing is written any more, since that could spoil what is still sound.
	damage atomic.Pointer[problem.Error]
	// writeFault is the disk's error of the last write, and nil after a write that worked.
	writeFault atomic.Pointer[problem.Error]
	lastProbe  atomic.Int64 // Unix nanoseconds
}

// note keeps what an error says about the files. write is true for a change that was lost.
func (h *health) note(err error, write bool) {
	switch {
	case h == nil || err == nil:
	case malformed(err):
		h.damage.CompareAndSwap(nil, damagedFile(err))
	case write && ofDisk(err):
		h.writeFault.Store(problem.DatabaseUnavailable(fmt.Errorf("the last write failed: %w", err)))
	}
}

func damagedFile(err error) *problem.Error {
	return problem.DatabaseUnavailable(
		fmt.Errorf("the database file is damaged, so nothing is written to it: %w", err))
}

// damaged returns an error once the file is known to be malformed.
func (h *health) damaged() error {
	if p := h.damage.Load(); p != nil {
		return p
	}
	return nil
}

// wrote notes that a write worked.
func (h *health) wrote() {
	if h != nil && h.writeFault.Load() != nil && !h.full() {
		h.writeFault.Store(nil)
	}
}

// full reports whether the last write met a full disk, and there is still little room.
func (h *health) full() bool {
	p := h.writeFault.Load()
	if p == nil || code(p)&0xff != sqlite3.SQLITE_FULL {
		return false
	}
	free, known := datafolder.Free(h.dir)
	return known && free < roomAfterFull
}

// malformed reports whether SQLite says that the file's content is wrong.
func malformed(err error) bool {
	class := code(err) & 0xff
	return class == sqlite3.SQLITE_CORRUPT || class == sqlite3.SQLITE_NOTADB
}

// ofDisk reports whether a write failed for a reason that the next one will meet, too: the
// disk is full or fails, or may not be written.
func ofDisk(err error) bool {
	switch code(err) & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_PERM:
		return true
	}
	return false
}

// writable returns the error of the last write, after it has tried another one. It changes no
// content: the header of the file is written as it is.
func (s *Store) writable(ctx context.Context) error {
	if p := s.health.writeFault.Load(); p == nil {
		return nil
	} else if s.health.full() {
		return p
	}
	now, last := time.Now().UnixNano(), s.health.lastProbe.Load()
	if now-last >= int64(probeEvery) && s.health.lastProbe.CompareAndSwap(last, now) {
		err := s.writer.update(ctx, func(t tenancy.Tx) error { return t.(*tx).probe() })
		if err != nil && s.health.writeFault.Load() == nil {
			return err
		}
	}
	if p := s.health.writeFault.Load(); p != nil {
		return p
	}
	return nil
}

// probe writes the page with the header.
func (t *tx) probe() error {
	if err := t.conn.do("PRAGMA user_version = 0"); err != nil { // it is not used
		return t.fail("try to write", err)
	}
	t.changed = true
	return nil
}

// QuickCheck lets SQLite look through the file for damage, which takes about a second for
// each few hundred megabytes. On damage it returns Unavailable, and the Store is not ready
// from then on. Other errors say that the check could not be done.
func (s *Store) QuickCheck(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	c := s.newConn(reading)
	defer c.drop()
	err := check(ctx, c, "PRAGMA quick_check(5)")
	s.health.note(err, false)
	var found *damageError
	if errors.As(err, &found) {
		s.health.damage.CompareAndSwap(nil, problem.DatabaseUnavailable(found))
	}
	if damage := s.health.damaged(); damage != nil {
		return damage
	}
	return driverError("check the database", err)
}

// damageError has what a check of SQLite's found.
type damageError struct{ found []string }

func (e *damageError) Error() string {
	return "the database file is damaged (" + strings.Join(e.found, "; ") + ")"
}

// check runs quick_check or integrity_check.
func check(ctx context.Context, c *conn, pragma string) error {
	s, err := c.prepared(pragma)
	if err != nil {
		return err
	}
	var found []string
	err = s.query(ctx, func(row sqltext.Row) error {
		var line string
		err := row.Scan(&line)
		found = append(found, strings.ReplaceAll(line, "\n", ", "))
		return err
	})
	if err == nil && (len(found) != 1 || found[0] != "ok") {
		return &damageError{found}
	}
	return err
}
