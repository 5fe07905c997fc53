// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// maxTokenLength is checked before anything of a token is parsed. Ours are
	// below 600 bytes.
	maxTokenLength = 4096

	keyType      = "JWT" // as the vendor's published sample has it
	keyIssuer    = "applicationAuth"
	accessType   = "at+jwt" // RFC 9068 §2.1
	accessIssuer = "gatehouse"
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
	KeyID       string    // the application key it was got with; empty for operators
	LoggedInAt  time.Time // auth_time, to the second
	IssuedAt    time.Time
	ExpiresAt   time.Time
}

type accessClaims struct {
	jwt.RegisteredClaims
	Kind     string           `json:"kind"`
	KeyID    string           `json:"key,omitempty"`
	AuthTime *jwt.NumericDate `json:"auth_time"`
}

// SignKey makes the text of an application key: a JWT signed with HS256.
func (k *Keyring) SignKey(c KeyClaims) (Secret, error) {
	claims := jwt.RegisteredClaims{Subject: c.ApplicationID, Issuer: keyIssuer, ID: c.ID, IssuedAt: jwt.NewNumericDate(c.IssuedAt)}
	if !c.ExpiresAt.IsZero() {
		claims.ExpiresAt = jwt.NewNumericDate(c.ExpiresAt)
	}
	return k.sign(ForApplicationKey, keyType, claims)
}

// SignAccess makes the text of an access token: a JWT signed with HS256.
func (k *Keyring) SignAccess(c AccessClaims) (Secret, error) {
	return k.sign(ForAccessToken, accessType, accessClaims{
		RegisteredClaims: jwt.RegisteredClaims{Subject: c.SubjectID, Issuer: accessIssuer, ID: c.ID,
			Audience: jwt.ClaimStrings{c.Audience}, IssuedAt: jwt.NewNumericDate(c.IssuedAt), ExpiresAt: jwt.NewNumericDate(c.ExpiresAt)},
		Kind: c.SubjectKind, KeyID: c.KeyID, AuthTime: jwt.NewNumericDate(c.LoggedInAt),
	})
}

func (k *Keyring) sign(p Purpose, typ string, claims jwt.Claims) (Secret, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	token.Header["typ"] = typ
	text, err := token.SignedString(k.signs[p])
	if err != nil {
		return Secret{}, fmt.Errorf("sign token: %w", err)
	}
	return Secret{text}, nil
}

// VerifyKey gives the claims of an application key whose signature, algorithm,
// type, issuer and expiry at the given time hold; else ErrMalformed. Whether it
// is still the application's current key is for the caller to check.
func (k *Keyring) VerifyKey(text string, now time.Time) (KeyClaims, error) {
	var claims jwt.RegisteredClaims
	if err := k.verify(ForApplicationKey, keyType, text, &claims, now, jwt.WithIssuer(keyIssuer)); err != nil {
		return KeyClaims{}, err
	}
	if claims.Subject == "" || claims.ID == "" || claims.IssuedAt == nil {
		return KeyClaims{}, ErrMalformed
	}
	c := KeyClaims{ApplicationID: claims.Subject, ID: claims.ID, IssuedAt: claims.IssuedAt.UTC()}
	if claims.ExpiresAt != nil {
		c.ExpiresAt = claims.ExpiresAt.UTC()
	}
	return c, nil
}

// VerifyAccess gives the claims of an access token whose signature, algorithm,
// type, issuer, audience and expiry at the given time hold; else ErrMalformed.
func (k *Keyring) VerifyAccess(text, audience string, now time.Time) (AccessClaims, error) {
	var claims accessClaims
	err := k.verify(ForAccessToken, accessType, text, &claims, now,
		jwt.WithIssuer(accessIssuer), jwt.WithAudience(audience), jwt.WithExpirationRequired())
	if err != nil {
		return AccessClaims{}, err
	}
	if claims.Subject == "" || claims.ID == "" || claims.IssuedAt == nil || claims.AuthTime == nil {
		return AccessClaims{}, ErrMalformed
	}
	return AccessClaims{ID: claims.ID, SubjectKind: claims.Kind, SubjectID: claims.Subject, Audience: audience,
		KeyID: claims.KeyID, LoggedInAt: claims.AuthTime.UTC(), IssuedAt: claims.IssuedAt.UTC(), ExpiresAt: claims.ExpiresAt.UTC()}, nil
}

// verify is strict in this order: size, then signature with the one algorithm,
// then type, then claims. Nothing of a claim is used before.
func (k *Keyring) verify(p Purpose, typ, text string, claims jwt.Claims, now time.Time, options ...jwt.ParserOption) error {
	if text == "" || len(text) > maxTokenLength {
		return ErrMalformed
	}
	options = append(options, jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(func() time.Time { return now }))
	token, err := jwt.NewParser(options...).ParseWithClaims(text, claims, func(t *jwt.Token) (any, error) {
		if t.Header["typ"] != typ {
			return nil, ErrMalformed
		}
		return k.signs[p], nil
	})
	if err != nil || !token.Valid {
		return ErrMalformed
	}
	return nil
}
