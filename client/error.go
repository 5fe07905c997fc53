// SPDX-License-Identifier: Apache-2.0

package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"gatehouse/apitype"
)

// The kinds of errors, for errors.Is. Those of answers follow from the status.
var (
	ErrInvalid         = errors.New("the server refused the input")       // 400, 413, 415, 422
	ErrUnauthenticated = errors.New("not logged in")                      // 401
	ErrDenied          = errors.New("not permitted")                      // 403
	ErrNotFound        = errors.New("there is no such thing")             // 404, 405
	ErrConflict        = errors.New("its state does not allow this")      // 409, 410
	ErrChanged         = errors.New("it was changed meanwhile")           // 412
	ErrTooMany         = errors.New("too many requests")                  // 429
	ErrUnavailable     = errors.New("the server is not available")        // 502, 503, 504, and no connection
	ErrLost            = errors.New("the connection was lost")            // and the server may have done it
	ErrInternal        = errors.New("something is wrong with the server") // other statuses
)

// Error is an answer that is an error. Its Code is one of the constants, or empty if the answer is
// not of Gatehouse but of something before it.
type Error struct {
	apitype.Problem
	// RetryAfter is how long the server asks to wait; 0: it does not say.
	RetryAfter time.Duration
}

// Error returns the sentence of the server.
func (e *Error) Error() string {
	if e.Detail != "" {
		return e.Detail
	}
	return fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
}

// Is reports whether target is the error's kind. That of a proxy that got no answer is ErrLost, too.
func (e *Error) Is(target error) bool {
	gateway := e.Status == http.StatusBadGateway || e.Status == http.StatusGatewayTimeout
	return target == kindOf(e.Status) || gateway && target == ErrLost
}

// kindOf returns the kind of a status.
func kindOf(status int) error {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return ErrInvalid
	case http.StatusUnauthorized:
		return ErrUnauthenticated
	case http.StatusForbidden:
		return ErrDenied
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return ErrNotFound
	case http.StatusConflict, http.StatusGone:
		return ErrConflict
	case http.StatusPreconditionFailed:
		return ErrChanged
	case http.StatusTooManyRequests:
		return ErrTooMany
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return ErrUnavailable
	}
	return ErrInternal
}

// CodeOf returns the code of an error, or "" if it is not an answer of the server.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// errorOf makes the error of an answer. The body may be of a proxy: then it is not shown.
func errorOf(a *http.Response, body []byte) *Error {
	e := &Error{RetryAfter: retryAfter(a.Header, time.Now())}
	switch media, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type")); media {
	case "application/problem+json":
		_ = json.Unmarshal(body, &e.Problem) // what cannot be read stays empty
	case "application/json": // of OAuth (RFC 6749, section 5.2)
		var o struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		_ = json.Unmarshal(body, &o)
		e.Code, e.Detail = o.Error, o.Description
	default:
		if location := a.Header.Get("Location"); a.StatusCode/100 == 3 && location != "" {
			e.Detail = "the server sends the request on to another address; use that one"
		}
	}
	e.Status = a.StatusCode
	e.Detail = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, e.Detail)
	return e
}

// lostBefore is the error of a request that is not done as far as the last attempt tells, but may have
// been done by one before.
type lostBefore struct{ error }

// Unwrap returns the error of the last attempt.
func (e lostBefore) Unwrap() error { return e.error }

// Is reports whether target is ErrLost.
func (e lostBefore) Is(target error) bool { return target == ErrLost }

// ConnectionError says that no answer came. It is ErrUnavailable if the server did nothing, and
// ErrLost if it may have done what was asked.
type ConnectionError struct {
	Server string
	Err    error
	kind   error
}

// Error says what happened and what to do.
func (e *ConnectionError) Error() string {
	switch e.kind {
	case ErrLost:
		return fmt.Sprintf("the connection to %s was lost before the answer: %v. The server may have done it; look "+
			"before you do it again", e.Server, e.Err)
	case ErrUnavailable:
		return fmt.Sprintf("cannot reach %s: %v", e.Server, e.Err)
	}
	return fmt.Sprintf("cannot speak to %s: %v", e.Server, e.Err)
}

// Unwrap returns the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

// Is reports whether target is the error's kind. One that is lost is unavailable, too.
func (e *ConnectionError) Is(target error) bool {
	return e.kind != nil && (target == e.kind || e.kind == ErrLost && target == ErrUnavailable)
}
