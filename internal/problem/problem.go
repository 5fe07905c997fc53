// SPDX-License-Identifier: Apache-2.0

// Package problem has the errors that every floor speaks of: the kinds, the error
// itself and the errors of single fields.
//
// It is not: HTTP statuses (each door has a table from kinds to its own), or the
// texts of a vendor's wire.
//
// Floor F0: it imports the standard library only.
package problem

import (
	"errors"
	"fmt"
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
	Code       string        // stable, for programs: "organization_name_taken"
	Message    string        // for people, in English
	Phrase     Phrase        // Message before its values were put in, when it has any
	Fields     []FieldError  // which inputs, when several are wrong at once
	RetryAfter time.Duration // with Exhausted, and Unavailable if known: how long to wait
	Err        error
}

// FieldError names one wrong input and says what is wrong with it.
type FieldError struct {
	Field   string
	Message string // in English
	Phrase  Phrase // Message before its values were put in, when it has any
}

// Phrase is the format of a message and its values, for a door that has the message in
// other languages. The zero value means that there is no other form of the message.
type Phrase struct {
	Format string // English, as fmt.Sprintf reads it
	Args   []any  // one may be a Phrase again
}

// String returns the phrase in English.
func (p Phrase) String() string { return fmt.Sprintf(p.Format, p.Args...) }

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
		b.WriteString(" (" + e.Code + ")")
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

// New makes an Error with a formatted message.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...), Phrase: Phrase{format, args}}
}

// NoSuch is the one answer for what is not there and for what the caller may
// not know of, so that the two cannot be told apart.
func NoSuch(noun string) *Error {
	return New(NotFound, noun+"_not_found", "There is no %s with this id.", strings.ReplaceAll(noun, "_", " "))
}
