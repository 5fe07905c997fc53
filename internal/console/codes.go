// SPDX-License-Identifier: Apache-2.0

package console

import "gatehouse/internal/problem"

// The codes of errors that only this door has. Their sentences are messages, with the key "error."
// and the code.
const (
	codeForeignForm problem.Code = "foreign_form"
	codeNotForm     problem.Code = "not_a_form"
	codeNotShown    problem.Code = "form_not_shown"
	codeBadQuery    problem.Code = "bad_query"
	codeNotRepeated problem.Code = "not_repeated"
	codeNoDecision  problem.Code = "no_decision"
	codeBadMoment   problem.Code = "bad_moment"
)

// say returns the phrase of a code, whose English sentence is in the messages.
func say(code problem.Code, args ...any) problem.Phrase {
	return problem.Phrase{Code: code, Format: string(code), Args: args}
}
