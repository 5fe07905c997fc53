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
	"gatehouse/internal/problem"
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
	forgiveEvery = 15 * time.Minute // takes one failure back
	attemptLife  = 24 * time.Hour   // a count not touched for so long means nothing any more
	pruneBatch   = 16
)

// Requests from the public and failed log-ins with keys are limited per source
// in memory. Keys cannot be guessed; the limit keeps logs and processor quiet.
const (
	requestsPerMinute    = 10
	keyFailuresPerMinute = 30
	maxSources           = 8192
)

// limits are the in-memory limits. A nil *limits allows everything.
type limits struct {
	requests *bucket
	keys     *bucket
}

func newLimits() *limits {
	return &limits{requests: newBucket(requestsPerMinute), keys: newBucket(keyFailuresPerMinute)}
}

func (l *limits) takeRequest(address string, now time.Time) error {
	if l == nil {
		return nil
	}
	return l.requests.take(address, now)
}

func (l *limits) takeKeyFailure(address string, now time.Time) error {
	if l == nil {
		return nil
	}
	return l.keys.take(address, now)
}

// bucket gives each source so much a minute. It is bounded: when it is full,
// sources that are at rest go; while none is, newcomers share one limiter.
type bucket struct {
	perMinute int
	others    *rate.Limiter

	mu      sync.Mutex
	sources map[string]*rate.Limiter
	swept   time.Time
}

func newBucket(perMinute int) *bucket {
	return &bucket{perMinute: perMinute, others: newLimiter(perMinute), sources: map[string]*rate.Limiter{}}
}

func newLimiter(perMinute int) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute)
}

func (b *bucket) take(address string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.limiter(source(address), now).AllowN(now, 1) {
		return tooMany(time.Minute / time.Duration(b.perMinute))
	}
	return nil
}

func (b *bucket) limiter(key string, now time.Time) *rate.Limiter {
	if l, ok := b.sources[key]; ok {
		return l
	}
	if len(b.sources) >= maxSources && now.Sub(b.swept) >= time.Second {
		b.swept = now
		for k, l := range b.sources {
			if l.TokensAt(now) >= float64(b.perMinute) {
				delete(b.sources, k)
			}
		}
	}
	if len(b.sources) >= maxSources {
		return b.others
	}
	l := newLimiter(b.perMinute)
	b.sources[key] = l
	return l
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
	wait = max(time.Second, (wait + time.Second - 1).Truncate(time.Second)) // up, so that who waits is let in
	e := problem.New(problem.Exhausted, "too_many_attempts", "Too many attempts. Wait %d seconds and try again.", wait/time.Second)
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

func countGuess(ctx context.Context, tx Tx, subject string, free int, now time.Time) error {
	a, err := tx.LockAttempt(ctx, subject)
	if err != nil {
		return err
	}
	if now.Before(a.LockedUntil) {
		return tooMany(a.LockedUntil.Sub(now))
	}
	a.forgive(now)
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
func (a *Attempt) forgive(now time.Time) {
	n := int(min(now.Sub(a.UpdatedAt)/forgiveEvery, time.Duration(a.Failures)))
	a.Failures -= n
	a.UpdatedAt = a.UpdatedAt.Add(time.Duration(n) * forgiveEvery)
	if a.Failures == 0 {
		a.UpdatedAt = now
	}
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
