// SPDX-License-Identifier: Apache-2.0

// Package sqltext writes the SQL that both engines have in common: statements with a
// constant text, the conditions of a filter, the order of a list, and the column of each
// property. It also reads rows, since both engines select the same columns.
//
// A ? is an argument, as SQLite has it; Numbered makes a statement for PostgreSQL of it.
//
// It is not a query builder. What the two databases write differently is a Dialect,
// which each engine implements, and a statement of one engine only is in that engine.
//
// Floor F2: it imports tenancy, filter and jsoncolumn.
package sqltext
