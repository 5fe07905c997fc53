// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"errors"
	"net/http"
	"strconv"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// The vendor's error numbers. The same error has different numbers in different operations, so each operation
// has a table. A number by the domain's code takes precedence over one by its kind. An error without a number
// of the vendor's has the HTTP status as its number.
const (
	numberTooLong               = "00004"
	numberBadFilter             = "85000"
	numberBadSort               = "50012"
	numberBadParameter          = "10002"
	numberInternalList          = "100019"
	numberInvalid               = "100000"
	numberNoOrganization        = "100001"
	numberInvalidList           = "100018"
	numberBadOrganizationFilter = "100070"
	numberRootOrganization      = "10024"
	numberGenerate              = "100129"
	numberSave                  = "100130"
	numberBadRequestID          = "101000"
	numberNoRequest             = "101001"
	numberDecided               = "101008"
	numberCannotRequest         = "101013"
)

// numbers maps the code of a domain error, or the key byKind of its kind, to the vendor's number.
type numbers map[problem.Code]string

func byKind(k problem.Kind) problem.Code { return problem.Code("kind:" + k) }

func organizationNumbers() numbers {
	return numbers{byKind(problem.Invalid): numberInvalid, byKind(problem.NotFound): numberNoOrganization,
		byKind(problem.Conflict): numberInvalid, problem.CodeRootOrganization: numberRootOrganization}
}

func organizationListNumbers() numbers {
	return numbers{
		codeBadFilter:               numberBadOrganizationFilter,
		problem.CodeTooMany:         numberBadOrganizationFilter,
		codeBadSort:                 numberBadParameter,
		codeBadParameter:            numberBadParameter,
		byKind(problem.Invalid):     numberInvalidList,
		byKind(problem.Internal):    numberInternalList,
		byKind(problem.Unavailable): numberInternalList,
	}
}

func authCodeNumbers() numbers {
	return numbers{byKind(problem.NotFound): numberNoOrganization, byKind(problem.Conflict): numberGenerate,
		tenancy.CodeNotLocked: numberGenerate, tenancy.CodeNotStored: numberSave}
}

func submitNumbers() numbers {
	return numbers{byKind(problem.Invalid): numberInvalid, codeTooLong: numberTooLong,
		byKind(problem.Denied): numberCannotRequest}
}

func requestListNumbers() numbers {
	return numbers{
		codeBadFilter:               numberBadFilter,
		problem.CodeTooMany:         numberBadFilter,
		codeBadSort:                 numberBadSort,
		codeBadParameter:            numberBadParameter,
		byKind(problem.Internal):    numberInternalList,
		byKind(problem.Unavailable): numberInternalList,
	}
}

func requestNumbers() numbers {
	return numbers{byKind(problem.Invalid): numberInvalid, byKind(problem.NotFound): numberNoRequest}
}

func requestChangeNumbers() numbers {
	return numbers{byKind(problem.Invalid): numberInvalid, byKind(problem.NotFound): numberNoRequest,
		byKind(problem.Conflict): numberInvalid, problem.CodeRequestDecided: numberDecided}
}

func decideNumbers() numbers {
	return numbers{byKind(problem.Invalid): numberInvalid, byKind(problem.NotFound): numberBadRequestID,
		byKind(problem.Conflict): numberInvalid, problem.CodeRequestDecided: numberDecided}
}

// writeError writes every error of this door.
func (d *dialect) writeError(w http.ResponseWriter, r *http.Request, err error) {
	op := d.byName[httpkit.InfoOf(r).Route]
	tag, translations := d.language(r)
	if tag != english {
		w.Header().Set("Content-Language", tag)
	}
	setReleaseHeader(w)
	var httpErr *httpkit.Error
	if errors.As(err, &httpErr) {
		body := errorModel{ErrorCode: strconv.Itoa(httpErr.Status), ErrorPath: httpErr.Field}
		body.setMessage(translations.translateMessage(httpErr.Message, httpErr.Phrase), httpErr.Message)
		like, oauth := problem.Invalid, "invalid_request"
		if httpErr.Status == http.StatusServiceUnavailable {
			like, oauth = problem.Unavailable, "temporarily_unavailable"
		}
		if code, ok := op.numbers[byKind(like)]; ok && httpErr.Status == statusOf(like) {
			body.ErrorCode = code
		}
		httpErr.SetRetryAfter(w.Header())
		op.writeError(w, httpErr.Status, body, oauth)
		return
	}
	e := problem.As(err).Renamed(memberOf).Reworded(sentences())
	status := statusOf(e.Kind)
	body := errorModel{ErrorCode: strconv.Itoa(status)}
	body.setMessage(translations.errorText(e), e.Message)
	if code, ok := op.numbers[byKind(e.Kind)]; ok {
		body.ErrorCode = code
	}
	if code, ok := op.numbers[e.Code]; ok {
		body.ErrorCode = code
	}
	body.setFields(e.Fields, status, translations)
	switch e.Kind {
	case problem.Unauthenticated:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case problem.Exhausted, problem.Unavailable:
		httpkit.SetRetryAfter(w.Header(), e.RetryAfter)
	}
	op.writeError(w, status, body, oauthError(e))
}

func (op operation) writeError(w http.ResponseWriter, status int, body errorModel, oauth string) {
	body.Status, body.Type = strconv.Itoa(status), statusURI(status)
	if op.oauthErrors {
		body.Error = oauth
	}
	writeJSON(w, status, body)
}

// oauthError returns the error code of RFC 6749 §5.2.
func oauthError(e *problem.Error) string {
	switch e.Kind {
	case problem.Invalid:
		if e.Code == codeUnsupportedGrantType {
			return string(e.Code)
		}
		return "invalid_request"
	case problem.Unauthenticated, problem.Denied:
		return "invalid_grant"
	case problem.Unavailable, problem.Exhausted:
		return "temporarily_unavailable"
	}
	return "server_error"
}

// statusOf returns the HTTP status for a kind of error. The vendor never says which status belongs to which
// number; README.md, "Departures", has the reasons for these.
func statusOf(k problem.Kind) int {
	switch k {
	case problem.Invalid, problem.Conflict, problem.Expired:
		return http.StatusBadRequest
	case problem.Unauthenticated:
		return http.StatusUnauthorized
	case problem.Denied:
		return http.StatusForbidden
	case problem.NotFound:
		return http.StatusNotFound
	case problem.Exhausted:
		return http.StatusTooManyRequests
	case problem.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
