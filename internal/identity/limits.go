// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"encoding/hex"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// Guesses of passwords are counted in the store, per source and per user name,
// so that the count holds over restarts and for all replicas. Past the free
// ones each failure locks the subject twice as long as the one before.
const (
	freeByName   = 5
	freeBySource = 20
	firstLock    = 15 * time.Second
	longestLock  = 15 * time.Minute
	forgiveEvery = 15 * time.Minute // takes one failure back
	attemptLife  = 24 * time.Hour   // a count not touched for so long means nothing any more
	pruneBatch   = 16
)

// keyFailuresPerMinute is how many failed log-ins with keys one source may send. Keys
// cannot be guessed; the limit keeps logs and processor quiet.
const keyFailuresPerMinute = 30

// guess is one reserved attempt to log in.
type guess struct{ name, source string }

// reserveGuess counts an attempt as failed before the password is looked at, so
// that attempts made at once cannot slip through together. Exhausted while the
// name or the source is locked.
func (s *Service) reserveGuess(ctx context.Context, username, address string) (guess, error) {
	g := guess{name: s.subject("name", filter.Fold(username)),
		source: s.subject("source", tenancy.SourceOf(address))}
	if s.noLimits {
		return g, nil
	}
	now := s.core.Now()
	err := s.core.Update(ctx, func(tx tenancy.Tx) error {
		if err := countGuess(ctx, tx, g.name, freeByName, now); err != nil {
			return err
		}
		if err := countGuess(ctx, tx, g.source, freeBySource, now); err != nil {
			return err
		}
		return tx.PruneAttempts(ctx, now.Add(-attemptLife), pruneBatch)
	})
	return g, err
}

func countGuess(ctx context.Context, tx tenancy.Tx, subject string, free int, now time.Time) error {
	a, err := tx.LockAttempt(ctx, subject)
	if err != nil {
		return err
	}
	if now.Before(a.LockedUntil) {
		return tenancy.TooMany(a.LockedUntil.Sub(now))
	}
	forgive(&a, now)
	a.Failures++
	if over := a.Failures - free; over >= 0 {
		a.LockedUntil = now.Add(min(longestLock, firstLock<<min(over, 10)))
	}
	return tx.PutAttempt(ctx, a)
}

// forgive takes one failure back for each stretch of time that has passed, at
// the moment of use. UpdatedAt is up to when this has been done. A lock lasts no
// longer than that stretch, so counts stay small, and within attemptLife, when a
// cleaner may come, all is forgiven: it decides nothing.
func forgive(a *tenancy.Attempt, now time.Time) {
	n := int(min(now.Sub(a.UpdatedAt)/forgiveEvery, time.Duration(a.Failures)))
	a.Failures -= n
	a.UpdatedAt = a.UpdatedAt.Add(time.Duration(n) * forgiveEvery)
	if a.Failures == 0 {
		a.UpdatedAt = now
	}
}

// returnGuess takes the reservation back after the right password. The count of the name
// starts again at zero. The source gets back only this one guess, since the owner of one
// account must not have unlimited guesses at others.
func (s *Service) returnGuess(ctx context.Context, tx tenancy.Tx, g guess, now time.Time) error {
	if s.noLimits {
		return nil
	}
	if err := tx.PutAttempt(ctx, tenancy.Attempt{Subject: g.name, UpdatedAt: now}); err != nil {
		return err
	}
	a, err := tx.LockAttempt(ctx, g.source)
	if err != nil {
		return err
	}
	a.Failures = max(0, a.Failures-1)
	if a.Failures < freeBySource {
		a.LockedUntil = time.Time{} // the lock was this guess's
	}
	return tx.PutAttempt(ctx, a)
}

// subject hides what was typed: people type passwords into name fields.
func (s *Service) subject(kind, text string) string {
	return hex.EncodeToString(s.keys.MAC(secret.ForAttempt, kind, text))
}
