// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"gatehouse/internal/problem"
)

// convert gives an error of the driver as a domain error; doing says what was
// tried, for the log. Errors are told apart by code, never by text.
func convert(doing string, err error) error {
	if err == nil {
		return nil
	}
	cause := fmt.Errorf("%s: %w", doing, err)
	if temporary(err) {
		return unavailable(cause)
	}
	return &problem.Error{Kind: problem.Internal, Code: "internal", Message: "Something went wrong on the server.", Err: cause}
}

func unavailable(cause error) error {
	return &problem.Error{Kind: problem.Unavailable, Code: "database_unavailable",
		Message: "The database is not available at the moment. Try again in a while.", Err: cause}
}

// temporary tells whether trying again may help: the file is busy, the disk is
// full or away, the caller gave up.
func temporary(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, driver.ErrBadConn) {
		return true
	}
	switch code(err) & 0xff { // the lower byte is the class, the upper ones say more
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PROTOCOL:
		return true
	}
	return false
}

// duplicate tells whether a uniqueness rule refused.
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

// notFound is the answer for what is not there, worded as tenancy words it.
func notFound(noun string) error {
	return problem.New(problem.NotFound, noun+"_not_found", "There is no %s with this id.", strings.ReplaceAll(noun, "_", " "))
}
