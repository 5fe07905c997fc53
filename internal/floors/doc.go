// SPDX-License-Identifier: Apache-2.0

// Package floors has tests that hold the drawing of the house: which package
// stands on which floor and may import which, what the shipped binary may
// contain, and how files have to look. The table in floors_test.go is the
// drawing; a new package has to be placed there.
//
// It is no linter for style: gofmt, vet and staticcheck are.
//
// Test-only, beside the floors: it imports the standard library only.
package floors
