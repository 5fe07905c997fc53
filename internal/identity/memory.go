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

// What the store said about a token, session or key is remembered, so that most
// requests need neither a signature nor the store. A change made through this
// Service ends what it touches before its answer leaves (see changes); one made
// by another replica or process is seen when the store is asked again: by one
// request after rereadAfter, by every request after rereadAtLast. Both are well
// below the second within which a revocation must hold everywhere.
const (
	rereadAfter  = 500 * time.Millisecond
	rereadAtLast = 900 * time.Millisecond

	memoryShards = 64
	shardSize    = 256
	evictSample  = 8
	// longestRemembered bounds what is hashed. No token or key of ours is longer.
	longestRemembered = 4096
)

// known is what is remembered. Nothing of it changes once it is in the memory.
type known struct {
	caller     tenancy.Caller         // without Origin
	key        tenancy.ApplicationKey // the current one, where an application itself is remembered
	ends       time.Time              // zero: never
	lastUsedAt time.Time              // of a session
	idle       time.Duration          // of a session

	readAt  time.Time // before the store was asked
	count   uint64    // of changes, before the store was asked
	stripes [3]uint16 // of the changes that would end it
}

type remembered struct {
	known
	claimed atomic.Bool // by who reads it anew
}

// age is by whichever clock says more: the monotonic one does not follow when
// the time is set, the other one goes on while the machine is suspended.
func (k *known) age(at time.Time) time.Duration {
	return max(at.Sub(k.readAt), at.Round(0).Sub(k.readAt.Round(0)))
}

// memory holds up to memoryShards*shardSize of them, by fingerprint. Refusals are
// never in it, or guesses would fill it.
type memory struct {
	changes *tenancy.Changes
	shards  [memoryShards]shard
}

type shard struct {
	mu      sync.RWMutex
	entries map[secret.Fingerprint]*remembered
}

func newMemory(c *tenancy.Changes) *memory {
	m := &memory{changes: c}
	for i := range m.shards {
		m.shards[i].entries = map[secret.Fingerprint]*remembered{}
	}
	return m
}

func (m *memory) shard(f secret.Fingerprint) *shard { return &m.shards[f[0]%memoryShards] }

// recall gives what is remembered under the fingerprint, and whether it may be
// used as it is. If not, the caller asks the store, and tells settle. Nil when
// nothing is remembered, or what is has ended.
func (m *memory) recall(f secret.Fingerprint, at time.Time) (r *remembered, good bool) {
	s := m.shard(f)
	s.mu.RLock()
	r = s.entries[f]
	s.mu.RUnlock()
	switch {
	case r == nil, !r.ends.IsZero() && !at.Before(r.ends):
		return nil, false
	case m.changes.Since(r.count, r.stripes):
		return r, false
	}
	switch age := r.age(at); {
	case age < rereadAfter:
		return r, true
	case age < rereadAtLast:
		return r, !r.claimed.CompareAndSwap(false, true)
	}
	return r, false
}

// draft begins what is to be remembered: call it before the store is asked.
func (m *memory) draft(at time.Time) known { return known{readAt: at, count: m.changes.Count()} }

// settle remembers what the store said or, when err is a refusal, forgets what
// it said before. It gives err back. Old is what recall gave, or nil.
func (m *memory) settle(f secret.Fingerprint, old *remembered, k known, err error) error {
	if err == nil {
		m.put(f, k)
		return nil
	}
	if e := problem.As(err); e.Kind != problem.Internal && e.Kind != problem.Unavailable {
		s := m.shard(f)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.entries, f)
	} else if old != nil {
		old.claimed.Store(false) // somebody else may try
	}
	return err
}

func (m *memory) put(f secret.Fingerprint, k known) {
	k.stripes = m.changes.Stripes(k.caller)
	s := m.shard(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.entries[f]; !there && len(s.entries) >= shardSize {
		s.evict()
	}
	s.entries[f] = &remembered{known: k}
}

// evict takes one away: of a few picked at random (as ranging over a map does)
// the one read longest ago. What is in use is read anew twice a second, so that
// is one not in use, or ended.
func (s *shard) evict() {
	var oldest secret.Fingerprint
	var readAt time.Time
	n := 0
	for f, r := range s.entries {
		if n == 0 || r.readAt.Before(readAt) {
			oldest, readAt = f, r.readAt
		}
		if n++; n == evictSample {
			break
		}
	}
	delete(s.entries, oldest)
}
