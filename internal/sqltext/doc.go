// SPDX-License-Identifier: Apache-2.0

// Package sqltext writes the SQL that both engines have in common: the conditions
// of a filter, the order of a list, and the column of each property.
//
// It is not a query builder. What the two databases write differently is a Dialect,
// which each engine implements, and a statement of one engine only stays there.
//
// Floor F1: it imports filter.
package sqltext
