// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"gatehouse/apitype"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

const (
	mediaJSON    = "application/json"
	mediaProblem = "application/problem+json"
)

// write answers with a body.
func write(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	httpkit.Write(w, status, mediaJSON, b)
	return nil
}

// writeNothing answers a change that has nothing to tell.
func writeNothing(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// read reads the body into v, a pointer to a struct. It is strict: see checkMembers.
func read(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := httpkit.ReadBody(w, r)
	if err != nil {
		return err
	}
	if media := httpkit.MediaType(r); media != mediaJSON && len(body) > 0 {
		return httpkit.NewError(http.StatusUnsupportedMediaType, say(codeNotJSON, mediaJSON))
	}
	if err := httpkit.DecodeJSON(body, v); err != nil {
		return badMember(err)
	}
	return checkMembers(body, reflect.TypeOf(v).Elem(), "")
}

// badMember returns the error of a member that decodes itself as a refusal that names it.
func badMember(err error) error {
	switch {
	case errors.Is(err, apitype.ErrExpiry):
		return aboutField(tenancy.FieldExpiresAt, codeBadExpiry, tenancy.FieldExpiresAt)
	case errors.Is(err, apitype.ErrUses):
		return aboutField(tenancy.FieldMaxUses, codeBadUses, tenancy.FieldMaxUses)
	}
	return err
}

// readNothing refuses a body where none is read: the caller meant something by it. An empty
// object is fine, since some programs always send one.
func readNothing(w http.ResponseWriter, r *http.Request) error {
	return readIfSent(w, r, &struct{}{})
}

// readIfSent is read where a body may be left out.
func readIfSent(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := httpkit.ReadBody(w, r)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	return read(w, r, v)
}

// aboutField is a refusal of one member.
func aboutField(field string, code problem.Code, args ...any) *httpkit.Error {
	e := httpkit.NewError(http.StatusBadRequest, say(code, args...))
	e.Field = field
	return e
}

// organizationOf reads the organization in the path. What is no id is the id of none.
func organizationOf(r *http.Request) (tenancy.OrganizationID, error) {
	id, err := tenancy.ParseOrganizationID(r.PathValue("organization"))
	if err != nil {
		return 0, problem.OrganizationNotFound()
	}
	return id, nil
}

// instant returns a time for an answer; nil if there is none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// list returns an empty list for an absent one: it is [] in an answer.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
