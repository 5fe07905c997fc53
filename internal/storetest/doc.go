// SPDX-License-Identifier: Apache-2.0

// Package storetest is the suite of what a tenancy.Store must do, which every engine runs.
// It also has stores for the tests of other packages: SQLite, Postgres, Engines, and
// Broken, a store that fails on demand.
//
// It is not a mock of a store, and nothing outside tests may import it.
//
// A package whose tests call Postgres or Engines needs
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// so that the PostgreSQL server that the first of them starts is stopped again.
//
// Test-only, on no floor: it reaches both engines.
package storetest
