// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime/debug"
	"slices"
	"strings"
)

// What lives in memory is small and what passes through it much, so the
// garbage collector may run a good deal less often than its default; near
// memoryLimit it works as often as it needs to. SQLite's caches, some 60 MB at
// most, are besides.
const (
	gcPercent   = 400
	memoryLimit = 88 << 20
)

// tuneMemory sets that, unless whoever runs the server has said otherwise.
func tuneMemory(environ []string) {
	if tunes(environ) {
		debug.SetGCPercent(gcPercent)
		debug.SetMemoryLimit(memoryLimit)
	}
}

func tunes(environ []string) bool {
	return !slices.ContainsFunc(environ, func(e string) bool { return strings.HasPrefix(e, "GOGC=") || strings.HasPrefix(e, "GOMEMLIMIT=") })
}
