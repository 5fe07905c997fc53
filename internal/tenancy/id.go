// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"fmt"
	"strconv"
	"strings"

	"gatehouse/internal/problem"
)

// OrganizationID is an organization's number, from 100001; RootID is the
// server's own organization. Written form: or-100001.
type OrganizationID int64

// RequestID is a request's number, from 100001.
type RequestID int64

// ContactID is a contact's number, from 100001. Written form: bb-100001.
type ContactID int64

// RootID is the organization of the server itself.
const RootID OrganizationID = 0

// Prefixes of the written forms.
const (
	OrganizationPrefix = "or-"
	ContactPrefix      = "bb-"
)

// String returns the written form.
func (id OrganizationID) String() string {
	return OrganizationPrefix + strconv.FormatInt(int64(id), 10)
}

// String returns the written form.
func (id RequestID) String() string { return strconv.FormatInt(int64(id), 10) }

// String returns the written form.
func (id ContactID) String() string { return ContactPrefix + strconv.FormatInt(int64(id), 10) }

// ParseOrganizationID reads the written form, or-100001. Anything else is
// NotFound.
func ParseOrganizationID(text string) (OrganizationID, error) {
	n, err := parseNumber(strings.TrimPrefix(text, OrganizationPrefix))
	if err != nil || !strings.HasPrefix(text, OrganizationPrefix) {
		return 0, problem.OrganizationNotFound()
	}
	return OrganizationID(n), nil
}

// ParseOrganizationNumber reads the bare number, 100001. Anything else is NotFound.
func ParseOrganizationNumber(text string) (OrganizationID, error) {
	n, err := parseNumber(text)
	if err != nil {
		return 0, problem.OrganizationNotFound()
	}
	return OrganizationID(n), nil
}

// ParseRequestID reads the bare number. Anything else is NotFound.
func ParseRequestID(text string) (RequestID, error) {
	n, err := parseNumber(text)
	if err != nil {
		return 0, problem.RequestNotFound()
	}
	return RequestID(n), nil
}

// parseNumber reads the canonical spelling only, without a sign or leading zeros, so that
// an id has one spelling.
func parseNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, err
	}
	if n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, fmt.Errorf("not the canonical form of a number")
	}
	return n, nil
}
