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
	// PathPrefixes are the beginnings of paths that a custom scope allows, below the
	// door's root. They are in lower case, without dots and doubled slashes: "/organization/6".
	PathPrefixes []string
}

const (
	maxPathPrefixes = 64
	maxPathPrefix   = 256 // bytes
)

// NewScope checks a scope and brings its prefixes to their one spelling. Invalid.
func NewScope(kind ScopeKind, prefixes []string) (Scope, error) {
	var c Checker
	scope := Scope{Kind: kind}
	switch {
	case kind != ScopeAll && kind != ScopeCustom:
		c.Add(FieldScope, problem.CodeUnknownScope)
	case kind == ScopeAll && len(prefixes) > 0: // the token would be worth more than was asked for
		c.Add(FieldPathPrefixes, problem.CodeScopeNotLimited)
	case kind == ScopeCustom && (len(prefixes) == 0 || len(prefixes) > maxPathPrefixes):
		c.Add(FieldPathPrefixes, problem.CodeScopeSize, maxPathPrefixes)
	default:
		for _, text := range prefixes {
			prefix, ok := parsePathPrefix(text)
			if !ok {
				c.Add(FieldPathPrefixes, problem.CodeBadPathPrefix, maxPathPrefix)
				break
			}
			if !slices.Contains(scope.PathPrefixes, prefix) {
				scope.PathPrefixes = append(scope.PathPrefixes, prefix)
			}
		}
	}
	return scope, c.Err()
}

// parsePathPrefix returns the one spelling of a path: a slash before each segment and
// none at the end, dot segments resolved, in lower case. It refuses what could be written
// in another way, such as %2f, and the bare root, which would allow everything.
func parsePathPrefix(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) > maxPathPrefix || strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') &&
			!strings.ContainsRune("/-._~", r)
	}) {
		return "", false
	}
	clean := path.Clean("/" + strings.ToLower(text))
	return clean, clean != "/"
}

// Allows reports whether a call is within the scope. The path is the address of
// the call behind the wire's root, as segments, cleaned as it was routed: each is
// compared whole, so that /plan allows /plan/7 and not /planner, and a slash
// that is part of a segment ends none.
func (s Scope) Allows(path []string) bool {
	switch s.Kind {
	case ScopeAll:
		return true
	case ScopeCustom:
		return slices.ContainsFunc(s.PathPrefixes, func(prefix string) bool {
			want := strings.Split(strings.TrimPrefix(prefix, "/"), "/")
			return len(want) <= len(path) && slices.EqualFunc(want, path[:len(want)],
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
	return !slices.ContainsFunc(other.PathPrefixes, func(prefix string) bool {
		return !s.Allows(strings.Split(strings.TrimPrefix(prefix, "/"), "/"))
	})
}
