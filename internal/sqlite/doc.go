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
//   - One writer goroutine owns the only connection that writes. It lets the
//     Updates that wait run one after the other, each in a savepoint of its
//     own, under one transaction and so one flush of the disk (writer.go).
//   - Views have read-only connections of their own. In WAL mode each sees the
//     state of its beginning and neither waits for the writer nor holds it up.
//   - Statements whose text is constant are prepared once per connection. Lists
//     are compiled from a filter tree, so their shapes are without bound and
//     are prepared each time (filter.go, list.go).
//   - Times are whole milliseconds since 1970 in UTC; an optional time that is
//     zero is NULL. Absent text is the empty string, never NULL, so that a
//     comparison is either true or false. Text that is searched or sorted has
//     a second column, folded by filter.Fold.
//
// Floor F2: it imports tenancy and filter, and no other engine.
package sqlite
