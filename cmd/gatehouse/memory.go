// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime/debug"
	"slices"
	"strings"
)

// The live heap is small, and much is allocated for a short time, so the garbage
// collector runs less often than by default. Near memoryLimit it runs as often as
// necessary. The caches of SQLite, at most some 60 MB, are not part of this limit.
const (
	gcPercent   = 400
	memoryLimit = 88 << 20
)

// tuneMemory sets these values unless the environment sets its own.
func tuneMemory(environ []string) {
	if tunes(environ) {
		debug.SetGCPercent(gcPercent)
		debug.SetMemoryLimit(memoryLimit)
	}
}

func tunes(environ []string) bool {
	return !slices.ContainsFunc(environ, func(e string) bool {
		return strings.HasPrefix(e, "GOGC=") ||
			strings.HasPrefix(e, "GOMEMLIMIT=")
	})
}
