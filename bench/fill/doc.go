// SPDX-License-Identifier: Apache-2.0

// Package fill makes a large database in little time: organizations, contacts,
// requests and authorization codes as the server itself would have made them, in
// the wanted number of rows, and the same ones for the same seed (but for the
// codes, which are minted as ever).
//
// It is not a way to import data: it leaves out the rules, the audit of the past,
// and the order of things, and a fill that fails leaves a database of no use. It
// knows both engines' tables, and has one place per engine for those that
// triggers would have kept (derive).
//
// Test-only, for package bench: nothing of the product imports it.
package fill
