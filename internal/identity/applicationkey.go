// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// maxKeyYears is how far ahead the expiry of a key may be.
const maxKeyYears = 100

// KeyExpiry is when a key is to expire: at a time, or never. The zero value is neither.
type KeyExpiry struct {
	At    time.Time
	Never bool
}

// check adds what is wrong with the expiry of a key. A key whose application has a life in
// days states its end, which nothing can put off. A nil expiry is fine.
func (e *KeyExpiry) check(c *tenancy.Checker, now time.Time, key tenancy.ApplicationKey, days *int) {
	if e == nil {
		return
	}
	at := tenancy.Stored(e.At)
	switch {
	case e.Never && !e.At.IsZero():
		c.Add(FieldExpiresAt, problem.CodeExpiryTwice)
	case !e.Never && !at.After(now):
		c.Add(FieldExpiresAt, problem.CodeNotInFuture)
	case days != nil && (e.Never || at.After(key.IssuedAt.AddDate(0, 0, *days))):
		c.Add(FieldExpiresAt, problem.CodeKeyLife, *days)
	case at.After(now.AddDate(maxKeyYears, 0, 0)):
		c.Add(FieldExpiresAt, problem.CodeTooFarAhead, maxKeyYears)
	}
}

// time returns the expiry as it is stored: zero is never.
func (e *KeyExpiry) time() time.Time {
	if e.Never {
		return time.Time{}
	}
	return tenancy.Stored(e.At)
}

// expiryText is what the audit says of an expiry.
func expiryText(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.Format(time.RFC3339)
}

// nextExpiry returns when a new key of the application expires if nobody says so; zero: never.
func nextExpiry(a tenancy.Application, issuedAt time.Time) time.Time {
	switch former := a.Key; {
	case a.LifetimeDays != nil:
		return issuedAt.AddDate(0, 0, *a.LifetimeDays)
	case !former.ExpiresAt.IsZero():
		return issuedAt.Add(former.ExpiresAt.Sub(former.IssuedAt))
	}
	return time.Time{}
}

// putsOff reports whether the expiry is later than the one that a new key has by itself.
func (e *KeyExpiry) putsOff(a tenancy.Application, now time.Time) bool {
	ends := nextExpiry(a, now.Truncate(time.Second))
	return e != nil && !ends.IsZero() && (e.Never || e.time().After(ends))
}

// mintKey makes a new key for the application and returns its text. Without an expiry the key
// lives for the application's days, or else as long as the one before was to live. JWTs
// count in seconds, so the key's times are cut to them.
func (s *Service) mintKey(a *tenancy.StoredApplication, e *KeyExpiry, now time.Time) (secret.Secret, error) {
	key := tenancy.ApplicationKey{ID: secret.NewID(), IssuedAt: now.Truncate(time.Second)}
	var stated time.Time
	if a.LifetimeDays != nil {
		stated = key.IssuedAt.AddDate(0, 0, *a.LifetimeDays)
	}
	if key.ExpiresAt = nextExpiry(a.Application, key.IssuedAt); e != nil {
		key.ExpiresAt = e.time()
	}
	text, err := s.keys.SignKey(secret.KeyClaims{Issuer: s.keyIssuer, ApplicationID: a.ID, ID: key.ID,
		IssuedAt: key.IssuedAt, ExpiresAt: stated})
	if err != nil {
		return secret.Secret{}, problem.As(err)
	}
	a.Key, a.KeyDigest = key, s.keys.Digest(secret.ForApplicationKey, text)
	return text, nil
}

// RenewApplicationKey makes a new key; the former ones stop at once. Access tokens got with
// the key before live out their few minutes, but cannot be refreshed. An application may
// renew its own key; other callers need to be of the root with applications:manage.
// NotFound; Invalid for an extension. Twice makes two keys, of which the second holds; an
// application can do so with a token of its current key only, so twice with one token is
// Unauthenticated.
func (s *Service) RenewApplicationKey(ctx context.Context, caller tenancy.Caller, id string) (secret.Secret,
	error) {
	return changeKey(ctx, s, caller, id, nil, func(tx tenancy.Tx, a tenancy.StoredApplication,
		now time.Time) (secret.Secret, error) {
		a.Former = tenancy.FormerKey{ApplicationKey: a.Key, OverlapUntil: now,
			TokensUntil: now.Add(ApplicationTokenLife)}
		a.FormerDigest = nil
		a.Changed(now)
		// Signed in here because the key's life is the application's; a second
		// run of this function makes another key, and only the stored one leaves.
		text, err := s.mintKey(&a, nil, now)
		if err != nil {
			return secret.Secret{}, err
		}
		return text, s.saveKey(ctx, tx, caller, a, "application.renew_key", nil, now)
	})
}

// RotateKeyParams says how a key is replaced.
type RotateKeyParams struct {
	// Overlap is how long the former key stays good besides the new one; 0: it ends at once,
	// with the access tokens that it got. At most tenancy.MaxOverlap.
	Overlap time.Duration
	Expiry  *KeyExpiry // of the new key; nil: see mintKey
}

// RotateApplicationKey makes a new key, which is shown this once. The former one and its
// access tokens are good until the overlap ends. An application may rotate its own key,
// with a token of its current one, but the new key lives no longer than it would by itself:
// Denied (more_than_own). Other callers need to be of the root with applications:manage.
// Invalid, also for an extension; NotFound; Conflict (key_overlap) if an overlap is wanted
// while another one runs: there are two living keys at most.
func (s *Service) RotateApplicationKey(ctx context.Context, caller tenancy.Caller, id string,
	p RotateKeyParams) (IssuedApplication, error) {
	var c tenancy.Checker
	if p.Overlap < 0 || p.Overlap > tenancy.MaxOverlap {
		c.Add(tenancy.FieldOverlap, problem.CodeBadOverlap, int(tenancy.MaxOverlap/(24*time.Hour)))
	}
	return changeKey(ctx, s, caller, id, c.Err(), func(tx tenancy.Tx, a tenancy.StoredApplication,
		now time.Time) (issued IssuedApplication, err error) {
		var c tenancy.Checker
		p.Expiry.check(&c, now, tenancy.ApplicationKey{IssuedAt: now.Truncate(time.Second)}, a.LifetimeDays)
		switch {
		case c.Err() != nil:
			return issued, c.Err()
		case caller.Kind == tenancy.ApplicationCaller && p.Expiry.putsOff(a.Application, now):
			return issued, problem.New(problem.Denied, problem.CodeMoreThanOwn)
		case p.Overlap > 0 && a.Former.Living(now):
			return issued, problem.New(problem.Conflict, problem.CodeKeyOverlap)
		}
		superseded := a.Key.ID
		if retireKey(&a, now.Add(p.Overlap)); p.Overlap == 0 {
			a.Former, a.FormerDigest = tenancy.FormerKey{}, nil
		}
		a.Changed(now)
		if issued.KeyText, err = s.mintKey(&a, p.Expiry, now); err != nil {
			return issued, err
		}
		issued.Application = a.Application
		return issued, s.saveKey(ctx, tx, caller, a, "application.rotate_key", map[string]string{
			"key": a.Key.ID, "supersedes": superseded, "overlap": p.Overlap.String()}, now)
	})
}

// retireKey makes the current key the former one, which is good until a time.
func retireKey(a *tenancy.StoredApplication, until time.Time) {
	a.Former = tenancy.FormerKey{ApplicationKey: a.Key, OverlapUntil: until, TokensUntil: until}
	a.FormerDigest = a.KeyDigest
}

// EndKeyOverlap ends the former key of an application, and the access tokens that it got.
// For the callers of RotateApplicationKey. NotFound; Conflict (key_not_rotated) if there is
// no former key that is still good.
func (s *Service) EndKeyOverlap(ctx context.Context, caller tenancy.Caller,
	id string) (tenancy.Application, error) {
	return changeKey(ctx, s, caller, id, nil, func(tx tenancy.Tx, a tenancy.StoredApplication,
		now time.Time) (tenancy.Application, error) {
		if !a.Former.Living(now) {
			return tenancy.Application{}, problem.New(problem.Conflict, problem.CodeKeyNotRotated)
		}
		ended := a.Former.ID
		a.Former, a.FormerDigest = tenancy.FormerKey{}, nil
		a.Changed(now)
		return a.Application, s.saveKey(ctx, tx, caller, a, "application.end_overlap",
			map[string]string{"key": ended}, now)
	})
}

// changeKey checks the permission before the input, then runs fn with the locked
// application, as tenancy.Once does. An application needs a token of its current key:
// whoever has the former one, which may be in the wrong hands, must not get the next.
func changeKey[T any](ctx context.Context, s *Service, caller tenancy.Caller, id string, invalid error,
	fn func(tx tenancy.Tx, a tenancy.StoredApplication, now time.Time) (T, error)) (T, error) {
	var none T
	if caller.Kind != tenancy.ApplicationCaller || caller.ID != id {
		if err := caller.RequireRoot(tenancy.ManageApplications); err != nil {
			return none, err
		}
	}
	if err := checkApplicationID(id); err != nil {
		return none, err
	}
	if invalid != nil {
		return none, invalid
	}
	now := s.core.Now()
	return tenancy.Once(ctx, s.core, caller, func(tx tenancy.Tx) (T, error) {
		a, err := tx.LockApplication(ctx, id)
		switch {
		case err != nil:
			return none, err
		case a.Type != tenancy.TypeApplication:
			return none, problem.New(problem.Invalid, problem.CodeNoKey)
		case caller.Kind == tenancy.ApplicationCaller && a.Key.ID != caller.Token.KeyID:
			return none, badToken()
		}
		a.AsOf = now
		return fn(tx, a, now)
	})
}

// saveKey stores an application whose keys have changed, and records that.
func (s *Service) saveKey(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller,
	a tenancy.StoredApplication, action string, detail map[string]string, now time.Time) error {
	if err := tx.UpdateApplication(ctx, a); err != nil {
		return err
	}
	return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: a.OrganizationID, Action: action,
		Target: a.ID, Detail: detail})
}
