// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"

	"github.com/go-jose/go-jose/v4"
)

// maxPublicKey is the longest JWK that is read, in bytes. Those of the two kinds are
// shorter than 200.
const maxPublicKey = 2048

// PublicKey is the public key of an installation. Only Ed25519 and P-256 are taken.
type PublicKey struct {
	jwk        []byte
	thumbprint string
	key        crypto.PublicKey
}

// ParsePublicKey reads a JWK (RFC 7517). ErrMalformed if it is no key of one of the two
// kinds, has a private member, or is meant for something else than signatures.
func ParsePublicKey(text []byte) (*PublicKey, error) {
	if len(text) > maxPublicKey {
		return nil, ErrMalformed
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members["d"] != nil || members["k"] != nil {
		return nil, ErrMalformed
	}
	var k jose.JSONWebKey
	if err := k.UnmarshalJSON(text); err != nil || !k.Valid() || !k.IsPublic() || k.Use != "" && k.Use != "sig" {
		return nil, ErrMalformed
	}
	switch key := k.Key.(type) {
	case ed25519.PublicKey:
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return nil, ErrMalformed
		}
	default:
		return nil, ErrMalformed
	}
	sum, err := k.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, ErrMalformed
	}
	bare, err := jose.JSONWebKey{Key: k.Key}.MarshalJSON() // without what else the text had
	if err != nil {
		return nil, ErrMalformed
	}
	return &PublicKey{bare, base64.RawURLEncoding.EncodeToString(sum), k.Key}, nil
}

// Thumbprint returns the key's thumbprint (RFC 7638, SHA-256, base64url); "" for nil.
func (k *PublicKey) Thumbprint() string {
	if k == nil {
		return ""
	}
	return k.thumbprint
}

// String returns the key as a JWK with no members but those of the key; "" for nil.
func (k *PublicKey) String() string {
	if k == nil {
		return ""
	}
	return string(k.jwk)
}

// Key returns the key for package crypto.
func (k *PublicKey) Key() crypto.PublicKey { return k.key }
