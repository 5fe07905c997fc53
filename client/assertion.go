// SPDX-License-Identifier: Apache-2.0

package client

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// assertionLife is how long an assertion is good. The server takes up to ten minutes; the clock of
// the client may be behind.
const assertionLife = 5 * time.Minute

// signAssertion returns a JWT by which a client proves that it has a key (RFC 7523, section 3).
func signAssertion(id, audience string, key crypto.Signer, now time.Time) (string, error) {
	algorithm := "EdDSA"
	if _, ok := key.Public().(*ecdsa.PublicKey); ok {
		algorithm = "ES256"
	}
	head, err := encode(map[string]any{"alg": algorithm, "typ": "JWT"})
	if err != nil {
		return "", err
	}
	claims, err := encode(map[string]any{"iss": id, "sub": id, "aud": audience, "jti": rand.Text(),
		"exp": now.Add(assertionLife).Unix()})
	if err != nil {
		return "", err
	}
	signature, err := sign(key, []byte(head+"."+claims))
	if err != nil {
		return "", fmt.Errorf("sign the assertion: %w", err)
	}
	return head + "." + claims + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func encode(part map[string]any) (string, error) {
	b, err := json.Marshal(part)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// sign returns the signature of a text as JWS has it (RFC 7518, section 3.4, and RFC 8037).
func sign(key crypto.Signer, text []byte) ([]byte, error) {
	switch public := key.Public().(type) {
	case ed25519.PublicKey:
		return key.Sign(rand.Reader, text, crypto.Hash(0))
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			break
		}
		digest := sha256.Sum256(text)
		der, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			return nil, err
		}
		var parts struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &parts); err != nil {
			return nil, err
		}
		signature := make([]byte, 64)
		parts.R.FillBytes(signature[:32])
		parts.S.FillBytes(signature[32:])
		return signature, nil
	}
	return nil, errors.New("the key is neither Ed25519 nor ECDSA on P-256")
}

// PublicKey returns the JWK of a key's public half, for apitype.EnrolmentClient: Ed25519, or ECDSA on
// P-256.
func PublicKey(key crypto.PublicKey) (json.RawMessage, error) {
	text := base64.RawURLEncoding.EncodeToString
	switch key := key.(type) {
	case ed25519.PublicKey:
		return json.Marshal(map[string]string{"kty": "OKP", "crv": "Ed25519", "x": text(key)})
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			point, err := key.Bytes() // 4, then both coordinates
			if err != nil {
				return nil, err
			}
			return json.Marshal(map[string]string{"kty": "EC", "crv": "P-256", "x": text(point[1:33]),
				"y": text(point[33:])})
		}
	}
	return nil, errors.New("the key is neither Ed25519 nor ECDSA on P-256")
}
