// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/sha256"
	"encoding/binary"
)

// Fingerprint recognises a text that was seen before without keeping it. It is
// for memory only: what is stored must not be tried against guesses, so it is a
// keyed Digest.
type Fingerprint [sha256.Size]byte

// FingerprintOf gives the SHA-256 of the parts, each with its length before it so
// that no two lists of parts look alike.
func FingerprintOf(parts ...string) Fingerprint {
	var room [1024]byte // most fit, so that nothing is allocated
	b := room[:0]
	for _, part := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return sha256.Sum256(b)
}
