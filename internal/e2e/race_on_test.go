// SPDX-License-Identifier: Apache-2.0

//go:build race

package e2e

// raceFlags returns the flags that build the binary with the race detector, as the
// Makefile's RACE does, which says why.
func raceFlags() []string {
	return []string{"-race", "-gcflags=modernc.org/sqlite/lib=-race=false",
		"-gcflags=modernc.org/libc/...=-race=false", "-gcflags=modernc.org/memory=-race=false"}
}

// memoryFactor is how many times the memory that a test allows the binary needs, because the
// detector keeps a record of its memory, too.
const memoryFactor = 3
