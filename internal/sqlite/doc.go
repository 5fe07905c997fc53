// SPDX-License-Identifier: Apache-2.0

// Package sqlite stores everything in one SQLite file: the embedded default
// engine, for one process on one machine.
//
// It has no rules: package tenancy decides who may do what, and when. Here is only SQL,
// and what the driver's error codes mean. It is not a general SQLite layer either: it
// offers tenancy.Store and nothing else.
//
// How it works:
//
//   - One goroutine, the writer, owns the connection that writes. Updates that wait run
//     one after the other in one transaction, and so need one flush of the disk
//     (writer.go). Another goroutine copies the log into the database (checkpoint.go).
//   - Views and Reads have read-only connections of their own. In WAL mode each sees the
//     state of its beginning. It neither waits for the writer nor delays it.
//   - Statements are prepared once per connection. The shapes of lists have no bound, so
//     the number of their statements does (conn.go). The driver is used directly, without
//     the pool of database/sql (statement.go).
//   - A list is compiled from a filter tree (package sqltext, filter.go, list.go). Its
//     total comes from numbers that triggers maintain, from the search index or from
//     counting (total.go). Its page starts at the nearest known position (page.go). Both
//     may be cached for one version of the table (package listmemory).
//   - Times are whole milliseconds since 1970 in UTC; an optional time that is zero is
//     NULL. Absent text is the empty string, never NULL, so that a comparison is either
//     true or false. Text that is searched or sorted has a second column, folded by
//     filter.Fold.
//
// Floor F3: it imports tenancy, problem, sqltext, migration, datafolder, filter, listmemory and
// jsoncolumn, and no other engine.
package sqlite
