// SPDX-License-Identifier: Apache-2.0

// Package oauth is the part of OAuth that an enrolled client needs, so that programs which
// exist can enrol unchanged: dynamic registration (RFC 7591, RFC 7592), tokens for client
// credentials (RFC 6749 §4.4, RFC 7523), introspection (RFC 7662), revocation (RFC 7009)
// and metadata (RFC 8414). RFC 9700 is the rule book.
//
// It is not: rules, which the use cases have, or the native API.
//
// Floor F3: it imports the use cases and httpkit, and no engine and no other door.
package oauth
