// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

const (
	// maxAssertion is the longest assertion that is read, in bytes.
	maxAssertion = 4096
	// maxAssertionLife is how far ahead an assertion may expire. Its jti is stored until
	// then, so that it works once.
	maxAssertionLife = 10 * time.Minute
)

// LoginWithAssertion exchanges a JWT that an enrolled client has signed with its own key
// (RFC 7523 §2.2) for an access token. The assertion must be for one of the audiences,
// have a jti, and expire within ten minutes; it works once. If the caller also says which
// client it is, the assertion must be that client's. Unauthenticated (invalid_credentials)
// for every reason alike; Exhausted when the source has failed too often.
func (s *Service) LoginWithAssertion(ctx context.Context, caller tenancy.Caller, clientID, assertion string,
	audiences []string, audience string) (IssuedToken, error) {
	id, err := s.checkAssertion(ctx, clientID, assertion, audiences)
	if err != nil {
		return IssuedToken{}, s.refusedKey(ctx, caller, clientRefused, clientID, err)
	}
	return s.issueAccess(tenancy.ClientCaller, id, tenancy.TokenInfo{Audience: audience,
		LoggedInAt: s.core.Now()}, ClientTokenLife)
}

// checkAssertion returns the id of the client that signed, and spends the assertion. One
// that is not good costs no transaction that writes.
func (s *Service) checkAssertion(ctx context.Context, clientID, text string, audiences []string) (string,
	error) {
	a, ok := parseAssertion(text)
	if !ok || clientID != "" && clientID != a.claims.Subject {
		return "", badCredentials()
	}
	now := s.core.Now()
	var c tenancy.StoredClient
	err := s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		c, err = tx.Client(ctx, a.claims.Subject) // this says only whose key to try
		return err
	})
	if errors.Is(err, problem.NotFound) {
		return "", badCredentials()
	}
	if err != nil {
		return "", err
	}
	if !verifyAssertion(a, c, audiences, now) || c.State != tenancy.ClientActive {
		return "", badCredentials()
	}
	return c.ID, s.core.Update(ctx, func(tx tenancy.Tx) error { return spend(ctx, tx, c, a.claims, now) })
}

// verifyAssertion checks the signature by the client's public key, and then the claims.
func verifyAssertion(a assertion, c tenancy.StoredClient, audiences []string, now time.Time) bool {
	key, err := secret.ParsePublicKey([]byte(c.PublicKey))
	if err != nil {
		return false
	}
	switch public := key.Key().(type) {
	case ed25519.PublicKey:
		// RFC 9864 calls the algorithm by the name of its curve, RFC 8037 by that of its family.
		if a.header.Algorithm != "EdDSA" && a.header.Algorithm != "Ed25519" {
			return false
		}
		err = jwt.SigningMethodEdDSA.Verify(a.signed, a.signature, public)
	default:
		if a.header.Algorithm != "ES256" {
			return false
		}
		err = jwt.SigningMethodES256.Verify(a.signed, a.signature, public)
	}
	if err != nil {
		return false
	}
	err = jwt.NewValidator(jwt.WithAudience(audiences...), jwt.WithExpirationRequired(), jwt.WithIssuer(c.ID),
		jwt.WithSubject(c.ID), jwt.WithTimeFunc(func() time.Time { return now })).Validate(a.claims)
	return err == nil && a.claims.ID != "" && !a.claims.ExpiresAt.After(now.Add(maxAssertionLife))
}

// assertion is a signed JWT (RFC 7515) in its parts.
type assertion struct {
	header struct {
		Algorithm string          `json:"alg"`
		Critical  json.RawMessage `json:"crit"`
	}
	claims    jwt.RegisteredClaims
	signed    string // what the signature is of
	signature []byte
}

// parseAssertion reads an assertion. Nothing of it is believed yet. One that demands an
// extension is refused, since none is understood here (RFC 7515 §4.1.11).
func parseAssertion(text string) (a assertion, ok bool) {
	parts := strings.Split(text, ".")
	if len(text) > maxAssertion || len(parts) != 3 {
		return a, false
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return a, false
		}
	}
	a.signed, a.signature = parts[0]+"."+parts[1], decoded[2]
	if json.Unmarshal(decoded[0], &a.header) != nil || json.Unmarshal(decoded[1], &a.claims) != nil {
		return a, false
	}
	return a, a.header.Critical == nil && a.claims.Subject != ""
}

// spend notes that an assertion was used. The client is locked, so of two requests with
// one assertion only the first finds it unused.
func spend(ctx context.Context, tx tenancy.Tx, read tenancy.StoredClient, claims jwt.RegisteredClaims,
	now time.Time) error {
	c, err := tx.LockClient(ctx, read.ID)
	if err != nil {
		return err
	}
	// It was ended, or got another key, since it was read.
	if c.State != tenancy.ClientActive || c.Thumbprint != read.Thumbprint {
		return badCredentials()
	}
	if err := mustBeActive(ctx, tx, c.OrganizationID); err != nil {
		return err
	}
	if err := pruneSessions(ctx, tx, now); err != nil { // and so earlier assertions
		return err
	}
	sum := sha256.Sum256([]byte(claims.ID))
	id := "assertion:" + c.ID + ":" + base64.RawURLEncoding.EncodeToString(sum[:])
	used, err := tx.TokenRevoked(ctx, id)
	if err != nil {
		return err
	}
	if used {
		return badCredentials()
	}
	if err := tx.TouchClient(ctx, c.ID, now); err != nil {
		return err
	}
	return tx.RevokeToken(ctx, id, claims.ExpiresAt.Time.Add(time.Second))
}
