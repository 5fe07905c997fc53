// SPDX-License-Identifier: Apache-2.0

// Package soak runs servers under a mixed load for as long as it is told, at a bounded rate
// and over TLS, while an operator does what operators do: a backup that is restored elsewhere,
// a rotation of the master key, a new certificate, an account that is disabled.
//
// Every answer is checked. Once in an interval it prints what the servers hold: memory,
// goroutines, open files. At the end these must not have grown, no request may have failed, and
// every audit chain must be whole.
//
// Test-only, outside the floors: it imports bench/host, bench/load and the standard library.
package soak
