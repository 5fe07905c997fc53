// SPDX-License-Identifier: Apache-2.0

// Package host starts what is measured, and reads from the system what it used:
// the built server, the bare handler, PostgreSQL, the facts of the machine.
//
// It measures no request; that is package load. It needs Linux's /proc for the
// figures of a process.
//
// Test-only, outside the floors: it imports pgtest and the standard library.
package host
