// SPDX-License-Identifier: Apache-2.0

// Package postgres keeps everything in a PostgreSQL database: the engine for
// several replicas of the program, and for more than one machine can hold.
//
// It is not a place for rules: who may do what, and when, is decided in package
// tenancy; here is only SQL, and what the SQLSTATE codes mean. It is not a
// general PostgreSQL layer either: nothing but tenancy.Store is offered. Files,
// names and migration numbers are those of package sqlite.
//
// How it works:
//
//   - An Update is a transaction at the level the database is set to, read
//     committed unless someone chose a stricter one. Methods named Lock… lock
//     the row. What the server refuses for the sake of order (40001, 40P01) and
//     what was cut off before the commit is run again (update.go). A commit
//     whose answer was lost is not: it may have happened.
//   - A View is a read-only transaction at repeatable read: one state. A Read has
//     no transaction: each statement is its own. Who reads one thing at the same
//     time as many others shares round trips with them (share.go).
//   - Statements travel together where one does not need the answer of the one
//     before (pipeline.go); what may be taken for done is in sure.go.
//   - Statements whose text is constant are prepared once per connection. Lists
//     are compiled from a filter tree and planned for their arguments each time:
//     what is best for a rare word is bad for a common one (package sqltext, filter.go, list.go).
//   - How many rows a list has is kept by triggers, as a sum of shares, and used
//     when the filter is decided by the state alone (count.go). What was found out
//     otherwise is remembered for one version of the table, which the same triggers
//     move on (remember.go).
//   - Times are whole milliseconds; an optional time that is zero is NULL.
//     Absent text is the empty string, never NULL, so that a comparison is
//     either true or false. Text that is searched or sorted has a second
//     column, folded by filter.Fold. Compared text has the collation "C", which
//     orders by code point as SQLite does.
//
// Migrate uses a lock of the session, so it needs a connection of its own: not
// one of a pooler that hands out connections per transaction.
//
// Floor F2: it imports tenancy, sqltext, filter, listmemory, jsoncolumn and migration, and
// no other engine.
package postgres
