// SPDX-License-Identifier: Apache-2.0

// Package sqlite keeps everything in one SQLite file: the embedded default
// engine, for one process on one machine.
//
// It is not a place for rules: who may do what, and when, is decided in package
// tenancy; here is only SQL, and what the driver's error codes mean. It is not a
// general SQLite layer either: nothing but tenancy.Store is offered.
//
// How it works:
//
//   - One writer goroutine owns the connection that writes. It lets the Updates
//     that wait run one after the other under one transaction, and so one flush
//     of the disk (writer.go). Another copies the log into the database beside
//     it (checkpoint.go).
//   - Views and Reads have read-only connections of their own. In WAL mode each
//     sees the state of its beginning and neither waits for the writer nor holds
//     it up.
//   - Statements are prepared once per connection, those of lists, whose shapes
//     are without bound, up to a number (conn.go). The driver is used directly,
//     without the pool of database/sql (statement.go).
//   - A list is compiled from a filter tree (package sqltext, filter.go, list.go). Its total comes
//     from kept counts, the search index or a count (total.go), its page from
//     the nearest known place (page.go); both may be remembered for one version
//     of the table (package listmemory).
//   - Times are whole milliseconds since 1970 in UTC; an optional time that is
//     zero is NULL. Absent text is the empty string, never NULL, so that a
//     comparison is either true or false. Text that is searched or sorted has
//     a second column, folded by filter.Fold.
//
// Floor F2: it imports tenancy, sqltext, filter, listmemory, jsoncolumn and migration, and
// no other engine.
package sqlite
