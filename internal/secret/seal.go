// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

func newSeal(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make cipher mode: %w", err)
	}
	return aead, nil
}

func (k *keySet) seal(p Purpose) cipher.AEAD {
	aead, ok := k.seals[p]
	if !ok {
		panic("secret: no seal for purpose " + string(p))
	}
	return aead
}

const sealVersion = 1

// Seal encrypts a secret that must be read back (AES-256-GCM, random nonce). row
// identifies the row that the value belongs to. Open fails with another row, so that
// sealed values cannot be moved between rows. The first byte is the version of the
// format.
func (k *Keyring) Seal(p Purpose, s Secret, row string) []byte {
	return sealTo(k.active().seal(p), s, row)
}

// Open returns the secret of a sealed value. It fails if the value, the row or the key is
// not that of Seal.
func (k *Keyring) Open(p Purpose, sealed []byte, row string) (Secret, error) {
	return k.open(sealed, row, func(set *keySet) cipher.AEAD { return set.seal(p) })
}

// open tries each master key. A sealed value has a tag that only the right key makes, so that it
// does not need to name its key.
func (k *Keyring) open(sealed []byte, row string, seal func(*keySet) cipher.AEAD) (text Secret, err error) {
	for _, set := range k.sets() {
		if text, err = open(seal(set), sealed, row); err == nil {
			return text, nil
		}
	}
	return Secret{}, err
}

// IsSealedByActive reports whether a value is sealed under the active master key.
func (k *Keyring) IsSealedByActive(p Purpose, sealed []byte, row string) bool {
	_, err := open(k.active().seal(p), sealed, row)
	return err == nil
}

// SealWith is Seal under a key that is derived from the master key and from a text that
// the server does not store. The database and the master key together do not open the
// value, unless the text can be guessed.
func (k *Keyring) SealWith(p Purpose, with Secret, s Secret, row string) []byte {
	return sealTo(k.active().sealWith(p, with), s, row)
}

// OpenWith is Open for a value of SealWith. It also fails with another text.
func (k *Keyring) OpenWith(p Purpose, with Secret, sealed []byte, row string) (Secret, error) {
	return k.open(sealed, row, func(set *keySet) cipher.AEAD { return set.sealWith(p, with) })
}

// sealWith derives the seal by HKDF. The text is the input key material, and the key of
// the purpose is the salt.
func (k *keySet) sealWith(p Purpose, with Secret) cipher.AEAD {
	salt, ok := k.partly[p]
	if !ok {
		panic("secret: no key to seal with a text for purpose " + string(p))
	}
	key, err := hkdf.Key(sha256.New, []byte(with.text), salt, "gatehouse/1/sealed-with/"+string(p), 32)
	if err != nil { // only for keys that are too long
		panic(err)
	}
	aead, err := newSeal(key)
	if err != nil { // only for keys of another length
		panic(err)
	}
	return aead
}

func sealTo(aead cipher.AEAD, s Secret, row string) []byte {
	return aead.Seal([]byte{sealVersion}, nil, []byte(s.text), []byte(row))
}

func open(aead cipher.AEAD, sealed []byte, row string) (Secret, error) {
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return Secret{}, errors.New("open sealed secret: unknown form")
	}
	text, err := aead.Open(nil, nil, sealed[1:], []byte(row))
	if err != nil {
		return Secret{}, errors.New("open sealed secret: it was changed, or sealed with another key")
	}
	return Secret{string(text)}, nil
}
