// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"slices"
	"time"
)

// Versions are those of a thing that a caller is ready to change, as the times of its last
// change. The zero value is every version.
type Versions struct {
	some  bool // only those in times
	times []time.Time
}

// SomeVersions returns these versions and no others. Without times, it is no version.
func SomeVersions(times ...time.Time) Versions { return Versions{some: true, times: times} }

// Has reports whether a thing that was changed last at this time is one of them.
func (v Versions) Has(updatedAt time.Time) bool {
	return !v.some || slices.ContainsFunc(v.times, updatedAt.Equal)
}

// following returns the time of a change after the former one: now, or a moment later if
// the clock has not moved on. No two changes have the same time, so that it shows whether
// something was changed meanwhile.
func following(former, now time.Time) time.Time {
	if now.After(former) {
		return now
	}
	return former.Add(time.Millisecond)
}
