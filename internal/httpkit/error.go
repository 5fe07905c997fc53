// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Error is a fault of the HTTP exchange itself, found before any use case is
// asked: no such path, wrong method, a body that cannot be read. Message is
// safe to show and says what to do.
type Error struct {
	Status  int
	Message string
	Field   string // the wrong member of the body, when one is to blame
	Err     error  // for the log, when the fault is ours
	Format  string // Message before its values were put in: English, as fmt.Sprintf reads it
	Args    []any  // the values

	RetryAfter time.Duration // when trying again may help; zero: not said
}

// SetRetryAfter puts the header Retry-After, in whole seconds, when there is one.
func (e *Error) SetRetryAfter(h http.Header) {
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(e.RetryAfter.Seconds())), 10))
	}
}

// Error gives the whole text, cause included.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%d: %s", e.Status, e.Message)
	}
	return fmt.Sprintf("%d: %s: %v", e.Status, e.Message, e.Err)
}

// LogText gives the text for the log. The cause of a client's fault stays out:
// parsers repeat what was sent, and that may be a secret.
func (e *Error) LogText() string {
	if e.Status < http.StatusInternalServerError {
		return fmt.Sprintf("%d: %s", e.Status, e.Message)
	}
	return e.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a formatted message.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...), Format: format, Args: args}
}

// panicError is what a recovered panic becomes. Its value and stack are for
// the log only.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func notFound() *Error {
	return Errorf(http.StatusNotFound, "There is nothing at this address. Check the path.")
}
