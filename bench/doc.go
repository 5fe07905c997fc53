// SPDX-License-Identifier: Apache-2.0

// Bench measures the built server next to yardsticks: a bare net/http handler,
// the same SQL straight on the driver, and pgbench. README.md says how to run
// it, how to read it and how to add an operation.
//
// It is no test of what is right: it checks every answer, but only as far as a
// figure needs. It starts the server as people do and speaks to it over HTTP
// alone; only filling the database goes past it.
//
// Test-only, outside the floors: nothing of the house imports it.
package main
