// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// The vendor's error numbers. The same fault has different numbers in different
// operations, so each operation has a table: first by the domain's code, then
// by kind. What has no number of the vendor's carries the HTTP status as its number.
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

// numbers maps a domain error's code, or "kind:" and its kind, to the vendor's number.
type numbers map[problem.Code]string

func kind(k problem.Kind) problem.Code { return problem.Code("kind:" + k) }

func organizationNumbers() numbers {
	return numbers{kind(problem.Invalid): numberInvalid, kind(problem.NotFound): numberNoOrganization,
		kind(problem.Conflict): numberInvalid, problem.CodeRootOrganization: numberRootOrganization}
}

func organizationListNumbers() numbers {
	return numbers{codeBadFilter: numberBadOrganizationFilter, codeBadSort: numberBadParameter, codeBadParameter: numberBadParameter,
		kind(problem.Invalid): numberInvalidList, kind(problem.Internal): numberInternalList, kind(problem.Unavailable): numberInternalList}
}

func authCodeNumbers() numbers {
	return numbers{kind(problem.NotFound): numberNoOrganization, kind(problem.Conflict): numberGenerate,
		tenancy.CodeGenerateFailed: numberGenerate, tenancy.CodeSaveFailed: numberSave}
}

func submitNumbers() numbers {
	return numbers{kind(problem.Invalid): numberInvalid, codeTooLong: numberTooLong, kind(problem.Denied): numberCannotRequest}
}

func requestListNumbers() numbers {
	return numbers{codeBadFilter: numberBadFilter, codeBadSort: numberBadSort, codeBadParameter: numberBadParameter,
		kind(problem.Internal): numberInternalList, kind(problem.Unavailable): numberInternalList}
}

func requestNumbers() numbers {
	return numbers{kind(problem.Invalid): numberInvalid, kind(problem.NotFound): numberNoRequest}
}

func requestChangeNumbers() numbers {
	return numbers{kind(problem.Invalid): numberInvalid, kind(problem.NotFound): numberNoRequest,
		kind(problem.Conflict): numberInvalid, problem.CodeRequestDecided: numberDecided}
}

func decideNumbers() numbers {
	return numbers{kind(problem.Invalid): numberInvalid, kind(problem.NotFound): numberBadRequestID,
		kind(problem.Conflict): numberInvalid, problem.CodeRequestDecided: numberDecided}
}

// writeError is the one writer of errors of this door.
func (d *dialect) writeError(w http.ResponseWriter, r *http.Request, err error) {
	op := d.byName[httpkit.InfoOf(r).Route]
	tag, say := d.language(r)
	if tag != english {
		w.Header().Set("Content-Language", tag)
	}
	tellRelease(w)
	var he *httpkit.Error
	if errors.As(err, &he) {
		body := errorModel{ErrorCode: strconv.Itoa(he.Status), ErrorPath: he.Field}
		body.setMessage(say.orElse(he.Message, he.Phrase), he.Message)
		like, oauth := problem.Invalid, "invalid_request"
		if he.Status == http.StatusServiceUnavailable {
			like, oauth = problem.Unavailable, "temporarily_unavailable"
		}
		if code, ok := op.numbers[kind(like)]; ok && he.Status == statusOf(like) {
			body.ErrorCode = code
		}
		he.SetRetryAfter(w.Header())
		op.writeError(w, he.Status, body, oauth)
		return
	}
	e := problem.As(err)
	status := statusOf(e.Kind)
	body := errorModel{ErrorCode: strconv.Itoa(status)}
	body.setMessage(say.errorText(e), e.Message)
	if code, ok := op.numbers[kind(e.Kind)]; ok {
		body.ErrorCode = code
	}
	if code, ok := op.numbers[e.Code]; ok {
		body.ErrorCode = code
	}
	body.setFields(e.Fields, status, say)
	switch e.Kind {
	case problem.Unauthenticated:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case problem.Exhausted, problem.Unavailable:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(max(e.RetryAfter, time.Second).Seconds()))))
	}
	op.writeError(w, status, body, oauthError(e))
}

func (op operation) writeError(w http.ResponseWriter, status int, body errorModel, oauth string) {
	body.Status, body.Type = strconv.Itoa(status), typeOf(status)
	if op.oauth {
		body.Error = oauth
	}
	writeJSON(w, status, body)
}

// oauthError is what RFC 6749 §5.2 calls the failure.
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

// statusOf: the vendor never says which status goes with which number;
// README.md, "Departures", has the reasons for these.
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
