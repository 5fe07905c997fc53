// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
)

// The numbers of the wire that the vendor documents. Everywhere else the
// number repeats the HTTP status, since the vendor's are not known.
const (
	codeOK           = 0
	codeFailure      = 2 // a business error, in an answer of HTTP 200
	codeAccessDenied = 5 // with HTTP 401 only: clients log in anew on it
)

// accessDenied is the vendor's own sentence; programs look for it.
const accessDenied = "Access denied"

// tokenNameTaken begins with the sentence that a public client looks for.
const tokenNameTaken = "Token name already present. Choose another name."

// place builds the message of an error: each call keeps code and text
// somewhere else.
type errorForm func(code int, text string) message

// flat is the common place: at the top.
func flat(code int, text string) message {
	return message{"CVGui_GenericResp", fields{scalar("errorMessage", text), scalar("errorCode", int64(code))}}
}

// changedName is the answer's name where an organization was to be changed.
const changedName = "Api_UpdateOrganizationPropertiesResponse"

// inError is the place of the calls that change an organization: an element
// of its own.
func inError(code int, text string) message {
	return message{changedName, fields{nested("error", scalar("errorCode", int64(code)), scalar("errorMessage", text))}}
}

// inErrList is the place of Login: clients take the first entry of its list
// unasked.
func inErrList(code int, text string) message {
	return message{loginName, fields{repeated("errList", fields{scalar("errLogMessage", text), scalar("errorCode", int64(code))})}}
}

// everywhere is an error in the flat form and in the call's own place, for each client
// reads one of the two only, and takes its absence for a success.
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

// writeError is the one writer of errors. Those of an error status are flat and in the
// call's own place, business errors in an answer of 200 in its own place alone. The
// cause never reaches the client.
func (d *dialect) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var fault *httpkit.Error
	if errors.As(err, &fault) {
		fault.SetRetryAfter(w.Header())
		send(w, r, fault.Status, d.errorForms[httpkit.InfoOf(r).Route].withFlat(fault.Status, fault.Message))
		return
	}
	e := problem.As(err)
	if e.Kind == problem.Exhausted || e.Kind == problem.Unavailable {
		w.Header().Set("Retry-After", strconv.FormatInt(max(1, seconds(e.RetryAfter)), 10))
	}
	own := d.errorForms[httpkit.InfoOf(r).Route]
	status, code := statusOf(e.Kind)
	if status == http.StatusOK && !d.strict[httpkit.InfoOf(r).Route] {
		if own == nil {
			own = flat
		}
		send(w, r, status, own(code, textOf(e)))
		return
	}
	send(w, r, max(status, http.StatusBadRequest), own.withFlat(code, textOf(e)))
}

// statusOf is the table from kinds to this wire.
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

// textOf returns the sentence for the client. For our own faults it is a fixed
// one, so that nothing of the cause can slip into it.
func textOf(e *problem.Error) string {
	switch {
	case e.Code == codeSAML:
		return accessDenied + ": SAML tokens are not accepted here. Call Login, or send an access token."
	case e.Kind == problem.Unauthenticated:
		return accessDenied
	case e.Code == problem.CodeOperatorTokenNameTaken:
		return tokenNameTaken
	case e.Kind == problem.Unavailable:
		return "The server cannot do this at the moment. Try again."
	case e.Kind == problem.Internal || e.Message == "":
		return "Something went wrong on the server."
	}
	return e.Message
}

// seconds rounds up, so that who waits as long as told is not told again.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
