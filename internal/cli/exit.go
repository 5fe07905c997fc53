// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"strings"

	"gatehouse/client"
	"gatehouse/internal/output"
	"gatehouse/internal/problem"
	"gatehouse/internal/profile"
)

// The exit codes of all commands. ExitCodes and docs/cli.md say what they mean.
const (
	ExitDone          = 0
	ExitFailed        = 1
	ExitUsage         = 2
	ExitNotPermitted  = 3
	ExitNotFound      = 4
	ExitConflict      = 5
	ExitRefused       = 6
	ExitTryLater      = 7
	ExitPartly        = 8
	ExitNeedsApproval = 9
	ExitInterrupted   = 130
)

// ExitMeaning is an exit code with what it means.
type ExitMeaning struct {
	Code    int
	Meaning string
}

// ExitCodes returns the table of exit codes, for the pages of the manual.
func ExitCodes() []ExitMeaning {
	return []ExitMeaning{
		{ExitDone, "It is done."},
		{ExitFailed, "It failed for a reason that none of the others is."},
		{ExitUsage, "A flag, an argument or a setting is wrong."},
		{ExitNotPermitted, "You are not logged in, or not permitted to do this."},
		{ExitNotFound, "There is no such thing."},
		{ExitConflict, "Its state does not allow this, or somebody else changed it meanwhile."},
		{ExitRefused, "The server refused the input."},
		{ExitTryLater, "Try again later: there were too many requests, or the server cannot be reached."},
		{ExitPartly, "Some of many are done, and others are not."},
		{ExitNeedsApproval, "The client waits until somebody approves it."},
		{ExitInterrupted, "A signal ended it."},
	}
}

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
		{ExitUsage, []error{profile.ErrName}, nil},
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
	b.WriteString(output.Printable(err.Error()))
	for _, f := range e.Errors {
		if strings.Contains(err.Error(), f.Detail) { // with a single one, the sentence is the same
			continue
		}
		fmt.Fprintf(&b, "\n  %s: %s", output.Printable(f.Field), output.Printable(f.Detail))
	}
	if e.RequestID != "" && errors.Is(err, client.ErrInternal) {
		fmt.Fprintf(&b, "\n  (request %s in the server's log)", e.RequestID)
	}
	return b.String(), true
}
