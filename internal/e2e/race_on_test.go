// SPDX-License-Identifier: Apache-2.0

//go:build race

package e2e

// raceFlags build the binary as this test was built.
const raceFlags = "-race"
