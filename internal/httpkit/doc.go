// SPDX-License-Identifier: Apache-2.0

// Package httpkit is what all doors need of HTTP: routes whose handlers return
// errors, a request id, the client's address, a capped body, strict decoding,
// content negotiation, paths in one spelling, and one place where a panic, a
// log line and a metric are made.
//
// It knows no wire: how an error looks is each door's own affair, which it
// hands in as Door.WriteError. It knows nothing of the domain either.
//
// Floor F0: it imports no other package of the house.
package httpkit
