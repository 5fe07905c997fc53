// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// NativeAudience is the audience of the access tokens of the native API and of OAuth.
const NativeAudience = "/v1"

// ClientTokenLife is how long the access token of a client lives.
const ClientTokenLife = 15 * time.Minute

// seenEvery is how often it is written that a client was seen, so that most log-ins write
// nothing.
const seenEvery = time.Hour

// LoginClient exchanges the key of an enrolled client, which it sent at a place, for an access
// token. Unauthenticated (invalid_credentials) for every reason alike: no such client, another
// client's key, a client that waits, was refused or revoked, an organization that is not
// active, a place where the client does not send its key. Exhausted when the source has failed
// too often. A client that has a public key must sign instead: its key alone is refused, too.
func (s *Service) LoginClient(ctx context.Context, caller tenancy.Caller, id string, key secret.Secret,
	place tenancy.KeyPlace, audience string) (IssuedToken, error) {
	c, err := s.checkClientKey(ctx, id, key, place)
	if err != nil {
		return IssuedToken{}, s.refusedKey(ctx, caller, clientRefused, id, err)
	}
	return s.issueAccess(tenancy.ClientCaller, c.ID, tenancy.TokenInfo{Audience: audience,
		LoggedInAt: s.core.Now()}, ClientTokenLife)
}

// checkClientKey returns the client whose key it is, and notes that it was seen. A key that
// passed is cached as tokens are.
func (s *Service) checkClientKey(ctx context.Context, id string, key secret.Secret,
	place tenancy.KeyPlace) (tenancy.Caller, error) {
	text, err := secret.ParseClientKey(key.Reveal())
	if err != nil {
		return tenancy.Caller{}, badCredentials()
	}
	at, f := s.core.Clock(), secret.FingerprintOf("client-key", id, text.Reveal())
	r, good := s.cache.lookup(f, at)
	if !good {
		k, err := s.readClientKey(ctx, at, id, text)
		if err := s.cache.finishRead(f, r, k, err); err != nil {
			return tenancy.Caller{}, err
		}
		r = &cachedCaller{cacheEntry: k}
	}
	if !r.keyPlace.Accepts(place) {
		return tenancy.Caller{}, badCredentials()
	}
	if now := tenancy.Stored(at); now.Sub(r.lastUsedAt) >= seenEvery {
		k := r.cacheEntry
		err := s.core.Update(ctx, func(tx tenancy.Tx) error { return tx.TouchClient(ctx, id, now) })
		if err != nil {
			return tenancy.Caller{}, err
		}
		k.lastUsedAt = now
		s.cache.store(f, k) // readAt is unchanged
	}
	return r.caller, nil
}

// readClientKey reads an active client whose key it is.
func (s *Service) readClientKey(ctx context.Context, at time.Time, id string, text secret.Secret) (cacheEntry,
	error) {
	k := s.cache.newEntry(at)
	k.caller = tenancy.Caller{Kind: tenancy.ClientCaller, ID: id}
	err := s.core.Read(ctx, func(tx tenancy.Reader) error {
		stored, err := tx.ClientKey(ctx, id)
		if errors.Is(err, problem.NotFound) {
			return badCredentials()
		}
		if err == nil && (!s.keys.Recognises(secret.ForClientKey, stored.Digest, text) || !stored.Usable()) {
			return badCredentials()
		}
		k.caller.Organization, k.lastUsedAt, k.keyPlace = stored.Organization, stored.LastSeenAt, stored.Place
		return err
	})
	return k, err
}

// Introspection says what a token is worth (RFC 7662). The zero value is a token that is
// worth nothing, or of which the caller may not know.
type Introspection struct {
	Active       bool
	Kind         tenancy.CallerKind
	Subject      string
	Name         string
	Organization tenancy.OrganizationID
	TokenID      string
	IssuedAt     time.Time
	ExpiresAt    time.Time
}

// Introspect says what an access token is worth now. For callers with tokens:introspect,
// and for clients about their own tokens. A token of an organization that the caller does
// not reach is worth nothing to it.
func (s *Service) Introspect(ctx context.Context, caller tenancy.Caller, token,
	audience string) (Introspection,
	error) {
	own := caller.Kind == tenancy.ClientCaller // a client may ask about its own tokens
	if err := caller.Require(tenancy.IntrospectTokens); err != nil && !own {
		return Introspection{}, err
	}
	owner, err := s.AuthenticateToken(ctx, caller.Origin, token, audience)
	if errors.Is(err, problem.Unauthenticated) || err == nil &&
		(!caller.Reaches(owner.Organization) || own && owner.Ref() != caller.Ref()) {
		return Introspection{}, nil
	}
	if err != nil {
		return Introspection{}, err
	}
	return Introspection{Active: true, Kind: owner.Kind, Subject: owner.ID, Name: owner.Name,
		Organization: owner.Organization, TokenID: owner.Token.ID, IssuedAt: owner.Token.IssuedAt,
		ExpiresAt: owner.Token.ExpiresAt}, nil
}

// RevokeToken ends an access token that a client or application shows with its own
// credentials (RFC 7009). A token that is none, has ended or is another's changes nothing.
func (s *Service) RevokeToken(ctx context.Context, caller tenancy.Caller, token, audience string) error {
	if err := caller.RequireLogin(); err != nil {
		return err
	}
	owner, err := s.AuthenticateToken(ctx, caller.Origin, token, audience)
	if errors.Is(err, problem.Unauthenticated) || err == nil && owner.Ref() != caller.Ref() {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Logout(ctx, owner)
}
