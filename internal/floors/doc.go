// SPDX-License-Identifier: Apache-2.0

// Package floors has tests of the module's structure: which package is on which floor and
// may import which, what the shipped binary may contain, and which rules every file
// follows. The table in floors_test.go lists the floors; a new package must be added
// there.
//
// It is no linter for style: gofmt, vet and staticcheck are.
//
// Test-only, outside the floors: it imports the standard library only.
package floors
