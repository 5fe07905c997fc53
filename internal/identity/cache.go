// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// What the store said about a token, session or key is cached, so that most requests
// need neither a signature check nor the store. A change made by this process ends the
// entries it touches before its answer leaves (see tenancy.Changes). A change made by
// another replica is seen when the store is read again: by one request after
// rereadAfter, by every request after rereadAtLast. Both are well below the second
// within which a revocation must hold everywhere.
const (
	rereadAfter  = 500 * time.Millisecond
	rereadAtLast = 900 * time.Millisecond

	cacheShards = 64
	shardSize   = 256
	evictSample = 8
	// longestCached bounds the bytes that are hashed. No token or key of ours is longer.
	longestCached = 4096
)

// cacheEntry is what is cached about one credential. It does not change once it is in
// the cache.
type cacheEntry struct {
	caller      tenancy.Caller       // without Origin
	application *tenancy.Application // if the entry is of an application itself
	expiresAt   time.Time            // zero: never
	lastUsedAt  time.Time            // of a session or key; when a client was last seen, as it was written
	idleTimeout time.Duration        // of a session
	loginEnds   time.Time            // of a session: when the life of its log-in is over
	keyPlace    tenancy.KeyPlace     // of a client

	readAt time.Time // a time before the store was read
	moment tenancy.Moment
	shards [4]uint16 // of tenancy.Changes: a change in one of them makes the entry stale
}

// cachedCaller is a cacheEntry in the cache.
type cachedCaller struct {
	cacheEntry
	claimed atomic.Bool // one request is reading the store for it
}

// age returns how long ago the entry was read, by whichever clock says more. The
// monotonic clock ignores that the time was set; the wall clock goes on while the
// machine is suspended.
func (e *cacheEntry) age(at time.Time) time.Duration {
	return max(at.Sub(e.readAt), at.Round(0).Sub(e.readAt.Round(0)))
}

// callerCache holds up to cacheShards*shardSize entries, by fingerprint of the
// credential. Refusals are never cached, or guesses would fill it.
type callerCache struct {
	changes *tenancy.Changes
	moment  func() tenancy.Moment
	shards  [cacheShards]cacheShard
}

type cacheShard struct {
	mu      sync.RWMutex
	entries map[secret.Fingerprint]*cachedCaller
}

func newCallerCache(c *tenancy.Changes, moment func() tenancy.Moment) *callerCache {
	m := &callerCache{changes: c, moment: moment}
	for i := range m.shards {
		m.shards[i].entries = map[secret.Fingerprint]*cachedCaller{}
	}
	return m
}

func (m *callerCache) shard(f secret.Fingerprint) *cacheShard { return &m.shards[f[0]%cacheShards] }

// lookup returns the entry of a fingerprint and reports whether it is fresh. If it is
// not, the caller reads the store and calls finishRead. The entry is nil if there is
// none or if it has expired.
func (m *callerCache) lookup(f secret.Fingerprint, at time.Time) (found *cachedCaller, fresh bool) {
	s := m.shard(f)
	s.mu.RLock()
	found = s.entries[f]
	s.mu.RUnlock()
	switch {
	case found == nil, !found.expiresAt.IsZero() && !at.Before(found.expiresAt):
		return nil, false
	case m.changes.Since(found.moment.Count, found.shards[:]):
		return found, false
	}
	switch age := found.age(at); {
	case age < rereadAfter:
		return found, true
	case age < rereadAtLast:
		return found, !found.claimed.CompareAndSwap(false, true)
	}
	return found, false
}

// newEntry begins an entry. It must be called before the store is read.
func (m *callerCache) newEntry(at time.Time) cacheEntry {
	return cacheEntry{readAt: at, moment: m.moment()}
}

// finishRead ends a read of the store and returns its error. Without an error it caches
// the entry; after a refusal it removes the former one. Found is what lookup returned.
func (m *callerCache) finishRead(f secret.Fingerprint, found *cachedCaller, e cacheEntry, err error) error {
	if err == nil {
		m.store(f, e)
		return nil
	}
	if p := problem.As(err); p.Kind != problem.Internal && p.Kind != problem.Unavailable {
		s := m.shard(f)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.entries, f)
	} else if found != nil {
		found.claimed.Store(false) // another request may try
	}
	return err
}

func (m *callerCache) store(f secret.Fingerprint, e cacheEntry) {
	e.shards = m.changes.Shards(e.caller)
	e.caller = e.caller.ReadAt(e.moment, e.shards)
	s := m.shard(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.entries[f]; !exists && len(s.entries) >= shardSize {
		s.evict()
	}
	s.entries[f] = &cachedCaller{cacheEntry: e}
}

// evict removes one entry: of a few picked at random (as ranging over a map does) the
// one that was read longest ago. An entry in use is read again twice a second, so the
// removed one is not in use, or has expired.
func (s *cacheShard) evict() {
	var oldest secret.Fingerprint
	var readAt time.Time
	n := 0
	for f, c := range s.entries {
		if n == 0 || c.readAt.Before(readAt) {
			oldest, readAt = f, c.readAt
		}
		if n++; n == evictSample {
			break
		}
	}
	delete(s.entries, oldest)
}
