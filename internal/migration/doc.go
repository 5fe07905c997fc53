// SPDX-License-Identifier: Apache-2.0

// Package migration has the parts of migrations that are the same in both engines: those
// written in Go, because no SQL folds texts as package filter does, and the check of the
// schema's version.
//
// It is not a migration by itself: each engine has its SQL files, and says what its
// database needs before and after a part.
//
// Floor F1: it imports filter, jsoncolumn and problem.
package migration
