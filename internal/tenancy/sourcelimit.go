// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"gatehouse/internal/problem"
)

// maxSources is how many sources a SourceLimit knows.
const maxSources = 8192

// SourceLimit lets each source do something so many times a minute. A nil one allows
// everything. Its memory is bounded: when it is full, sources at rest are forgotten;
// while none is at rest, new sources share one limiter.
type SourceLimit struct {
	perMinute int
	others    *rate.Limiter

	mu      sync.Mutex
	sources map[string]*rate.Limiter
	swept   time.Time
}

// NewSourceLimit makes a SourceLimit.
func NewSourceLimit(perMinute int) *SourceLimit {
	return &SourceLimit{perMinute: perMinute, others: newLimiter(perMinute), sources: map[string]*rate.Limiter{}}
}

func newLimiter(perMinute int) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute)
}

// Take counts one use by the source of an address. Exhausted when there were too many.
func (b *SourceLimit) Take(address string, now time.Time) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.limiter(SourceOf(address), now).AllowN(now, 1) {
		return TooMany(time.Minute / time.Duration(b.perMinute))
	}
	return nil
}

func (b *SourceLimit) limiter(key string, now time.Time) *rate.Limiter {
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

// SourceOf returns what one party is likely to have of addresses: an IPv4 address, an
// IPv6 /64.
func SourceOf(address string) string {
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

// TooMany returns Exhausted with the time to wait, in whole seconds.
func TooMany(wait time.Duration) error {
	// rounded up, so that a caller who waits is let in
	wait = max(time.Second, (wait + time.Second - 1).Truncate(time.Second))
	e := problem.New(problem.Exhausted, problem.CodeTooManyAttempts, wait/time.Second)
	e.RetryAfter = wait
	return e
}
