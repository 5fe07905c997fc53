// SPDX-License-Identifier: Apache-2.0

// Package filter parses what a stranger sends to filter and sort a list: a SCIM filter
// (RFC 7644, section 3.4.2.2) and a list of sort keys. It checks both against a
// [Schema] and returns a tree that an engine can turn into a query without further
// checks: every property is known, every operator fits its property, and every literal
// has the property's type.
//
// It is not a query builder, and it does not match records: it knows no SQL, no HTTP and
// no noun of the domain. It also does not decide what an absent filter means; callers
// handle that before they call [Parse].
//
// Differences from the RFC, each of which real clients need:
//
//   - No blank is needed after a closing quote or parenthesis.
//   - An ID may be compared with its written form, "or-100001", or its number.
//   - A time may be a date, or have a blank in place of the T; its offset may be
//     +0200 or +02. Without an offset it is in UTC.
//   - The values true and false may be in quotes.
//   - Value paths in brackets and sub-attribute filters are refused.
//
// The cost is bounded: [MaxLength] is checked first, [MaxDepth] and [MaxTerms] while
// parsing, so that recursion never exceeds the limits.
//
// Floor F0: it imports problem, the standard library and golang.org/x/text only.
package filter
