// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"gatehouse/internal/problem"
)

// driverError returns an error of the driver as a problem. doing says what was tried, for
// the log. The driver's error code, never its text, decides whether a retry may help.
func driverError(doing string, err error) error {
	if err == nil {
		return nil
	}
	return problem.OfDriver(doing, err, temporary(err))
}

// temporary reports whether trying again may help: the file is busy, the disk is full or
// away, the caller gave up.
func temporary(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, driver.ErrBadConn) {
		return true
	}
	switch code(err) & 0xff { // the lower byte is the class, the upper ones say more
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PROTOCOL:
		return true
	}
	return false
}

// duplicate reports whether a uniqueness rule refused.
func duplicate(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_CONSTRAINT_UNIQUE || c == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}

// code is the extended result code, or 0 when the error is not the driver's.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}
