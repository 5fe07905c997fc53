// SPDX-License-Identifier: Apache-2.0

package secret

import "strings"

// The texts of an operator token: an access text and a refresh text. Each has a prefix
// that says which one it is and lets scanners find leaked ones, 52 characters of
// Crockford's base32 with 260 random bits, and 4 check characters. Programs send them,
// so there is one spelling: another letter case is refused.
const (
	accessPrefix  = "GHA"
	refreshPrefix = "GHR"
	pairRandom    = 52
	pairLength    = len(accessPrefix) + pairRandom + codeCheck
)

// NewOperatorToken mints the two texts of an operator token.
func NewOperatorToken() (access, refresh Secret) {
	return mintCrockford(accessPrefix, pairRandom), mintCrockford(refreshPrefix, pairRandom)
}

// IsOperatorToken reports whether the text has the prefix of an operator token's access
// text. It does not check the rest.
func IsOperatorToken(text string) bool { return strings.HasPrefix(text, accessPrefix) }

// ParseOperatorAccess returns the access text, or ErrMalformed, so that most junk costs
// no database read.
func ParseOperatorAccess(text string) (Secret, error) { return parsePart(accessPrefix, text) }

// ParseOperatorRefresh returns the refresh text, or ErrMalformed.
func ParseOperatorRefresh(text string) (Secret, error) { return parsePart(refreshPrefix, text) }

func parsePart(prefix, text string) (Secret, error) {
	if len(text) != pairLength || !strings.HasPrefix(text, prefix) {
		return Secret{}, ErrMalformed
	}
	body, check := text[:pairLength-codeCheck], text[pairLength-codeCheck:]
	if strings.Trim(body[len(prefix):], crockford) != "" || checkCharacters(body) != check {
		return Secret{}, ErrMalformed
	}
	return Secret{text}, nil
}
