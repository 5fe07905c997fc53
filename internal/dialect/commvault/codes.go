// SPDX-License-Identifier: Apache-2.0

package commvault

import "gatehouse/internal/problem"

// The codes of errors that only this door has.
const (
	codeStateElsewhere problem.Code = "state_elsewhere"
	codeTokenType      problem.Code = "token_type"
	codeAllowedIPs     problem.Code = "allowed_ips"
)

// sentences returns every code of this door with its sentence, and the domain's codes that have other words
// on this wire.
func sentences() problem.Sentences {
	return problem.Sentences{
		{Code: codeStateElsewhere, Format: "%s"},
		{Code: codeTokenType, Format: "tokenType must be 0 or 2 for all calls, or 3 for those named in " +
			"apiEndpoints. No call of this server belongs to another."},
		{Code: codeAllowedIPs,
			Format: "Access tokens cannot be limited to addresses here. Leave allowedIPs out."},
		{Code: codeSAML, Format: "SAML tokens are not accepted."},
		{Code: problem.CodeOutsideScope,
			Format: "This access token is not for this call: its apiEndpoints do not name it."},
		// It begins with a sentence for which a public client searches.
		{Code: problem.CodeOperatorTokenNameTaken,
			Format: "Token name already present. Choose another name."},
		{Code: problem.CodeBadPathPrefix,
			Format: "Each of the %[1]s must be the beginning of an address, such as /organization."},
		{Code: problem.CodeNotInFuture, Format: "%[1]s must be in the future, in seconds since 1970."},
	}
}

// phrase returns a sentence of this door.
func phrase(code problem.Code, args ...any) problem.Phrase { return sentences().Say(code, args...) }
