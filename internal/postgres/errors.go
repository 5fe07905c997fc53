// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"gatehouse/internal/problem"
)

// The codes that the engine tests for one by one.
const (
	notNullViolation     = "23502"
	uniqueViolation      = "23505"
	readOnlyTransaction  = "25006"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	undefinedTable       = "42P01"
	undefinedFunction    = "42883"
	lockNotAvailable     = "55P03"
	queryCanceled        = "57014" // a time limit
	ioError              = "58030"

	diskFull              = "53100"
	insufficientPrivilege = "42501"
	protocolViolation     = "08P01"
	duplicatePrepared     = "42P05"
	unknownPrepared       = "26000"

	invalidPassword      = "28P01"
	invalidAuthorization = "28000"
	noSuchDatabase       = "3D000"
)

// driverError returns an error of the driver as a problem. doing says what was tried, for
// the log. The driver's error code, never its text, decides whether a retry may help.
func driverError(doing string, err error) error {
	if err == nil {
		return nil
	}
	return problem.OfDriver(doing, err, temporary(err))
}

// temporary reports whether trying again may help.
func temporary(err error) bool {
	if _, is := poolerCause(err); is {
		return true // for clients: an administrator can mend it
	}
	if contended(err) || disconnected(err) || errors.Is(err, errUnreplicated) ||
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

// contended reports whether the server ended the transaction because of others.
func contended(err error) bool {
	c := code(err)
	return c == serializationFailure || c == deadlockDetected || notTaken(err)
}

// notTaken reports whether sqltext.EnrolClientSurely found no use to take.
func notTaken(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == notNullViolation && e.TableName == "auth_code_uses" &&
		e.ColumnName == "auth_code_id"
}

// disconnected reports whether there is no connection, or no longer one.
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
