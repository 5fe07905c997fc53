// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
)

// The parameters of addresses and the fields of log-ins that are read here.
const (
	paramType        = "type"
	paramLimit       = "limit"
	paramOffset      = "offset"
	paramFilter      = "q"
	paramSort        = "sort"
	paramExpand      = "expand"
	paramFields      = "fields"
	paramExclude     = "exclude"
	paramWithAliases = "withAliases"
	paramGrantType   = "grant_type"
	paramUsername    = "username"
	paramPassword    = "password"
	paramTOTPCode    = "totp_code"
)

// listParameters are what listParams reads.
func listParameters() []string { return []string{paramLimit, paramOffset, paramFilter, paramSort} }

// lists reports whether a parameter has a list of names, which may be sent in several parts.
func lists(name string) bool {
	return name == paramExpand || name == paramFields || name == paramExclude
}

// checkQuery refuses an address whose parameters say a thing twice, or in
// another letter case than the operation reads. Names that the operation does
// not know mean nothing.
func (op operation) checkQuery(r *http.Request) error {
	known := op.query
	if op.method == http.MethodGet {
		known = slices.Concat(known, []string{paramFields, paramExclude})
	}
	return oneSpelling(httpkit.QueryOf(r), known)
}

// oneSpelling checks names that were sent against those that are read. A name in
// another letter case, or written as an array, would otherwise be passed over, and a
// guard with it.
func oneSpelling(sent url.Values, known []string) error {
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		meant := httpkit.MeantName(name)
		i := slices.IndexFunc(known, func(right string) bool { return strings.EqualFold(right, meant) })
		switch {
		case i < 0:
		case known[i] != name:
			return fault(codeBadParameter, known[i], httpkit.CodeOtherCase, known[i])
		case len(sent[name]) > 1 && !lists(name):
			return fault(faultOf(name), name, httpkit.CodeSentTwice, name)
		}
	}
	return nil
}

// faultOf is the code of an error about a parameter: two have numbers of their own.
func faultOf(name string) problem.Code {
	switch name {
	case paramFilter:
		return codeBadFilter
	case paramSort:
		return codeBadSort
	}
	return codeBadParameter
}

// typeParameter reads the type that an application must have. Without the
// parameter it is any, and "" is returned. An empty one is refused: it may be the
// value that a program failed to fill in, and must not widen what the call is for.
func typeParameter(r *http.Request) (string, error) {
	query := httpkit.QueryOf(r)
	text := query.Get(paramType)
	if query.Has(paramType) && text == "" {
		return "", fault(problem.CodeInvalidInput, paramType, codeEmptyType)
	}
	return text, knownType(text, true)
}
