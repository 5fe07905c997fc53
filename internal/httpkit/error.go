// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Error is an error of the HTTP exchange itself, found before any use case runs: an
// unknown path, a wrong method, a body that cannot be read. Message is safe to show and
// says what to do.
type Error struct {
	Status  int
	Message string
	Field   string // the wrong member of the body, if there is one
	Err     error  // for the log, if the server is to blame
	Format  string // the format of Message for fmt.Sprintf, in English
	Args    []any  // the values

	RetryAfter time.Duration // when trying again may help; zero: unknown
}

// SetRetryAfter sets the header Retry-After, in whole seconds, if RetryAfter is set.
func (e *Error) SetRetryAfter(h http.Header) {
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(e.RetryAfter.Seconds())), 10))
	}
}

// Error returns the whole text including the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%d: %s", e.Status, e.Message)
	}
	return fmt.Sprintf("%d: %s: %v", e.Status, e.Message, e.Err)
}

// LogText returns the text for the log. It omits the cause if the client is to blame:
// parsers repeat what was sent, and that may be a secret.
func (e *Error) LogText() string {
	if e.Status < http.StatusInternalServerError {
		return fmt.Sprintf("%d: %s", e.Status, e.Message)
	}
	return e.Error()
}

// Unwrap returns the cause.
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
