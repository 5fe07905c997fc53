// SPDX-License-Identifier: Apache-2.0

package secret

import "strings"

// The texts of an operator token: one that gives access, one that renews. Each
// is a prefix that says which, by which scanners find leaked ones, 52 characters
// of Crockford's base32 carrying 260 random bits, and 4 check characters.
// Programs carry them, so there is one spelling: other letter case is refused.
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

// IsOperatorToken tells whether the text is meant as an operator token's access
// text: by its prefix, not whether it is a good one.
func IsOperatorToken(text string) bool { return strings.HasPrefix(text, accessPrefix) }

// ParseOperatorAccess gives the text that gives access, or ErrMalformed; so that
// most junk costs no database read.
func ParseOperatorAccess(text string) (Secret, error) { return parsePart(accessPrefix, text) }

// ParseOperatorRefresh gives the text that renews, or ErrMalformed.
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
