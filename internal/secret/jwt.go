// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// maxTokenLength is checked before anything of a token is looked at. Ours are
	// below 600 bytes.
	maxTokenLength = 4096

	// The headers, as they are written and the only ones that are read: in
	// base64url, {"alg":"HS256","typ":"JWT"}, as the vendor's published sample has
	// it, and {"alg":"HS256","typ":"at+jwt"}, from RFC 9068 §2.1.
	keyHeader    = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
	accessHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9"
	keyIssuer    = "applicationAuth"
	accessIssuer = "gatehouse"

	signatureLength = 43 // 32 bytes in base64url
)

// KeyClaims is what an application key says.
type KeyClaims struct {
	ApplicationID string    // sub
	ID            string    // jti
	IssuedAt      time.Time // iat, to the second
	ExpiresAt     time.Time // exp, to the second; zero: never
}

// AccessClaims is what an access token says.
type AccessClaims struct {
	ID          string    // jti
	SubjectKind string    // "operator" or "application"
	SubjectID   string    // sub
	Audience    string    // aud: the tree of URLs it is good for
	ClientID    string    // client_id: the program it was issued to; empty in tokens of former releases
	KeyID       string    // the application key it was got with; empty for operators
	LoggedInAt  time.Time // auth_time, to the second
	IssuedAt    time.Time
	ExpiresAt   time.Time
}

// claims is what stands in a token of either kind. Pointers tell a claim that is
// not there from a zero.
type claims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience []string `json:"aud,omitempty"`
	Expires  *int64   `json:"exp,omitempty"`
	IssuedAt *int64   `json:"iat"`
	ID       string   `json:"jti"`
	ClientID string   `json:"client_id,omitempty"`
	Kind     string   `json:"kind,omitempty"`
	KeyID    string   `json:"key,omitempty"`
	AuthTime *int64   `json:"auth_time,omitempty"`
}

func seconds(t time.Time) *int64 { n := t.Unix(); return &n }

func instant(seconds *int64) time.Time { return time.Unix(*seconds, 0).UTC() }

// SignKey makes the text of an application key: a JWT signed with HS256.
func (k *Keyring) SignKey(c KeyClaims) (Secret, error) {
	out := claims{Issuer: keyIssuer, Subject: c.ApplicationID, ID: c.ID, IssuedAt: seconds(c.IssuedAt)}
	if !c.ExpiresAt.IsZero() {
		out.Expires = seconds(c.ExpiresAt)
	}
	return k.sign(ForApplicationKey, keyHeader, out)
}

// SignAccess makes the text of an access token: a JWT signed with HS256. With a
// ClientID it has every claim that RFC 9068 §2.2 requires.
func (k *Keyring) SignAccess(c AccessClaims) (Secret, error) {
	return k.sign(ForAccessToken, accessHeader, claims{Issuer: accessIssuer, Subject: c.SubjectID, ID: c.ID,
		Audience: []string{c.Audience}, IssuedAt: seconds(c.IssuedAt), Expires: seconds(c.ExpiresAt),
		ClientID: c.ClientID, Kind: c.SubjectKind, KeyID: c.KeyID, AuthTime: seconds(c.LoggedInAt)})
}

func (k *Keyring) sign(p Purpose, header string, c claims) (Secret, error) {
	payload, err := json.Marshal(c)
	if err != nil {
		return Secret{}, fmt.Errorf("sign token: %w", err)
	}
	b := make([]byte, 0, len(header)+base64.RawURLEncoding.EncodedLen(len(payload))+signatureLength+2)
	b = append(append(b, header...), '.')
	b = base64.RawURLEncoding.AppendEncode(b, payload)
	signature := k.signature(p, string(b))
	return Secret{string(append(append(b, '.'), signature[:]...))}, nil
}

// signature gives the signature of a text as it stands in a token.
func (k *Keyring) signature(p Purpose, text string) (s [signatureLength]byte) {
	key := keyFor(k.signs, p)
	m := key.take()
	defer key.give(m)
	m.message = append(m.message, text...)
	var sum [sha256.Size]byte
	base64.RawURLEncoding.Encode(s[:], m.sum(sum[:0]))
	return s
}

// VerifyKey gives the claims of an application key whose signature, algorithm,
// type, issuer and expiry at the given time hold; else ErrMalformed. Whether it
// is still the application's current key is for the caller to check.
func (k *Keyring) VerifyKey(text string, now time.Time) (KeyClaims, error) {
	c, ok := k.verify(ForApplicationKey, keyHeader, text)
	if !ok || c.Issuer != keyIssuer || c.expired(now) || c.Subject == "" || c.ID == "" || c.IssuedAt == nil {
		return KeyClaims{}, ErrMalformed
	}
	out := KeyClaims{ApplicationID: c.Subject, ID: c.ID, IssuedAt: instant(c.IssuedAt)}
	if c.Expires != nil {
		out.ExpiresAt = instant(c.Expires)
	}
	return out, nil
}

// VerifyAccess returns the claims of an access token whose signature, algorithm,
// type, issuer, audience and expiry at the given time hold; else ErrMalformed.
// The audience must be the given one or one of the others: Audience says which.
// A token without client_id is good, too: those of former releases had none.
func (k *Keyring) VerifyAccess(text, audience string, now time.Time, others ...string) (AccessClaims, error) {
	c, ok := k.verify(ForAccessToken, accessHeader, text)
	if !ok || c.Issuer != accessIssuer || len(c.Audience) != 1 || c.Audience[0] != audience && !slices.Contains(others, c.Audience[0]) ||
		c.Expires == nil || c.expired(now) || c.Subject == "" || c.ID == "" || c.IssuedAt == nil || c.AuthTime == nil {
		return AccessClaims{}, ErrMalformed
	}
	return AccessClaims{ID: c.ID, SubjectKind: c.Kind, SubjectID: c.Subject, Audience: c.Audience[0], ClientID: c.ClientID, KeyID: c.KeyID,
		LoggedInAt: instant(c.AuthTime), IssuedAt: instant(c.IssuedAt), ExpiresAt: instant(c.Expires)}, nil
}

// expired holds from the second that exp names.
func (c claims) expired(now time.Time) bool {
	return c.Expires != nil && !now.Before(instant(c.Expires))
}

// verify is strict in this order: size, then the signature over the very bytes
// that came, then the header, which must be the one that is written, and so the
// algorithm and the type; and only then claims are decoded. The signature is
// compared in its written form, since decoders of base64 pass over line ends.
func (k *Keyring) verify(p Purpose, header, text string) (c claims, ok bool) {
	dot := len(text) - signatureLength - 1
	if dot < 0 || len(text) > maxTokenLength || text[dot] != '.' {
		return claims{}, false
	}
	want := k.signature(p, text[:dot])
	if !Equal(want[:], []byte(text[dot+1:])) {
		return claims{}, false
	}
	payload, ok := strings.CutPrefix(text[:dot], header+".")
	if !ok {
		return claims{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return claims{}, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil || d.InputOffset() != int64(len(raw)) {
		return claims{}, false
	}
	return c, true
}
