// SPDX-License-Identifier: Apache-2.0

//go:build race

package e2e

// raceFlags returns the flags that build watchedBinary with the race detector, as the
// Makefile's RACE does, which says why.
func raceFlags() []string {
	return []string{"-race", "-gcflags=modernc.org/sqlite/lib=-race=false",
		"-gcflags=modernc.org/libc/...=-race=false", "-gcflags=modernc.org/memory=-race=false"}
}
