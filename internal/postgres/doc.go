// SPDX-License-Identifier: Apache-2.0

// Package postgres stores everything in a PostgreSQL database: the engine for several
// replicas of the program, and for more than one machine can hold.
//
// It has no rules: package tenancy decides who may do what, and when. Here is only SQL,
// and what the SQLSTATE codes mean. It is not a general PostgreSQL layer either: it offers
// tenancy.Store and nothing else. Files, names and migration numbers are those of package
// sqlite.
//
// How it works:
//
//   - An Update is a transaction at the level the database is set to: read committed,
//     unless an administrator chose a stricter one. Methods named Lock… lock the row. A
//     transaction that the server refuses because of others (40001, 40P01), and one that
//     was cut off before the commit, runs again (update.go). A commit whose answer was
//     lost does not: it may have happened.
//   - A View is a read-only transaction at repeatable read, and so sees one state. A Read
//     has no transaction: each statement is by itself. Many Reads of single rows at the
//     same time share round trips (share.go).
//   - Statements that do not need the answer of the one before share a round trip
//     (pipeline.go).
//   - Statements with a constant text are prepared once per connection. Lists are compiled
//     from a filter tree and planned for their arguments each time: what is best for a
//     rare word is bad for a common one (package sqltext, filter.go, list.go).
//   - Triggers maintain how many rows a list has, as a sum of shares. It is used if the
//     filter depends on the state alone (count.go). Other results are cached for one
//     version of the table, which the same triggers change (remember.go).
//   - Times are whole milliseconds; an optional time that is zero is NULL. Absent text is
//     the empty string, never NULL, so that a comparison is either true or false. Text
//     that is searched or sorted has a second column, folded by filter.Fold. Compared text
//     has the collation "C", which orders by code point as SQLite does.
//   - Of a URL with several hosts, each is asked every second whether it is the primary. The
//     newest one has the connections, and those to former ones are cut (primary.go,
//     hostwatch.go).
//
// Migrate uses a lock of the session, so it needs a connection of its own: not one of a
// pooler that hands out connections per transaction.
//
// Floor F3: it imports tenancy, problem, sqltext, migration, filter, listmemory and
// jsoncolumn, and no other engine.
package postgres
