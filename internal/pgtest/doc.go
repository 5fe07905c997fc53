// SPDX-License-Identifier: Apache-2.0

// Package pgtest gives tests a real PostgreSQL: one throw-away server per test
// process, started when the first test asks, and one database per test, cloned
// from a template.
//
// It is not a pool, a mock or a manager of installed servers: it runs the
// machine's own binaries on a temporary folder and a free port of 127.0.0.1,
// without passwords and without caring for the data's life. Nothing outside
// tests may import it.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// Test-only, beside the floors: it imports the standard library and pgx.
package pgtest
