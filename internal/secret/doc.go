// SPDX-License-Identifier: Apache-2.0

// Package secret is the only place where secrets are minted, printed, digested,
// sealed, signed and checked: authorization codes, application keys, access
// tokens, session tokens, passwords and one-time codes.
//
// It has no rule about which caller may have them (package tenancy does) and stores
// nothing (the engines do). It builds on standard primitives only: HMAC-SHA-256,
// AES-256-GCM, HKDF, argon2id, JWT (RFC 7519, HS256) and TOTP (RFC 6238).
//
// Floor F0: it imports no other package of this module.
package secret
