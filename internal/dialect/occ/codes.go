// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"slices"

	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
)

// The codes of errors that only this door has.
const (
	codeNotChanged           problem.Code = "not_changed"
	codeNotChangedByAgents   problem.Code = "not_changed_by_agents"
	codeReservedName         problem.Code = "reserved_name"
	codeNotFromZero          problem.Code = "not_from_zero"
	codeNotOrganizationID    problem.Code = "not_organization_id"
	codeNotDUNS              problem.Code = "not_duns"
	codeNotStringOrNull      problem.Code = "not_string_or_null"
	codeNotOneOf             problem.Code = "not_one_of"
	codeCodeNotWritable      problem.Code = "code_not_writable"
	codeTooManyNames         problem.Code = "too_many_names"
	codeBadNumber            problem.Code = "bad_number"
	codeBadFilterAt          problem.Code = "bad_filter_at"
	codeBadSortAt            problem.Code = "bad_sort_at"
	codeEmptyType            problem.Code = "empty_type"
	codeUnknownType          problem.Code = "unknown_type"
	codeNoTokenOfType        problem.Code = "no_token_of_type"
	codeUnknownOp            problem.Code = "unknown_op"
	codeNotAcceptable        problem.Code = "not_acceptable"
	codeBodyNotJSON          problem.Code = "body_not_json"
	codeBodyNoForm           problem.Code = "body_no_form"
	codeSecretInAddress      problem.Code = "secret_in_address"
	codeTwoGrantTypes        problem.Code = "two_grant_types"
	codeUnsupportedGrantType problem.Code = "unsupported_grant_type"
)

// sentences returns every code of this door with its sentence, and the domain's codes that have other words
// on this wire.
func sentences() problem.Sentences {
	return problem.Sentences{
		{Code: codeNotChanged, Format: "%s cannot be changed."},
		{Code: codeNotChangedByAgents, Format: "%s cannot be changed by agents."},
		{Code: codeReservedName, Format: "%s cannot be used as the name of a property."},
		{Code: codeNotFromZero, Format: "%s must be a number from 0."},
		{Code: codeNotOrganizationID, Format: "%s must be a number from 1, alone or behind or-."},
		{Code: codeNotDUNS, Format: "%s must be a string of 9 digits."},
		{Code: codeNotStringOrNull, Format: "%s must be a string or null."},
		{Code: codeNotOneOf, Format: "%s must be one of these: %s."},
		{Code: codeCodeNotWritable,
			Format: "authorizationCode can only be set to null or NO_AUTH_CODE, which revoke it. " +
				"POST to …/authorizationCode to make one."},
		{Code: codeTooManyNames, Format: "Name at most %d members in %s, in %d bytes."},
		{Code: codeBadNumber,
			Format: "The value %q of the parameter '%s' is not valid. Give a whole number from 0 to %d."},
		{Code: codeBadFilterAt, Format: "The query expression is not valid: at character %d: %s"},
		{Code: codeBadSortAt, Format: "The sort options are not valid: at character %d: %s"},
		{Code: codeEmptyType,
			Format: "type must not be empty. Use application or extension, or leave it out."},
		{Code: codeUnknownType, Format: "This type is not known. Use application or extension."},
		{Code: codeNoTokenOfType, Format: "Only type application has an auth token."},
		{Code: codeUnknownOp, Format: "This op is not known. Use %s."},
		{Code: codeNotAcceptable, Format: "Only %s is spoken here. Ask for it in Accept."},
		{Code: codeBodyNotJSON, Format: "The body must be JSON. Send it with Content-Type: %s."},
		{Code: codeBodyNoForm, Format: "The body must be a form. Send it with Content-Type: %s."},
		{Code: codeSecretInAddress, Format: "Send %s in the body, not in the address."},
		{Code: codeTwoGrantTypes, Format: "There are two different grant_type. Send one."},
		{Code: codeUnsupportedGrantType,
			Format: "This grant_type is not taken here. Use client_credentials with an application key, " +
				"except on ccstore, or password on ccadmin, ccagent and ccstore."},
		{Code: problem.CodeCallerKind,
			Format: "Requests are deleted by applications only. Reject the request instead."},
		{Code: problem.CodeBadLifetime, Format: "%[1]s must be a number of days, or -1 for no end."},
	}
}

// The codes of errors about parameters. They have numbers of their own.
const (
	codeBadFilter    problem.Code = "bad_filter"
	codeBadSort      problem.Code = "bad_sort"
	codeBadParameter problem.Code = "bad_parameter"
)

// allSentences returns every sentence that an answer of this door may contain.
func allSentences() problem.Sentences {
	own := sentences()
	return slices.Concat(own, problem.List().Without(own), httpkit.Sentences(), filter.Sentences())
}

// phrase returns a sentence of this door or of the packages below it.
func phrase(code problem.Code, args ...any) problem.Phrase { return allSentences().Say(code, args...) }
