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

// The query parameters and the fields of log-ins that this wire reads.
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

// listParameters returns the parameters that listParams reads.
func listParameters() []string { return []string{paramLimit, paramOffset, paramFilter, paramSort} }

// isNameList reports whether a parameter is a list of names. Such a parameter may be sent more than once.
func isNameList(name string) bool {
	return name == paramExpand || name == paramFields || name == paramExclude
}

// checkQuery refuses query parameters that are sent twice or in another letter case than the operation reads.
// It ignores names that the operation does not read.
func (op operation) checkQuery(r *http.Request) error {
	sent := httpkit.QueryOf(r)
	if len(sent) == 0 {
		return nil
	}
	names := op.query
	if op.method == http.MethodGet {
		names = slices.Concat(names, []string{paramFields, paramExclude})
	}
	return checkSpelling(sent, names)
}

// checkSpelling compares the names that were sent with the names that are read. Without it, a name in another
// letter case or written as an array would be ignored, and with it a restriction that the client meant.
func checkSpelling(sent url.Values, names []string) error {
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		meant := httpkit.MeantName(name)
		i := slices.IndexFunc(names, func(right string) bool { return strings.EqualFold(right, meant) })
		switch {
		case i < 0:
		case names[i] != name:
			return fieldError(codeBadParameter, names[i], httpkit.CodeOtherCase, names[i])
		case len(sent[name]) > 1 && !isNameList(name):
			return fieldError(parameterErrorCode(name), name, httpkit.CodeSentTwice, name)
		}
	}
	return nil
}

// parameterErrorCode returns the code of an error about a parameter. Two parameters have error numbers of
// their own.
func parameterErrorCode(name string) problem.Code {
	switch name {
	case paramFilter:
		return codeBadFilter
	case paramSort:
		return codeBadSort
	}
	return codeBadParameter
}

// typeParameter reads the type that an application must have. It returns "" if the parameter is absent, which
// means any type. An empty parameter is an error: it may be a value that a program failed to fill in, and
// must not select more than it should.
func typeParameter(r *http.Request) (string, error) {
	query := httpkit.QueryOf(r)
	text := query.Get(paramType)
	if query.Has(paramType) && text == "" {
		return "", fieldError(problem.CodeInvalidInput, paramType, codeEmptyType)
	}
	return text, checkType(text, true)
}
