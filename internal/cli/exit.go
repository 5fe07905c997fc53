// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"strings"

	"gatehouse/client"
	"gatehouse/internal/problem"
	"gatehouse/internal/profile"
)

// The exit codes of all commands. docs/cli.md has the same table.
const (
	ExitDone          = 0
	ExitFailed        = 1
	ExitUsage         = 2   // wrong flags, arguments or settings
	ExitNotPermitted  = 3   // not logged in, or not allowed
	ExitNotFound      = 4   // there is no such thing
	ExitConflict      = 5   // its state does not allow this, or it was changed meanwhile
	ExitRefused       = 6   // the server refused the input
	ExitTryLater      = 7   // too many requests, or the server cannot be reached
	ExitPartly        = 8   // some of many are done
	ExitNeedsApproval = 9   // the client waits for somebody's approval
	ExitInterrupted   = 130 // by a signal
)

// exitError is an error with the exit code that it means.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// WithExit returns an error that ends the program with a code. A nil error stays nil.
func WithExit(code int, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code, err}
}

// Usage returns an error about the flags or arguments of a command.
func Usage(format string, args ...any) error {
	return WithExit(ExitUsage, fmt.Errorf(format, args...))
}

// ExitCode returns the exit code of an error. Nil is ExitDone.
func ExitCode(err error) int {
	if err == nil {
		return ExitDone
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	for _, k := range kinds() {
		for _, of := range k.ofClient {
			if errors.Is(err, of) {
				return k.code
			}
		}
	}
	return ExitFailed
}

// kind is what errors have in common that end with the same code.
type kind struct {
	code     int
	ofClient []error
	ofDomain []error
}

func kinds() []kind {
	return []kind{
		{ExitNotPermitted, []error{client.ErrUnauthenticated, client.ErrDenied},
			[]error{problem.Unauthenticated, problem.Denied}},
		{ExitNotFound, []error{client.ErrNotFound, profile.ErrMissing}, []error{problem.NotFound}},
		{ExitConflict, []error{client.ErrConflict, client.ErrChanged}, []error{problem.Conflict, problem.Expired}},
		{ExitRefused, []error{client.ErrInvalid}, []error{problem.Invalid}},
		{ExitTryLater, []error{client.ErrTooMany, client.ErrUnavailable},
			[]error{problem.Exhausted, problem.Unavailable}},
	}
}

// WithKind gives an error of a use case that ran on the database the exit code that the same error of
// a server has.
func WithKind(err error) error {
	for _, k := range kinds() {
		for _, of := range k.ofDomain {
			if errors.Is(err, of) {
				return WithExit(k.code, err)
			}
		}
	}
	return err
}

// Explain returns the text of an error for people: the sentence of the server, what is wrong with
// each field, and by which id the server's log knows the request. ok is false if the error
// is not of a server.
func Explain(err error) (text string, ok bool) {
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		return "", false
	}
	var b strings.Builder
	b.WriteString(err.Error())
	for _, f := range e.Errors {
		fmt.Fprintf(&b, "\n  %s: %s", f.Field, f.Detail)
	}
	if e.RequestID != "" && errors.Is(err, client.ErrInternal) {
		fmt.Fprintf(&b, "\n  (request %s in the server's log)", e.RequestID)
	}
	return b.String(), true
}
