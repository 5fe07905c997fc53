// SPDX-License-Identifier: Apache-2.0

//go:build !race

package e2e

// raceFlags returns nothing: this test was built without the race detector.
func raceFlags() []string { return nil }

// memoryFactor is how many times the memory that a test allows the binary needs.
const memoryFactor = 1
