// SPDX-License-Identifier: Apache-2.0

// Package problem has the errors that every floor speaks of: the kinds, the error
// itself and the errors of single fields.
//
// It is not: HTTP statuses (each door has a table from kinds to its own), or the
// texts of a vendor's wire.
//
// It is below floor F0, so that every package may use it. It imports the standard library only.
package problem

import (
	"errors"
	"strings"
	"time"
)

// Kind says what sort of thing went wrong. The list is closed; every door has
// a table from kinds to its own wire. A Kind is itself an error, so that
// errors.Is(err, problem.NotFound) works through any number of wraps.
type Kind string

// The kinds.
const (
	Invalid         Kind = "invalid"         // the input breaks a rule; repeating it will not help
	Unauthenticated Kind = "unauthenticated" // nobody, or nobody we can believe
	Denied          Kind = "denied"          // somebody, but without the permission
	NotFound        Kind = "not found"       // no such thing, or none this caller may know of
	Conflict        Kind = "conflict"        // the thing is in another state, or the name is taken
	Expired         Kind = "expired"         // it was good once
	Exhausted       Kind = "exhausted"       // too often: wait, see Error.RetryAfter
	Unavailable     Kind = "unavailable"     // try again: the database or another part is away
	Internal        Kind = "internal"        // our fault; the cause is for the log only
)

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string { return string(k) }

// Error is the only error a use case returns. Message is a sentence that is
// safe to show to the caller and says what to do; Err is the cause, for the
// log, and never leaves the server.
type Error struct {
	Kind       Kind
	Code       Code
	Message    string        // for people, in English
	Phrase     Phrase        // Message before its values were put in; zero if it is made of the fields' messages
	Fields     []FieldError  // which inputs, when several are wrong at once
	RetryAfter time.Duration // with Exhausted, and Unavailable if known: how long to wait
	Err        error
}

// Error returns the whole story, cause included, for the terminal of the person who runs the
// server, not for callers.
func (e *Error) Error() string { return e.text(e.Message) }

// LogText is Error without Message, which may repeat what the caller sent, a
// misplaced secret among it.
func (e *Error) LogText() string { return e.text("") }

func (e *Error) text(message string) string {
	var b strings.Builder
	b.WriteString(string(e.Kind))
	if e.Code != "" {
		b.WriteString(" (" + string(e.Code) + ")")
	}
	if message != "" {
		b.WriteString(": " + message)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// As returns err as an *Error. What is not one is our own fault, so it
// becomes Internal with err as the cause.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Fault(err)
}

// New returns an Error whose message is the sentence of the code, with the values.
func New(kind Kind, code Code, args ...any) *Error { return Wrap(kind, code, nil, args...) }

// Wrap is New with a cause.
func Wrap(kind Kind, code Code, cause error, args ...any) *Error {
	e := Say(code, args...).Error(kind)
	e.Err = cause
	return e
}
