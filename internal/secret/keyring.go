// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"hash"
	"sync"
)

// MasterKeySize is the length of the master key in bytes.
const MasterKeySize = 32

// Purpose separates the uses of the master key. Each purpose has keys of its own for
// digests, signatures and seals, so that a value made for one purpose is worthless for
// another.
type Purpose string

// The purposes.
const (
	ForAuthCode       Purpose = "auth-code"
	ForSession        Purpose = "session"
	ForOperatorToken  Purpose = "operator-token"
	ForRefreshToken   Purpose = "refresh-token"
	ForApplicationKey Purpose = "application-key"
	ForClientKey      Purpose = "client-key"
	ForRegistration   Purpose = "registration"
	ForAccessToken    Purpose = "access-token"
	ForTOTP           Purpose = "totp"
	ForAttempt        Purpose = "attempt"
	ForAudit          Purpose = "audit"
	ForAnswer         Purpose = "answer"
	ForCursor         Purpose = "cursor"
	forCheck          Purpose = "check"
)

// Keyring has the keys that are derived from one master key. The master key is never in
// the database. Without it a copy of the database is of no use.
type Keyring struct {
	macs  map[Purpose]*macKey
	signs map[Purpose]*macKey
	seals map[Purpose]cipher.AEAD
	// partly has, by purpose, what SealWith needs besides the text.
	partly map[Purpose][]byte
}

// NewMasterKey makes a master key.
func NewMasterKey() []byte { return randomBytes(MasterKeySize) }

// NewKeyring derives the keys. The master key must be MasterKeySize bytes.
func NewKeyring(master []byte) (*Keyring, error) {
	if len(master) != MasterKeySize {
		return nil, fmt.Errorf("the master key must be %d bytes, not %d", MasterKeySize, len(master))
	}
	k := &Keyring{macs: map[Purpose]*macKey{}, signs: map[Purpose]*macKey{}, seals: map[Purpose]cipher.AEAD{},
		partly: map[Purpose][]byte{}}
	for _, p := range purposes("mac") {
		key, err := derive(master, "mac", p)
		if err != nil {
			return nil, err
		}
		k.macs[p] = newMACKey(key)
	}
	for _, p := range purposes("sign") {
		key, err := derive(master, "sign", p)
		if err != nil {
			return nil, err
		}
		k.signs[p] = newMACKey(key)
	}
	for _, p := range purposes("seal") {
		key, err := derive(master, "seal", p)
		if err != nil {
			return nil, err
		}
		if k.seals[p], err = newSeal(key); err != nil {
			return nil, err
		}
	}
	for _, p := range purposes("seal-with") {
		key, err := derive(master, "seal-with", p)
		if err != nil {
			return nil, err
		}
		k.partly[p] = key
	}
	return k, nil
}

// purposes lists the purposes that have a key for this use.
func purposes(use string) []Purpose {
	switch use {
	case "mac":
		return []Purpose{ForAuthCode, ForSession, ForOperatorToken, ForRefreshToken, ForApplicationKey, ForClientKey,
			ForRegistration, ForAttempt, ForAudit, ForAnswer, ForCursor, forCheck}
	case "sign":
		return []Purpose{ForApplicationKey, ForAccessToken}
	case "seal-with":
		return []Purpose{ForAnswer}
	}
	return []Purpose{ForAuthCode, ForTOTP} // seal
}

func derive(master []byte, use string, p Purpose) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, master, nil, "gatehouse/1/"+use+"/"+string(p), 32)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return key, nil
}

// Check returns a value that is equal for keyrings of the same master key, and reveals
// nothing about the key.
func (k *Keyring) Check() []byte { return k.mac(forCheck, Secret{"master key"}) }

// Digest returns the keyed digest (HMAC-SHA-256, 32 bytes) by which a secret is
// found and recognised without being stored.
func (k *Keyring) Digest(p Purpose, s Secret) []byte { return k.mac(p, s) }

// MAC returns the keyed hash of parts that are no secrets. Each part is preceded by its
// length, so that no two lists of parts have the same hash.
func (k *Keyring) MAC(p Purpose, parts ...string) []byte {
	key := k.macKey(p)
	m := key.get()
	defer key.put(m)
	for _, part := range parts {
		m.message = binary.BigEndian.AppendUint64(m.message, uint64(len(part)))
		m.message = append(m.message, part...)
	}
	return m.sum(nil)
}

func (k *Keyring) mac(p Purpose, s Secret) []byte { return k.macKey(p).of(s.text) }

// macKey is a key with idle hashes that are keyed already, because keying one costs as
// much as hashing a short message.
type macKey struct {
	key  []byte
	idle sync.Pool // of *mac
}

// mac is a keyed hash with room for its message.
type mac struct {
	hash    hash.Hash
	message []byte
}

func newMACKey(key []byte) *macKey {
	return &macKey{key: key, idle: sync.Pool{New: func() any { return &mac{hash: hmac.New(sha256.New, key)} }}}
}

func (k *Keyring) macKey(p Purpose) *macKey {
	key, ok := k.macs[p]
	if !ok {
		panic("secret: no key for purpose " + string(p))
	}
	return key
}

func (k *Keyring) signingKey(p Purpose) *macKey {
	key, ok := k.signs[p]
	if !ok {
		panic("secret: no signing key for purpose " + string(p))
	}
	return key
}

// of returns the keyed hash of a text.
func (k *macKey) of(text string) []byte {
	m := k.get()
	defer k.put(m)
	m.message = append(m.message, text...)
	return m.sum(nil)
}

func (k *macKey) get() *mac { return k.idle.Get().(*mac) }

func (k *macKey) put(m *mac) {
	clear(m.message) // it may be a secret
	m.message = m.message[:0]
	k.idle.Put(m)
}

// sum appends the hash of the message to b.
func (m *mac) sum(b []byte) []byte {
	m.hash.Reset()
	m.hash.Write(m.message)
	return m.hash.Sum(b)
}

// Equal compares two digests in a time that does not depend on where they differ.
func Equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
