// SPDX-License-Identifier: Apache-2.0

package secret

import "strings"

// DigestSize is how many bytes a keyed digest has.
const DigestSize = 32

// A recovery code has 100 random bits: four groups of five characters of Crockford's base32,
// which people type from paper.
const (
	recoveryGroup  = 5
	recoveryGroups = 4
	recoveryLength = recoveryGroup * recoveryGroups
	recoveryTyped  = 3 * recoveryLength // the longest text with blanks and hyphens
)

// NewRecoveryCode mints a code that takes the place of a one-time code once, in canonical form.
func NewRecoveryCode() Secret {
	b := make([]byte, recoveryLength)
	for i, r := range randomBytes(recoveryLength) {
		b[i] = crockford[r&31] // 256 is a multiple of 32: no bias
	}
	return Secret{string(b)}
}

// PrintedRecoveryCode returns a code as people are shown it, in groups.
func PrintedRecoveryCode(s Secret) Secret {
	var groups []string
	for text := s.text; text != ""; text = text[recoveryGroup:] {
		groups = append(groups, text[:recoveryGroup])
	}
	return Secret{strings.Join(groups, "-")}
}

// ReadRecoveryCode returns the canonical form of a code as people type it: in any letter case,
// with blanks and hyphens, and with O for 0 and I or L for 1. ok reports whether it has the
// length and the characters of one.
func ReadRecoveryCode(typed string) (s Secret, ok bool) {
	if len(typed) > recoveryTyped {
		return Secret{}, false
	}
	fold := strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1")
	text := fold.Replace(strings.ToUpper(typed))
	return Secret{text}, len(text) == recoveryLength && strings.Trim(text, crockford) == ""
}
