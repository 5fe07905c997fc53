// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	sessionRandom = 32
	sessionCheck  = 4
	// sessionLength is the one length a session token has, in hex characters.
	sessionLength = 2 * (sessionRandom + sessionCheck)
)

// NewSessionToken mints a session token: 256 random bits and 32 check bits, in
// lower-case hex.
func NewSessionToken() Secret {
	b := randomBytes(sessionRandom)
	sum := sha256.Sum256(b)
	return Secret{hex.EncodeToString(append(b, sum[:sessionCheck]...))}
}

// ParseSessionToken returns the token, or ErrMalformed if the length, the alphabet or the
// check is wrong, so that most junk costs no database read.
func ParseSessionToken(text string) (Secret, error) {
	if len(text) != sessionLength {
		return Secret{}, ErrMalformed
	}
	b, err := hex.DecodeString(text)
	if err != nil || hex.EncodeToString(b) != text { // upper case is another spelling: refused
		return Secret{}, ErrMalformed
	}
	sum := sha256.Sum256(b[:sessionRandom])
	if string(sum[:sessionCheck]) != string(b[sessionRandom:]) {
		return Secret{}, ErrMalformed
	}
	return Secret{text}, nil
}
