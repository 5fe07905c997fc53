// SPDX-License-Identifier: Apache-2.0

// Package secret is the only place where secrets are born, printed, digested,
// sealed, signed and checked: authorization codes, application keys, access
// tokens, session tokens, passwords and one-time codes.
//
// It holds no rule about who may have them (package tenancy) and stores
// nothing (the engines). It builds on standard primitives only: HMAC-SHA-256,
// AES-256-GCM, HKDF, argon2id, JWT (RFC 7519, HS256) and TOTP (RFC 6238).
//
// Floor F0: it imports no other package of the house.
package secret
