// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
)

const (
	mediaJSON = "application/json"
	mediaForm = "application/x-www-form-urlencoded"
)

// The error codes of RFC 6749 §5.2, RFC 6750 §3.1 and RFC 7591 §3.2.2.
const (
	errInvalidRequest  = "invalid_request"
	errInvalidClient   = "invalid_client"
	errInvalidToken    = "invalid_token"
	errInvalidMetadata = "invalid_client_metadata"
	errStatement       = "unapproved_software_statement"
	errGrant           = "unsupported_grant_type"
	errScope           = "invalid_scope"
	errAccessDenied    = "access_denied"
	errUnavailable     = "temporarily_unavailable"
	errServer          = "server_error"
)

// refusal is an error in the words of OAuth.
type refusal struct {
	status      int
	code        string
	description string
	challenge   string // for WWW-Authenticate; "": none
}

// Error implements error.
func (e *refusal) Error() string { return e.code + ": " + e.description }

// LogText returns the error without its description, which may repeat what was sent.
func (e *refusal) LogText() string { return e.code }

func badRequest(code, description string) error {
	return &refusal{status: http.StatusBadRequest, code: code, description: description}
}

// write answers with a body.
func write(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Pragma", "no-cache") // RFC 6749 §5.1
	httpkit.Write(w, status, mediaJSON, b)
	return nil
}

// writeError writes every error of this door.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	var e *refusal
	var httpErr *httpkit.Error
	switch {
	case errors.As(err, &e):
	case errors.As(err, &httpErr):
		e = &refusal{status: httpErr.Status, code: errInvalidRequest, description: httpErr.Message}
		if httpErr.Status >= http.StatusInternalServerError {
			e.code = errUnavailable
		}
		httpErr.SetRetryAfter(w.Header())
	default:
		e = ofProblem(problem.As(err), w.Header())
	}
	if e.challenge != "" {
		w.Header().Set("WWW-Authenticate", e.challenge)
	}
	_ = write(w, e.status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{e.code, e.description}) // two texts always encode
}

// ofProblem returns the error of a use case in the words of OAuth.
func ofProblem(e *problem.Error, h http.Header) *refusal {
	switch e.Kind {
	case problem.Unauthenticated:
		return &refusal{http.StatusUnauthorized, errInvalidClient, e.Message, `Basic realm="gatehouse"`}
	case problem.Denied:
		return &refusal{http.StatusForbidden, errAccessDenied, e.Message, ""}
	case problem.Exhausted, problem.Unavailable:
		httpkit.SetRetryAfter(h, e.RetryAfter)
		status := http.StatusServiceUnavailable
		if e.Kind == problem.Exhausted {
			status = http.StatusTooManyRequests
		}
		return &refusal{status, errUnavailable, e.Message, ""}
	case problem.Internal:
		return &refusal{http.StatusInternalServerError, errServer, e.Message, ""}
	}
	return &refusal{http.StatusBadRequest, errInvalidRequest, e.Message, ""}
}

// ofBearer returns the refusal of a bearer's token in the words of RFC 6750.
func ofBearer(err error) error {
	if e := problem.As(err); e.Kind == problem.Unauthenticated {
		return badBearer(e)
	}
	return err
}

func badBearer(e *problem.Error) error {
	return &refusal{http.StatusUnauthorized, errInvalidToken, e.Message,
		`Bearer realm="gatehouse", error="invalid_token"`}
}

// form reads the parameters of a request. One that is sent twice is refused (RFC 6749
// §3.2), and so is one in the address, where logs of others would show it.
func form(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if len(httpkit.QueryOf(r)) > 0 {
		return nil, badRequest(errInvalidRequest, "Send the parameters in the body, not in the address.")
	}
	if httpkit.MediaType(r) != mediaForm {
		return nil, badRequest(errInvalidRequest, "Send the body as "+mediaForm+".")
	}
	body, err := httpkit.ReadBody(w, r)
	if err != nil {
		return nil, err
	}
	values, err := httpkit.ParseForm(body)
	if err != nil {
		return nil, err
	}
	for name, list := range values {
		if len(list) > 1 {
			return nil, badRequest(errInvalidRequest, "A parameter is sent twice: "+strconv.Quote(name)+".")
		}
	}
	return values, nil
}
