// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sqlite

import "time"

// threadTime returns a clock that knows no time: that of a thread is known on Linux only.
func threadTime() func() (time.Duration, bool) {
	return func() (time.Duration, bool) { return 0, false }
}
