// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// maxTokenLength is checked before anything of a token is read. Ours are
	// shorter than 600 bytes.
	maxTokenLength = 4096

	keyType    = "JWT"    // RFC 7519 §5.1
	accessType = "at+jwt" // RFC 9068 §2.1
)

// Issuer is the iss of access tokens.
const Issuer = "gatehouse"

// KeyClaims are the claims of an application key.
type KeyClaims struct {
	Issuer        string    // iss
	ApplicationID string    // sub
	ID            string    // jti
	IssuedAt      time.Time // iat, to the second
	ExpiresAt     time.Time // exp, to the second; zero: never
}

// AccessClaims are the claims of an access token.
type AccessClaims struct {
	ID          string    // jti
	SubjectKind string    // "operator" or "application"
	SubjectID   string    // sub
	Audience    string    // aud: the tree of URLs it is good for
	ClientID    string    // client_id: the program it was issued to; empty in tokens of former releases
	KeyID       string    // the application key it was got with; empty for operators
	Family      string    // jti of the first token of the log-in; empty: this is the first one
	Generation  int64     // of the operator's log-ins; 0, and absent, until some were ended
	LoggedInAt  time.Time // auth_time, to the second
	IssuedAt    time.Time
	ExpiresAt   time.Time
}

// claims are the claims of a token of either kind, as they are read.
type claims struct {
	jwt.RegisteredClaims
	ClientID string           `json:"client_id,omitempty"`
	Kind     string           `json:"kind,omitempty"`
	KeyID    string           `json:"key,omitempty"`
	Logins   int64            `json:"logins,omitempty"`
	Family   string           `json:"family,omitempty"`
	AuthTime *jwt.NumericDate `json:"auth_time,omitempty"`
}

// payload has the claims of a token of either kind, as they are written: times are whole
// seconds since 1970, and 0 is absent. The library's type for a time takes three times
// as long to write, and a log-in or a refresh is mostly this.
type payload struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  []string `json:"aud,omitempty"`
	ExpiresAt int64    `json:"exp,omitempty"`
	IssuedAt  int64    `json:"iat"`
	ID        string   `json:"jti"`
	ClientID  string   `json:"client_id,omitempty"`
	Kind      string   `json:"kind,omitempty"`
	KeyID     string   `json:"key,omitempty"`
	Logins    int64    `json:"logins,omitempty"`
	Family    string   `json:"family,omitempty"`
	AuthTime  int64    `json:"auth_time,omitempty"`
}

// SignKey returns the text of an application key: a JWT signed with HS256.
func (k *Keyring) SignKey(c KeyClaims) (Secret, error) {
	p := payload{Issuer: c.Issuer, Subject: c.ApplicationID, ID: c.ID, IssuedAt: c.IssuedAt.Unix()}
	if !c.ExpiresAt.IsZero() {
		p.ExpiresAt = c.ExpiresAt.Unix()
	}
	return k.sign(ForApplicationKey, keyType, p)
}

// SignAccess returns the text of an access token: a JWT signed with HS256. With a
// ClientID it has every claim that RFC 9068 §2.2 requires.
func (k *Keyring) SignAccess(c AccessClaims) (Secret, error) {
	return k.sign(ForAccessToken, accessType, payload{Issuer: Issuer, Subject: c.SubjectID, ID: c.ID,
		Audience: []string{c.Audience}, IssuedAt: c.IssuedAt.Unix(), ExpiresAt: c.ExpiresAt.Unix(),
		ClientID: c.ClientID, Kind: c.SubjectKind, KeyID: c.KeyID, Logins: c.Generation,
		Family: c.Family, AuthTime: c.LoggedInAt.Unix()})
}

// sign writes a token (RFC 7515 §3.1). Tests verify it with the library, which would
// key its hash for every signature.
func (k *Keyring) sign(p Purpose, typ string, c payload) (Secret, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return Secret{}, fmt.Errorf("sign token: %w", err)
	}
	b64 := base64.RawURLEncoding
	token := make([]byte, 0, 2*len(text)+100) // roughly: base64 takes a third more
	token = append(b64.AppendEncode(token, []byte(`{"alg":"HS256","typ":"`+typ+`"}`)), '.')
	token = b64.AppendEncode(token, text)
	signature := k.active().signingKey(p).of(string(token))
	return Secret{string(b64.AppendEncode(append(token, '.'), signature))}, nil
}

// VerifyKey returns the claims of an application key whose signature, algorithm,
// type, issuer and expiry at the given time are right; else ErrMalformed. The
// caller checks that it is still the application's current key.
func (k *Keyring) VerifyKey(text, issuer string, now time.Time) (KeyClaims, error) {
	c, ok := k.verify(ForApplicationKey, keyType, issuer, text, now)
	if !ok {
		return KeyClaims{}, ErrMalformed
	}
	out := KeyClaims{Issuer: c.Issuer, ApplicationID: c.Subject, ID: c.ID, IssuedAt: c.IssuedAt.UTC()}
	if c.ExpiresAt != nil {
		out.ExpiresAt = c.ExpiresAt.UTC()
	}
	return out, nil
}

// VerifyAccess returns the claims of an access token whose signature, algorithm,
// type, issuer, audience and expiry at the given time are right; else ErrMalformed.
// The audience must be the given one or one of the others: Audience says which.
// A token without client_id is good, too: those of former releases had none.
func (k *Keyring) VerifyAccess(text, audience string, now time.Time, others ...string) (AccessClaims, error) {
	c, ok := k.verify(ForAccessToken, accessType, Issuer, text, now,
		jwt.WithAudience(append([]string{audience}, others...)...), jwt.WithExpirationRequired())
	if !ok || len(c.Audience) != 1 || c.AuthTime == nil {
		return AccessClaims{}, ErrMalformed
	}
	return AccessClaims{ID: c.ID, SubjectKind: c.Kind, SubjectID: c.Subject, Audience: c.Audience[0],
		ClientID: c.ClientID, KeyID: c.KeyID, Generation: c.Logins, Family: c.Family,
		LoggedInAt: c.AuthTime.UTC(), IssuedAt: c.IssuedAt.UTC(), ExpiresAt: c.ExpiresAt.UTC()}, nil
}

// verify reports whether a token of the given type and issuer is right. The only
// algorithm is HS256, whatever the token says. A header with further members is
// refused, since one of them may be crit. Line ends are refused here, since
// decoders of base64 skip them.
func (k *Keyring) verify(p Purpose, typ, issuer, text string, now time.Time,
	options ...jwt.ParserOption) (c claims, ok bool) {
	for _, set := range k.sets() {
		if c, ok = set.verify(p, typ, issuer, text, now, options...); ok {
			return c, true
		}
	}
	return claims{}, false
}

// verify is Keyring.verify for one master key.
func (set *keySet) verify(p Purpose, typ, issuer, text string, now time.Time,
	options ...jwt.ParserOption) (c claims, ok bool) {
	if len(text) > maxTokenLength || strings.ContainsAny(text, "\r\n") {
		return claims{}, false
	}
	options = append(slices.Clone(options), jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(func() time.Time { return now }))
	_, err := jwt.NewParser(options...).ParseWithClaims(text, &c, func(t *jwt.Token) (any, error) {
		if len(t.Header) != 2 || t.Header["typ"] != typ {
			return nil, ErrMalformed
		}
		return set.signingKey(p).key, nil
	})
	// The library takes every issuer where none is expected, so it is compared here.
	return c, err == nil && c.Issuer == issuer && c.Issuer != "" && c.Subject != "" && c.ID != "" &&
		c.IssuedAt != nil
}
