// SPDX-License-Identifier: Apache-2.0

// Package identity answers who is asking: log-ins, sessions, signed tokens, operator
// tokens, operators, application keys, second factors, limits of guesses, and the
// memory of callers. Its use cases make the tenancy.Caller by which every other use
// case decides.
//
// It is not: the nouns and what a caller may do with them (package tenancy), HTTP
// (the doors), cryptography (package secret).
//
// Floor F2: it imports tenancy and what is below.
package identity
