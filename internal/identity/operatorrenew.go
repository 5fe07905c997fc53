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

// AuthenticateOperatorToken returns the caller behind the access text of an operator
// token: its operator, with the rights of now. The endpoint is the call's address
// as Scope.Allows wants it. It is cached as signed tokens are. Unauthenticated
// for every refusal of the text alike; Denied (outside_scope) when the text is
// good and the call outside its scope: then the Caller is given too, for the log,
// without any rights.
func (s *Service) AuthenticateOperatorToken(ctx context.Context, origin tenancy.Origin, token string,
	endpoint []string) (tenancy.Caller, error) {
	text, err := secret.ParseOperatorAccess(token)
	if err != nil {
		return tenancy.Caller{}, badToken()
	}
	at, f := s.core.Clock(), secret.FingerprintOf("operator-token", token)
	r, good := s.cache.lookup(f, at)
	if !good {
		k, err := s.readOperatorToken(ctx, at, text)
		if err := s.cache.finishRead(f, r, k, err); err != nil {
			return tenancy.Caller{}, err
		}
		r = &cachedCaller{cacheEntry: k}
	}
	if !r.caller.Token.Scope.Allows(endpoint) {
		return r.caller.From(origin).Grant(), problem.New(problem.Denied, problem.CodeOutsideScope)
	}
	return r.caller.From(origin), nil
}

// readOperatorToken reads a living operator token and who it is of.
func (s *Service) readOperatorToken(ctx context.Context, at time.Time, text secret.Secret) (cacheEntry,
	error) {
	k := s.cache.newEntry(at)
	err := s.core.View(ctx, func(tx tenancy.Reader) error {
		t, err := tenancy.FindByDigest(s.keys, secret.ForOperatorToken, text,
			func(digest []byte) (tenancy.StoredOperatorToken, error) { return tx.OperatorTokenByDigest(ctx, digest) })
		if err != nil {
			return err
		}
		if !t.EndedAt.IsZero() || !at.Before(t.ExpiresAt) {
			return badToken()
		}
		k.expiresAt = t.ExpiresAt
		k.caller = tenancy.Caller{Kind: tenancy.OperatorCaller, ID: t.OperatorID,
			Token: tenancy.TokenInfo{ID: t.ID.Subject(), ExpiresAt: t.ExpiresAt, Kind: tenancy.LongLivedToken,
				Scope: t.Scope, OperatorToken: t.ID}}
		return fillOperator(ctx, tx, &k.caller)
	})
	if err != nil {
		return cacheEntry{}, asBadToken(err)
	}
	return k, nil
}

// RenewOperatorToken returns a new pair for the current one and voids that. The
// access text may have ended, up to 14 days ago. Whoever presents a renewing text
// that was used before voids the whole operator token, whatever comes with it:
// two have it, and the server cannot tell which of them is its owner. That is
// also so for one who asks again because the answer was lost, and for all but
// one of those who ask at once; they make a new operator token.
//
// One conditional UPDATE elects who renews. Unauthenticated (invalid_pair) for
// every refusal alike.
func (s *Service) RenewOperatorToken(ctx context.Context, caller tenancy.Caller, access,
	refresh string) (IssuedOperatorToken, error) {
	oldAccess, err := secret.ParseOperatorAccess(access)
	if err != nil {
		return IssuedOperatorToken{}, badPair()
	}
	oldRefresh, err := secret.ParseOperatorRefresh(refresh)
	if err != nil {
		return IssuedOperatorToken{}, badPair()
	}
	now := s.core.Now()
	accesses, refreshes := s.keys.Digests(secret.ForOperatorToken, oldAccess),
		s.keys.Digests(secret.ForRefreshToken, oldRefresh)
	var issued IssuedOperatorToken
	var refused error
	newAccess, newRefresh := secret.NewOperatorToken()
	err = s.core.Change(ctx, caller, func(tx tenancy.Tx) (err error) {
		issued, refused = IssuedOperatorToken{Access: newAccess, Refresh: newRefresh}, nil
		for i := range min(len(accesses), len(refreshes)) { // under each master key
			old := tenancy.StoredOperatorToken{AccessDigest: accesses[i], RefreshDigest: refreshes[i]}
			won, err := s.renewPair(ctx, tx, caller, old, &issued, now)
			if err != nil || won {
				return err
			}
		}
		refused = badPair() // what is voided is to be committed
		for _, digest := range refreshes {
			if err := s.voidReused(ctx, tx, caller, digest, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return IssuedOperatorToken{}, asBadPair(err)
	}
	return issued, nil
}

// renewPair replaces the pair, if it is the current one of a living operator
// token that may still be renewed, and reports whether it did.
func (s *Service) renewPair(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller,
	old tenancy.StoredOperatorToken, issued *IssuedOperatorToken, now time.Time) (bool, error) {
	t, err := tx.OperatorTokenByDigest(ctx, old.AccessDigest)
	if err == nil {
		t, err = tx.LockOperatorToken(ctx, t.ID) // its ends may have been moved since
	}
	if errors.Is(err, problem.NotFound) || err == nil && !(secret.Equal(t.AccessDigest, old.AccessDigest) &&
		secret.Equal(t.RefreshDigest, old.RefreshDigest)) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !t.EndedAt.IsZero() || !now.Before(t.RefreshableUntil()) {
		return false, badPair()
	}
	caller.Kind, caller.ID = tenancy.OperatorCaller, t.OperatorID
	if err := fillOperator(ctx, tx, &caller); err != nil {
		return false, err
	}
	issued.OperatorToken = t.OperatorToken
	issued.ExpiresAt = earlier(now.Add(t.Life).Truncate(time.Second), t.RenewableUntil)
	won, err := tx.RenewOperatorToken(ctx, s.storedPair(*issued), old, now)
	if err != nil || !won {
		return false, err
	}
	return true, s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: caller.Organization,
		Action: "operator_token.renew", Target: t.ID.String()})
}

// voidReused ends the operator token that a renewing text was spent of, if any.
func (s *Service) voidReused(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller, digest []byte,
	now time.Time) error {
	id, err := tx.SpentRefreshToken(ctx, digest)
	if errors.Is(err, problem.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	t, err := tx.LockOperatorToken(ctx, id)
	if err != nil || !t.EndedAt.IsZero() {
		return err
	}
	return s.endOperatorToken(ctx, tx, caller, t.OperatorToken, tenancy.TokenReused, now)
}

func badPair() error {
	return problem.New(problem.Unauthenticated, problem.CodeInvalidPair)
}

// asBadPair keeps failures of the store and makes one answer of all refusals.
func asBadPair(err error) error {
	if e := problem.As(err); e.Kind == problem.Internal || e.Kind == problem.Unavailable {
		return e
	}
	return badPair()
}
