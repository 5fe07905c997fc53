// SPDX-License-Identifier: Apache-2.0

//go:build !race

package e2e

// raceFlags returns nothing: this test was built without the race detector.
func raceFlags() []string { return nil }
