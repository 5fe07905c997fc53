// SPDX-License-Identifier: Apache-2.0

// Package direct runs what the server asks its database for an operation, and
// nothing else: the yardsticks the server is measured by. The statements are the
// engines', in the transactions of the use cases, straight on the driver; what is
// minted is random bytes of the right size. Beside each PostgreSQL yardstick of
// the driver's one there is the same as a script of pgbench, where there is one.
//
// It is not how the server works but how it might at best: writes share commits
// as well as they can, reads come from as many goroutines as is fastest, and where
// a better statement than the server's was found, it is here, with a comment.
// Nobody is authenticated, and nothing is checked but that the rows are there.
//
// The files go by groups of operations and keep step with internal/sqlite and
// internal/postgres. Databases handed in are changed, within their constraints.
//
// Test-only, for package bench: nothing of the product imports it.
package direct
