// SPDX-License-Identifier: Apache-2.0

package commvault

import "gatehouse/internal/problem"

// The codes of errors that only this door has.
const (
	codeStateElsewhere problem.Code = "state_elsewhere"
	codeTokenType      problem.Code = "token_type"
	codeAllowedIPs     problem.Code = "allowed_ips"
)

// phrase returns a sentence of this door.
func phrase(code problem.Code, args ...any) problem.Phrase {
	return problem.Sentences{
		{Code: codeStateElsewhere, Format: "%s"},
		{Code: codeTokenType, Format: "tokenType must be 0 or 2 for all calls, or 3 for those named in " +
			"apiEndpoints. No call of this server belongs to another."},
		{Code: codeAllowedIPs,
			Format: "Access tokens cannot be limited to addresses here. Leave allowedIPs out."},
		{Code: codeSAML, Format: "SAML tokens are not accepted."},
	}.Say(code, args...)
}
