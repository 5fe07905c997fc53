// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"gatehouse/apitype"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
)

// writeError writes every error of this door. The cause of an error never reaches the
// client.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	p := apitype.Problem{RequestID: httpkit.InfoOf(r).RequestID}
	var httpErr *httpkit.Error
	switch {
	case errors.As(err, &httpErr):
		p.Status, p.Detail, p.Code = httpErr.Status, httpErr.Message, string(httpErr.Phrase.Code)
		if httpErr.Field != "" {
			p.Errors = []apitype.FieldError{{Field: httpErr.Field, Code: p.Code, Detail: httpErr.Message}}
		}
		httpErr.SetRetryAfter(w.Header())
	default:
		describe(&p, w.Header(), problem.As(err))
	}
	complete(&p)
	body, err := json.Marshal(p)
	if err != nil { // cannot happen with our own type
		panic(err)
	}
	httpkit.Write(w, p.Status, mediaProblem, body)
}

// complete sets what follows from the status and the code.
func complete(p *apitype.Problem) {
	p.Title, p.Type = http.StatusText(p.Status), apitype.ErrorType+p.Code
}

// describe fills in the error of a use case.
func describe(p *apitype.Problem, h http.Header, e *problem.Error) {
	p.Status, p.Code, p.Detail = statusOf(e.Kind), string(e.Code), e.Message
	switch e.Code {
	case problem.CodeAuthCodeChanged, problem.CodeClientChanged, problem.CodeApplicationChanged,
		problem.CodeOrganizationChanged, problem.CodeRequestChanged, problem.CodeOperatorChanged:
		p.Status = http.StatusPreconditionFailed
	case problem.CodeIdempotencyKeyReused:
		p.Status = http.StatusUnprocessableEntity
	}
	for i, f := range e.Fields {
		if f.Field == identity.FieldOneTimeCode {
			f.Field = "totp"
		}
		if f.Phrase.Code == problem.CodeNotInFuture { // its sentence speaks of seconds
			f.Phrase = say(codeExpiryPast, f.Field)
		}
		p.Errors = append(p.Errors, apitype.FieldError{Field: f.Field, Code: string(f.Phrase.Code),
			Detail: f.Message()})
		if i == 0 {
			p.Detail = ""
		}
		p.Detail = strings.TrimSpace(p.Detail + " " + f.Message())
	}
	switch e.Kind {
	case problem.Unauthenticated:
		h.Set("WWW-Authenticate", "Bearer")
	case problem.Exhausted, problem.Unavailable:
		httpkit.SetRetryAfter(h, e.RetryAfter)
	}
}

func statusOf(k problem.Kind) int {
	switch k {
	case problem.Invalid:
		return http.StatusBadRequest
	case problem.Unauthenticated:
		return http.StatusUnauthorized
	case problem.Denied:
		return http.StatusForbidden
	case problem.NotFound:
		return http.StatusNotFound
	case problem.Conflict:
		return http.StatusConflict
	case problem.Expired:
		return http.StatusGone
	case problem.Exhausted:
		return http.StatusTooManyRequests
	case problem.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
