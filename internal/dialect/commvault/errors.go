// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
)

// The error numbers that the vendor documents. Other errors have the HTTP status as their number, since the
// vendor's numbers are not known.
const (
	codeOK           = 0
	codeFailure      = 2 // a business error, in an answer of HTTP 200
	codeAccessDenied = 5 // with HTTP 401 only: clients log in again
)

// accessDenied is the vendor's own sentence. Programs search for it.
const accessDenied = "Access denied"

// errorForm builds the message of an error. Code and text are in a different part of the message in each
// operation.
type errorForm func(code int, text string) message

// flat is the most common form: code and text are at the top of the message.
func flat(code int, text string) message {
	return message{"CVGui_GenericResp", fields{scalar("errorMessage", text),
		scalar("errorCode", int64(code))}}
}

// changedName is the name of the answers of operations that change an organization.
const changedName = "Api_UpdateOrganizationPropertiesResponse"

// inError is the form of the operations that change an organization: code and text are in an element of their
// own.
func inError(code int, text string) message {
	return message{changedName, fields{nested("error", scalar("errorCode", int64(code)),
		scalar("errorMessage", text))}}
}

// inErrList is the form of Login: code and text are in a list, whose first entry clients read without
// checking.
func inErrList(code int, text string) message {
	return message{loginName, fields{repeated("errList", fields{scalar("errLogMessage", text),
		scalar("errorCode", int64(code))})}}
}

// withFlat returns an error in the flat form and in the operation's own form. Each client reads only one of
// the two, and takes its absence for a success.
func (form errorForm) withFlat(code int, text string) message {
	common := flat(code, text)
	if form == nil {
		return common
	}
	m := form(code, text)
	if !slices.ContainsFunc(m.fields, func(f field) bool { return f.name == "errorCode" }) {
		m.fields = append(common.fields, m.fields...)
	}
	return m
}

// writeError writes every error of this door. An error with an error status is in the flat form and in the
// operation's own form. A business error in an answer of status 200 is only in the operation's own form. The
// cause of an error never reaches the client.
func (d *dialect) writeError(w http.ResponseWriter, r *http.Request, err error) {
	form := d.errorForms[httpkit.InfoOf(r).Route]
	var httpErr *httpkit.Error
	if errors.As(err, &httpErr) {
		httpErr.SetRetryAfter(w.Header())
		send(w, r, httpErr.Status, form.withFlat(httpErr.Status, httpErr.Message))
		return
	}
	e := problem.As(err).Reworded(sentences())
	if e.Kind == problem.Exhausted || e.Kind == problem.Unavailable {
		httpkit.SetRetryAfter(w.Header(), e.RetryAfter)
	}
	status, code := statusOf(e.Kind)
	if status == http.StatusOK && !d.strict[httpkit.InfoOf(r).Route] {
		if form == nil {
			form = flat
		}
		send(w, r, status, form(code, textOf(e)))
		return
	}
	send(w, r, max(status, http.StatusBadRequest), form.withFlat(code, textOf(e)))
}

// statusOf returns the HTTP status and the wire's number for a kind of error.
func statusOf(k problem.Kind) (status, code int) {
	switch k {
	case problem.Unauthenticated:
		return http.StatusUnauthorized, codeAccessDenied
	case problem.Conflict, problem.Expired: // business errors: clients read the code, not the status
		return http.StatusOK, codeFailure
	case problem.Invalid:
		status = http.StatusBadRequest
	case problem.Denied:
		status = http.StatusForbidden
	case problem.NotFound:
		status = http.StatusNotFound
	case problem.Exhausted:
		status = http.StatusTooManyRequests
	case problem.Unavailable:
		status = http.StatusServiceUnavailable
	default:
		status = http.StatusInternalServerError
	}
	return status, status
}

// textOf returns the sentence for the client. The sentence for an internal error is fixed, so that it cannot
// contain the cause.
func textOf(e *problem.Error) string {
	switch {
	case e.Code == codeSAML:
		return accessDenied + ": SAML tokens are not accepted here. Call Login, or send an access token."
	case e.Kind == problem.Unauthenticated:
		return accessDenied
	case e.Kind == problem.Unavailable:
		return "The server cannot do this at the moment. Try again."
	case e.Kind == problem.Internal || e.Message == "":
		return "Something went wrong on the server."
	}
	return e.Message
}

// seconds rounds up, so that a client that waits this long is not refused again.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
