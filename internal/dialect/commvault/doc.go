// SPDX-License-Identifier: Apache-2.0

// Package commvault speaks the Commvault web service on the wire: it turns
// that vendor's requests into use cases of the domain and the results into
// that vendor's answers, in JSON and in XML.
//
// It holds no rule of its own: who may do what, what a code is and how long a
// session lives is decided in tenancy. It is no emulation of the vendor's
// product either: what it serves, and where it knowingly differs, is in
// README.md. It knows no engine and no other door.
//
// Floor F3: it imports tenancy, httpkit and secret.
package commvault
