// SPDX-License-Identifier: Apache-2.0

// Package pgtest runs a real PostgreSQL for tests: one temporary server per test process,
// started when the first test needs it, and one database per test, cloned from a
// template.
//
// It is not a pool, a mock or a manager of installed servers. It runs the binaries of the
// machine on a temporary folder, in memory where there is space, and a free port of
// 127.0.0.1, without passwords and without durability. Nothing outside tests may import it.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// Test-only, outside the floors: it imports the standard library and pgx.
package pgtest
