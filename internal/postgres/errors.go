// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"gatehouse/internal/problem"
)

// The codes that are looked for one by one.
const (
	uniqueViolation      = "23505"
	readOnlyTransaction  = "25006"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	undefinedTable       = "42P01"
	lockNotAvailable     = "55P03"
	queryCanceled        = "57014" // a time limit
	ioError              = "58030"
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

// temporary tells whether trying again may help.
func temporary(err error) bool {
	if contended(err) || disconnected(err) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	switch c := code(err); c {
	case readOnlyTransaction, lockNotAvailable, queryCanceled, ioError:
		return true
	default:
		return strings.HasPrefix(c, "53") // out of connections, memory, disk
	}
}

// contended tells whether the server ended the transaction because of others.
func contended(err error) bool {
	c := code(err)
	return c == serializationFailure || c == deadlockDetected
}

// disconnected tells whether there is no connection, or none any more.
func disconnected(err error) bool {
	var connecting *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connecting), errors.Is(err, pgconn.ErrConnClosed), pgconn.SafeToRetry(err):
		return true
	case code(err) != "":
		// Connection exceptions; the server is stopping, starting or has given up on an idle transaction.
		c := code(err)
		return strings.HasPrefix(c, "08") || strings.HasPrefix(c, "57P") || c == "25P03" || c == "25P04"
	}
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// code is the SQLSTATE, or empty when the error is not the server's.
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// notFound is the answer for what is not there, worded as tenancy words it.
func notFound(noun string) error {
	return problem.New(problem.NotFound, noun+"_not_found", "There is no %s with this id.", strings.ReplaceAll(noun, "_", " "))
}
