// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"hash"
	"sync"
	"sync/atomic"
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
	ForBrowser        Purpose = "browser" // sessions of the web console
	ForOperatorToken  Purpose = "operator-token"
	ForRefreshToken   Purpose = "refresh-token"
	ForApplicationKey Purpose = "application-key"
	ForClientKey      Purpose = "client-key"
	ForRegistration   Purpose = "registration"
	ForAccessToken    Purpose = "access-token"
	ForTOTP           Purpose = "totp"
	ForRecovery       Purpose = "recovery"
	ForAttempt        Purpose = "attempt"
	ForAudit          Purpose = "audit"
	ForAnswer         Purpose = "answer"
	ForCursor         Purpose = "cursor"
	ForRequestLink    Purpose = "request-link"
	forCheck          Purpose = "check"
	forMasterKey      Purpose = "master-key"
)

// Keyring has the keys that are derived from the master keys of a database: the active one,
// under which values are made, and others, under which values may have been made. A master key
// is in the database only sealed under another one. Without it a copy of the database is of no
// use. It is safe for concurrent use.
type Keyring struct {
	ring atomic.Pointer[[]*keySet] // the active one first
	// audits are the AuditKeys of master keys that were dropped.
	audits atomic.Pointer[[]*macKey]
}

// keySet has the keys that are derived from one master key.
type keySet struct {
	master []byte
	macs   map[Purpose]*macKey
	signs  map[Purpose]*macKey
	seals  map[Purpose]cipher.AEAD
	// partly has, by purpose, what SealWith needs besides the text.
	partly map[Purpose][]byte
}

// NewMasterKey makes a master key.
func NewMasterKey() []byte { return randomBytes(MasterKeySize) }

// NewKeyring derives the keys. The master key must be MasterKeySize bytes.
func NewKeyring(master []byte) (*Keyring, error) {
	k := &Keyring{}
	return k, k.Use(master)
}

// Use makes a master key the active one, in addition to others. Each must be MasterKeySize
// bytes; on error nothing is changed.
func (k *Keyring) Use(active []byte, others ...[]byte) error {
	ring := make([]*keySet, 0, 1+len(others))
	for _, master := range append([][]byte{active}, others...) {
		set, err := newKeySet(master)
		if err != nil {
			return err
		}
		ring = append(ring, set)
	}
	k.ring.Store(&ring)
	return nil
}

// UseAudit makes keys of the audit (AuditKey) verify it, in addition to those of the master keys, and
// in place of former ones.
func (k *Keyring) UseAudit(keys ...[]byte) {
	var audits []*macKey
	for _, key := range keys {
		audits = append(audits, newMACKey(bytes.Clone(key)))
	}
	k.audits.Store(&audits)
}

// Masters returns the master keys, the active one first.
func (k *Keyring) Masters() (masters [][]byte) {
	for _, set := range k.sets() {
		masters = append(masters, set.master)
	}
	return masters
}

func (k *Keyring) sets() []*keySet { return *k.ring.Load() }

func (k *Keyring) active() *keySet { return k.sets()[0] }

func newKeySet(master []byte) (*keySet, error) {
	if len(master) != MasterKeySize {
		return nil, fmt.Errorf("the master key must be %d bytes, not %d", MasterKeySize, len(master))
	}
	k := &keySet{master: bytes.Clone(master), macs: map[Purpose]*macKey{}, signs: map[Purpose]*macKey{},
		seals: map[Purpose]cipher.AEAD{}, partly: map[Purpose][]byte{}}
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
		return []Purpose{ForAuthCode, ForSession, ForOperatorToken, ForRefreshToken, ForApplicationKey,
			ForClientKey, ForRegistration, ForRecovery, ForAttempt, ForAudit, ForAnswer, ForCursor, ForBrowser,
			ForRequestLink, forCheck}
	case "sign":
		return []Purpose{ForApplicationKey, ForAccessToken}
	case "seal-with":
		return []Purpose{ForAnswer}
	}
	return []Purpose{ForAuthCode, ForTOTP, forMasterKey} // seal
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
func (k *Keyring) Check() []byte { return k.active().mac(forCheck, Secret{"master key"}) }

// Digest returns the keyed digest (HMAC-SHA-256, 32 bytes) by which a secret is
// found and recognised without being stored.
func (k *Keyring) Digest(p Purpose, s Secret) []byte { return k.active().mac(p, s) }

// Digests returns the digest under each master key, the active one first. If there are others,
// the active one is also the last: a look-up that finds nothing under one key and then under
// the next would miss a row that is written again under the active key between the two.
func (k *Keyring) Digests(p Purpose, s Secret) (digests [][]byte) {
	sets := k.sets()
	for _, set := range sets {
		digests = append(digests, set.mac(p, s))
	}
	if len(sets) > 1 {
		digests = append(digests, digests[0])
	}
	return digests
}

// Recognises reports whether a stored digest is that of the secret, under any master key.
func (k *Keyring) Recognises(p Purpose, digest []byte, s Secret) bool {
	for _, set := range k.sets() {
		if Equal(digest, set.mac(p, s)) {
			return true
		}
	}
	return false
}

// MAC returns the keyed hash of parts that are no secrets. Each part is preceded by its
// length, so that no two lists of parts have the same hash.
func (k *Keyring) MAC(p Purpose, parts ...string) []byte { return k.active().macOf(p, parts...) }

// MACs returns the keyed hash under each master key, the active one first.
func (k *Keyring) MACs(p Purpose, parts ...string) (hashes [][]byte) {
	for _, set := range k.sets() {
		hashes = append(hashes, set.macOf(p, parts...))
	}
	return hashes
}

// HasMAC reports whether a keyed hash is that of the parts, under any master key. A hash may be
// cut, to as many bytes as are compared.
func (k *Keyring) HasMAC(hash []byte, p Purpose, parts ...string) bool {
	is := func(of []byte) bool {
		return Equal(hash, of[:min(len(hash), len(of))]) && len(hash) >= shortestMAC
	}
	for _, set := range k.sets() {
		if is(set.macOf(p, parts...)) {
			return true
		}
	}
	if audits := k.audits.Load(); audits != nil && p == ForAudit {
		for _, key := range *audits {
			if is(key.ofParts(parts...)) {
				return true
			}
		}
	}
	return false
}

// shortestMAC is the length below which a cut hash is none.
const shortestMAC = 16

func (k *keySet) macOf(p Purpose, parts ...string) []byte { return k.macKey(p).ofParts(parts...) }

// ofParts returns the keyed hash of parts, each with its length before it.
func (k *macKey) ofParts(parts ...string) []byte {
	m := k.get()
	defer k.put(m)
	for _, part := range parts {
		m.message = binary.BigEndian.AppendUint64(m.message, uint64(len(part)))
		m.message = append(m.message, part...)
	}
	return m.sum(nil)
}

func (k *keySet) mac(p Purpose, s Secret) []byte { return k.macKey(p).of(s.text) }

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

func (k *keySet) macKey(p Purpose) *macKey {
	key, ok := k.macs[p]
	if !ok {
		panic("secret: no key for purpose " + string(p))
	}
	return key
}

func (k *keySet) signingKey(p Purpose) *macKey {
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
