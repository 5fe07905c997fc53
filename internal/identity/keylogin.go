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

// checkKey returns the application with this id, or any if it is nil, whose current key it is,
// or whose former one in its overlap, with what is known of the key as its Token, and notes
// that the key was used, with an event: once in seenEvery. A key that passed is cached as
// tokens are.
func (s *Service) checkKey(ctx context.Context, origin tenancy.Origin, id *string,
	key string) (tenancy.Caller, error) {
	if len(key) > longestCached {
		return tenancy.Caller{}, badCredentials()
	}
	at, f := s.core.Clock(), secret.FingerprintOf("key", key)
	r, good := s.cache.lookup(f, at)
	if !good {
		k, err := s.readKey(ctx, at, key)
		if err := s.cache.finishRead(f, r, k, err); err != nil {
			return tenancy.Caller{}, err
		}
		r = &cachedCaller{cacheEntry: k}
	}
	if id != nil && r.caller.ID != *id { // before the key counts as used
		return tenancy.Caller{}, badCredentials()
	}
	if now := tenancy.Stored(at); now.Sub(r.lastUsedAt) >= seenEvery {
		k := r.cacheEntry
		err := s.core.Update(ctx, func(tx tenancy.Tx) error {
			if err := tx.TouchApplicationKey(ctx, k.caller.ID, k.caller.Token.KeyID, now); err != nil {
				return err
			}
			return s.core.Record(ctx, tx, k.caller.From(origin), now,
				tenancy.Change{Organization: k.caller.Organization,
					Action: "application.login", Target: k.caller.ID,
					Detail: map[string]string{"keyId": k.caller.Token.KeyID}})
		})
		if err != nil {
			return tenancy.Caller{}, err
		}
		k.lastUsedAt = now
		s.cache.store(f, k) // readAt is unchanged
	}
	return r.caller, nil
}

// readKey checks the signature of a key, and then reads the application that has it.
func (s *Service) readKey(ctx context.Context, at time.Time, key string) (cacheEntry, error) {
	k, now := s.cache.newEntry(at), tenancy.Stored(at)
	claims, err := s.keys.VerifyKey(key, s.keyIssuer, now)
	if err != nil {
		return k, badCredentials()
	}
	k.caller = tenancy.Caller{Kind: tenancy.ApplicationCaller, ID: claims.ApplicationID,
		Token: tenancy.TokenInfo{KeyID: claims.ID}}
	err = s.core.View(ctx, func(tx tenancy.Reader) error {
		a, err := tx.Application(ctx, claims.ApplicationID)
		if errors.Is(err, problem.NotFound) {
			return badCredentials()
		}
		if err != nil {
			return err
		}
		known, stored := a.Key, a.KeyDigest
		if claims.ID != a.Key.ID {
			known, stored = a.Former.ApplicationKey, a.FormerDigest
		}
		ends, good := a.KeyEnd(claims.ID, now)
		if !good || !s.keys.Recognises(secret.ForApplicationKey, stored, secret.Of(key)) {
			return badCredentials()
		}
		k.expiresAt, k.caller.Token.ExpiresAt, k.lastUsedAt = ends, ends, known.LastUsedAt
		k.caller.Organization = a.OrganizationID
		return mustBeActive(ctx, tx, a.OrganizationID)
	})
	return k, err
}
