// SPDX-License-Identifier: Apache-2.0

// Package move copies everything that a server has stored from one engine to the other, row by
// row, and compares what came. An interrupted move goes on where it was.
//
// It is not a backup: the target is a database that servers use afterwards, and none serves the
// source any more. It knows no driver: a Session of either engine reads and writes for it.
//
// Floor F1: it imports nothing of ours.
package move
