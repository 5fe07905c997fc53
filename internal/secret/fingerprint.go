// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/sha256"
	"encoding/binary"
)

// Fingerprint recognises a text that was seen before without storing the text. It is for
// memory only. The database has keyed digests instead, also of fingerprints, which cannot
// be tested against guesses.
type Fingerprint [sha256.Size]byte

// FingerprintOf returns the SHA-256 of the parts. Each part is preceded by its length, so
// that no two lists of parts have the same text.
func FingerprintOf(parts ...string) Fingerprint {
	var room [1024]byte // most parts fit, so that nothing is allocated
	b := room[:0]
	for _, part := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return sha256.Sum256(b)
}
