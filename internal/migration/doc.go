// SPDX-License-Identifier: Apache-2.0

// Package migration has the parts of migrations that are written in Go, because no SQL
// folds texts as package filter does. Both engines call it.
//
// It is not a migration by itself: each engine does what its database needs before and
// after, and it says which version of the schema the part belongs to.
//
// Floor F1: it imports filter and jsoncolumn.
package migration

// Versions of the schema that are written in Go.
const (
	FoldVersion = 9  // from here on, names are compared without the characters that are not seen
	FillVersion = 11 // fills the columns of version 10
)
