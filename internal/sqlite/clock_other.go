// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sqlite

import "time"

// threadClock returns a clock of elapsed time, where the time of a thread is not known.
func threadClock() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
