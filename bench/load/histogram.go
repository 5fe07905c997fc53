// SPDX-License-Identifier: Apache-2.0

package load

import (
	"math/bits"
	"time"
)

// Precision of a Histogram: each power of two is cut into 1<<subBits parts, so
// its results are right within one part in 128.
const (
	subBits = 7
	sub     = 1 << subBits
	slots   = (64 - subBits) * sub
)

// Histogram counts durations in bounded memory. The zero value is empty. It is
// not safe for concurrent use: each connection has its own, merged at the end.
type Histogram struct {
	counts [slots]uint32
	total  int
	most   time.Duration
}

func slot(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < sub {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return shift*sub + int(v>>shift)
}

// value is the middle of a slot.
func value(slot int) time.Duration {
	if slot < 2*sub {
		return time.Duration(slot)
	}
	shift := slot/sub - 1
	return time.Duration((uint64(slot-shift*sub) << shift) + (1<<shift)/2)
}

// Add counts one duration.
func (h *Histogram) Add(d time.Duration) {
	h.counts[slot(d)]++
	h.total++
	h.most = max(h.most, d)
}

// Merge adds all that other has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
	h.most = max(h.most, other.most)
}

// Count is how many durations were added.
func (h *Histogram) Count() int { return h.total }

// Max is the longest, exactly.
func (h *Histogram) Max() time.Duration { return h.most }

// Quantile returns the shortest duration that the share q of all do not pass: 0.5
// is the median. 0 when there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := max(1, int(float64(h.total)*q+0.999999))
	if rank >= h.total {
		return h.most
	}
	seen := 0
	for i, n := range h.counts {
		if seen += int(n); seen >= rank {
			return min(value(i), h.most)
		}
	}
	return h.most
}
