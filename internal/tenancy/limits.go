// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"encoding/hex"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"gatehouse/internal/filter"
	"gatehouse/internal/secret"
)

// Guesses of passwords are counted in the store, per source and per user name,
// so that the count holds over restarts and for all replicas. Past the free
// ones each failure locks the subject twice as long as the one before.
const (
	freeByName   = 5
	freeBySource = 20
	firstLock    = 15 * time.Second
	longestLock  = 15 * time.Minute
	attemptLife  = 24 * time.Hour // a count not touched for so long is forgotten
	pruneBatch   = 16
)

// Requests from the public and failed log-ins with keys are limited per source
// in memory. Keys cannot be guessed; the limit spares the processor.
const (
	requestsPerMinute    = 10
	keyFailuresPerMinute = 30
	maxSources           = 8192
)

// limits are the in-memory limits. A nil *limits allows everything.
type limits struct {
	mu       sync.Mutex
	requests map[string]*rate.Limiter
	keys     map[string]*rate.Limiter
}

func newLimits() *limits {
	return &limits{requests: map[string]*rate.Limiter{}, keys: map[string]*rate.Limiter{}}
}

func (l *limits) takeRequest(address string) error {
	if l == nil {
		return nil
	}
	return take(&l.mu, l.requests, address, requestsPerMinute)
}

// keyBlocked tells whether the source has failed too often with keys; it takes nothing.
func (l *limits) keyBlocked(address string) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if lim, ok := l.keys[source(address)]; ok && lim.Tokens() < 1 {
		return tooMany(time.Minute / keyFailuresPerMinute)
	}
	return nil
}

func (l *limits) keyFailed(address string) {
	if l != nil {
		_ = take(&l.mu, l.keys, address, keyFailuresPerMinute)
	}
}

// take takes one of the source's tokens. The map is bounded: when it is full,
// sources that are at rest go; when none is, newcomers share one limiter.
func take(mu *sync.Mutex, m map[string]*rate.Limiter, address string, perMinute int) error {
	mu.Lock()
	defer mu.Unlock()
	key := source(address)
	lim, ok := m[key]
	if !ok {
		if len(m) >= maxSources {
			for k, v := range m {
				if v.Tokens() >= float64(perMinute) {
					delete(m, k)
				}
			}
		}
		if len(m) >= maxSources {
			key = "others"
			lim, ok = m[key]
		}
		if !ok {
			lim = rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute)
			m[key] = lim
		}
	}
	if !lim.Allow() {
		return tooMany(time.Minute / time.Duration(perMinute))
	}
	return nil
}

// source is what one party is likely to have of addresses: an IPv4 address, an
// IPv6 /64.
func source(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

func tooMany(wait time.Duration) error {
	e := NewError(Exhausted, "too_many_attempts", "Too many attempts. Wait %d seconds and try again.", int(wait.Round(time.Second)/time.Second))
	e.RetryAfter = wait
	return e
}

// guess is one reserved attempt to log in.
type guess struct{ name, source string }

// reserveGuess counts an attempt as failed before the password is looked at, so
// that attempts made at once cannot slip through together. Exhausted while the
// name or the source is locked.
func (s *Service) reserveGuess(ctx context.Context, username, address string) (guess, error) {
	g := guess{name: s.subject("name", filter.Fold(username)), source: s.subject("source", source(address))}
	if s.limits == nil {
		return g, nil
	}
	now := s.now()
	err := s.update(ctx, func(tx Tx) error {
		if err := tx.PruneAttempts(ctx, now.Add(-attemptLife), pruneBatch); err != nil {
			return err
		}
		if err := countGuess(ctx, tx, g.name, freeByName, now); err != nil {
			return err
		}
		return countGuess(ctx, tx, g.source, freeBySource, now)
	})
	return g, err
}

func countGuess(ctx context.Context, tx Tx, subject string, free int, now time.Time) error {
	a, err := tx.LockAttempt(ctx, subject)
	if err != nil {
		return err
	}
	if now.Before(a.LockedUntil) {
		return tooMany(a.LockedUntil.Sub(now))
	}
	a.Failures++
	a.UpdatedAt = now
	if over := a.Failures - free; over >= 0 {
		a.LockedUntil = now.Add(min(longestLock, firstLock<<min(over, 10)))
	}
	return tx.PutAttempt(ctx, a)
}

// returnGuess takes the reservation back after the right password: the name
// starts anew; the source gets only this one back, since who owns one account
// must not get unlimited guesses at others.
func (s *Service) returnGuess(ctx context.Context, tx Tx, g guess, now time.Time) error {
	if s.limits == nil {
		return nil
	}
	if err := tx.PutAttempt(ctx, Attempt{Subject: g.name, UpdatedAt: now}); err != nil {
		return err
	}
	a, err := tx.LockAttempt(ctx, g.source)
	if err != nil {
		return err
	}
	a.Failures, a.UpdatedAt, a.LockedUntil = max(0, a.Failures-1), now, time.Time{}
	return tx.PutAttempt(ctx, a)
}

// subject hides what was typed: people type passwords into name fields.
func (s *Service) subject(kind, text string) string {
	return hex.EncodeToString(s.keys.MAC(secret.ForAttempt, []byte(kind), []byte(text)))
}
