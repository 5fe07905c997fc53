// SPDX-License-Identifier: Apache-2.0

// Package httpkit has the parts of HTTP that all doors share: routes whose handlers
// return errors, a request id, the client's address, a capped body, strict decoding,
// content negotiation and one spelling of each path. Panics, log lines and metrics of
// requests are handled here, in one place.
//
// It knows no wire: each door passes Door.WriteError, which writes an error in the form
// of its vendor. It knows nothing of the domain either.
//
// Floor F0: of this module it imports problem and span only.
package httpkit
