// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// The vendor's error numbers. The same fault has different numbers in different
// operations, so each operation has a table: first by the domain's code, then
// by kind. What has no number of the vendor's carries the HTTP status as its number.
const (
	codeBadFilter             = "85000"
	codeBadSort               = "50012"
	codeBadParameter          = "10002"
	codeInternalList          = "100019"
	codeInvalid               = "100000"
	codeNoOrganization        = "100001"
	codeInvalidList           = "100018"
	codeBadOrganizationFilter = "100070"
	codeRootOrganization      = "10024"
	codeGenerate              = "100129"
	codeSave                  = "100130"
	codeBadRequestID          = "101000"
	codeNoRequest             = "101001"
	codeDecided               = "101008"
	codeCannotRequest         = "101013"
)

// codes maps a domain error's code, or "kind:" and its kind, to the vendor's number.
type codes map[string]string

func kind(k tenancy.Kind) string { return "kind:" + string(k) }

//nolint:gochecknoglobals // read-only tables; maps cannot be constants
var (
	loginCodes        = codes{oauthErrors: "yes"}
	organizationCodes = codes{kind(tenancy.Invalid): codeInvalid, kind(tenancy.NotFound): codeNoOrganization,
		kind(tenancy.Conflict): codeInvalid, "root_organization": codeRootOrganization}
	organizationListCodes = codes{"bad_filter": codeBadOrganizationFilter, "bad_sort": codeBadParameter, "bad_parameter": codeBadParameter,
		kind(tenancy.Invalid): codeInvalidList, kind(tenancy.Internal): codeInternalList, kind(tenancy.Unavailable): codeInternalList}
	authCodeCodes = codes{kind(tenancy.NotFound): codeNoOrganization, kind(tenancy.Conflict): codeGenerate,
		tenancy.CodeGenerateFailed: codeGenerate, tenancy.CodeSaveFailed: codeSave}
	submitCodes      = codes{kind(tenancy.Invalid): codeInvalid, kind(tenancy.Denied): codeCannotRequest}
	requestListCodes = codes{"bad_filter": codeBadFilter, "bad_sort": codeBadSort, "bad_parameter": codeBadParameter,
		kind(tenancy.Internal): codeInternalList, kind(tenancy.Unavailable): codeInternalList}
	requestCodes = codes{kind(tenancy.Invalid): codeInvalid, kind(tenancy.NotFound): codeNoRequest}
	decideCodes  = codes{kind(tenancy.Invalid): codeInvalid, kind(tenancy.NotFound): codeBadRequestID,
		kind(tenancy.Conflict): codeInvalid, "request_decided": codeDecided}
)

// oauthErrors in a table: failures also carry the member "error", by which
// clients know that a log-in failed.
const oauthErrors = "oauth"

// writeError is the one writer of errors of this door.
func (d *dialect) writeError(w http.ResponseWriter, r *http.Request, err error) {
	table := d.codes[httpkit.InfoOf(r).Route]
	var he *httpkit.Error
	if errors.As(err, &he) {
		body := errorModel{ErrorCode: strconv.Itoa(he.Status), Message: he.Message, ErrorPath: he.Field}
		if code, ok := table[kind(tenancy.Invalid)]; ok && he.Status == http.StatusBadRequest {
			body.ErrorCode = code
		}
		table.write(w, he.Status, body, "invalid_request")
		return
	}
	e := tenancy.AsError(err)
	status := statusOf(e.Kind)
	body := errorModel{ErrorCode: strconv.Itoa(status), Message: e.Message}
	if code, ok := table[kind(e.Kind)]; ok {
		body.ErrorCode = code
	}
	if code, ok := table[e.Code]; ok {
		body.ErrorCode = code
	}
	body.setFields(e.Fields, status)
	switch e.Kind {
	case tenancy.Unauthenticated:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case tenancy.Exhausted:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(max(e.RetryAfter, time.Second).Seconds()))))
	case tenancy.Unavailable:
		w.Header().Set("Retry-After", "1")
	}
	table.write(w, status, body, oauthError(e))
}

func (c codes) write(w http.ResponseWriter, status int, body errorModel, oauth string) {
	body.Status = strconv.Itoa(status)
	if _, ok := c[oauthErrors]; ok {
		body.Error = oauth
	}
	writeJSON(w, status, body)
}

// oauthError is what RFC 6749 §5.2 calls the failure.
func oauthError(e *tenancy.Error) string {
	switch e.Kind {
	case tenancy.Invalid:
		if e.Code == "unsupported_grant_type" {
			return e.Code
		}
		return "invalid_request"
	case tenancy.Unauthenticated, tenancy.Denied:
		return "invalid_grant"
	case tenancy.Unavailable, tenancy.Exhausted:
		return "temporarily_unavailable"
	}
	return "server_error"
}

// statusOf: the vendor never says which status goes with which number;
// README.md, "Departures", has the reasons for these.
func statusOf(k tenancy.Kind) int {
	switch k {
	case tenancy.Invalid, tenancy.Conflict, tenancy.Expired:
		return http.StatusBadRequest
	case tenancy.Unauthenticated:
		return http.StatusUnauthorized
	case tenancy.Denied:
		return http.StatusForbidden
	case tenancy.NotFound:
		return http.StatusNotFound
	case tenancy.Exhausted:
		return http.StatusTooManyRequests
	case tenancy.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
