// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"path"
	"slices"
	"strings"

	"gatehouse/internal/problem"
)

// ScopeKind says how an operator token is limited.
type ScopeKind string

// The kinds of scope.
const (
	ScopeAll    ScopeKind = "all"    // every call its wire has
	ScopeCustom ScopeKind = "custom" // the calls below some addresses
)

// Scope is what an operator token may be used for. It narrows what its operator
// may do and never widens it. The zero Scope allows nothing.
type Scope struct {
	Kind ScopeKind
	// Endpoints are, of a custom scope, the beginnings of addresses behind the
	// wire's root: lower case, without dots and doubled slashes: "/organization/6".
	Endpoints []string
}

const (
	maxEndpoints = 64
	maxEndpoint  = 256 // bytes
)

// NewScope checks a scope and brings its endpoints to their one spelling. Invalid.
func NewScope(kind ScopeKind, endpoints []string) (Scope, error) {
	var c Checker
	scope := Scope{Kind: kind}
	switch {
	case kind != ScopeAll && kind != ScopeCustom:
		c.Add("tokenType", problem.CodeUnknownScope)
	case kind == ScopeAll && len(endpoints) > 0: // the token would be worth more than was asked for
		c.Add("apiEndpoints", problem.CodeScopeNotLimited)
	case kind == ScopeCustom && (len(endpoints) == 0 || len(endpoints) > maxEndpoints):
		c.Add("apiEndpoints", problem.CodeScopeSize, maxEndpoints)
	default:
		for _, text := range endpoints {
			endpoint, ok := parseEndpoint(text)
			if !ok {
				c.Add("apiEndpoints", problem.CodeBadAddress)
				break
			}
			if !slices.Contains(scope.Endpoints, endpoint) {
				scope.Endpoints = append(scope.Endpoints, endpoint)
			}
		}
	}
	return scope, c.Err()
}

// parseEndpoint returns the one spelling of an address: a slash before each
// segment, none behind, dot segments resolved, lower case. What could be written
// in another way, as %2f, is no address; nor is the bare root, which is all.
func parseEndpoint(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) > maxEndpoint || strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/-._~", r)
	}) {
		return "", false
	}
	clean := path.Clean("/" + strings.ToLower(text))
	return clean, clean != "/"
}

// Allows reports whether a call is within the scope. The endpoint is the address of
// the call behind the wire's root, as segments, cleaned as it was routed: each is
// compared whole, so that /plan allows /plan/7 and not /planner, and a slash
// that is part of a segment ends none.
func (s Scope) Allows(endpoint []string) bool {
	switch s.Kind {
	case ScopeAll:
		return true
	case ScopeCustom:
		return slices.ContainsFunc(s.Endpoints, func(prefix string) bool {
			want := strings.Split(strings.TrimPrefix(prefix, "/"), "/")
			return len(want) <= len(endpoint) && slices.EqualFunc(want, endpoint[:len(want)],
				func(a, b string) bool { return a != "" && a == strings.ToLower(b) })
		})
	}
	return false
}

// Covers reports whether the scope allows every call that the other one does.
func (s Scope) Covers(other Scope) bool {
	if s.Kind == ScopeAll || other.Kind != ScopeCustom {
		return s.Kind == ScopeAll || other.Kind == ""
	}
	return !slices.ContainsFunc(other.Endpoints, func(prefix string) bool {
		return !s.Allows(strings.Split(strings.TrimPrefix(prefix, "/"), "/"))
	})
}
