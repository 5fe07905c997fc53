// SPDX-License-Identifier: Apache-2.0

// Package storetest says what a tenancy.Store must do, as one suite that every
// engine runs, and lends stores to the tests of other packages: SQLite,
// Postgres, Engines, and Broken, a store that fails when told to.
//
// It is not a mock of a store, and nothing outside tests may import it.
//
// A package whose tests call Postgres or Engines needs
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// so that the PostgreSQL server the first of them starts is stopped again.
//
// Test-only, beside the floors: it reaches both engines.
package storetest
