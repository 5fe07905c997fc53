// SPDX-License-Identifier: Apache-2.0

package secret

// A client's key has a prefix that lets scanners find leaked ones, 52 characters of
// Crockford's base32 with 260 random bits, and 4 check characters. There is one spelling.
const clientPrefix = "GHK"

// NewClientKey mints the key of a client.
func NewClientKey() Secret { return mintCrockford(clientPrefix, pairRandom) }

// ParseClientKey returns the key, or ErrMalformed, so that most junk costs no database
// read.
func ParseClientKey(text string) (Secret, error) { return parsePart(clientPrefix, text) }
