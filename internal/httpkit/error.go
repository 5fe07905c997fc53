// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"gatehouse/internal/problem"
)

// Error is an error of the HTTP exchange itself, found before any use case runs: an
// unknown path, a wrong method, a body that cannot be read. Message is safe to show and
// says what to do.
type Error struct {
	Status  int
	Message string
	Field   string         // the wrong member of the body, if there is one
	Err     error          // for the log, if the server is to blame
	Phrase  problem.Phrase // Message before its values were put in

	RetryAfter time.Duration // when trying again may help; zero: unknown
}

// SetRetryAfter sets the header Retry-After if RetryAfter is set.
func (e *Error) SetRetryAfter(h http.Header) {
	if e.RetryAfter > 0 {
		SetRetryAfter(h, e.RetryAfter)
	}
}

// SetRetryAfter sets the header Retry-After in whole seconds, rounded up, and at least one.
func SetRetryAfter(h http.Header, wait time.Duration) {
	h.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(max(wait, time.Second).Seconds())), 10))
}

// Error returns the whole text including the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%d: %s", e.Status, e.Message)
	}
	return fmt.Sprintf("%d: %s: %v", e.Status, e.Message, e.Err)
}

// LogText returns the text for the log. It omits the cause if the client is to blame:
// parsers repeat what was sent, and that may be a secret. So may be the name of a member
// that the client chose, which is in the message.
func (e *Error) LogText() string {
	if e.Field != "" && e.Status < http.StatusInternalServerError {
		return fmt.Sprintf("%d: %s", e.Status, e.Phrase.Code)
	}
	if e.Status < http.StatusInternalServerError {
		return fmt.Sprintf("%d: %s", e.Status, e.Message)
	}
	return e.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// NewError returns an Error with a sentence that has a code.
func NewError(status int, p problem.Phrase) *Error {
	return &Error{Status: status, Message: p.String(), Phrase: p}
}

// Errorf returns an Error with a sentence of a door that has no other languages.
func Errorf(status int, format string, args ...any) *Error {
	return NewError(status, problem.Phrase{Format: format, Args: args})
}

// refusal returns an Error with a sentence of this package.
func refusal(status int, code problem.Code, args ...any) *Error {
	return NewError(status, Sentences().Say(code, args...))
}

// panicError is what a recovered panic becomes. Its value and stack are for
// the log only.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func notFound() *Error {
	return refusal(http.StatusNotFound, codeNoSuchAddress)
}
