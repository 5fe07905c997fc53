// SPDX-License-Identifier: Apache-2.0

// Package commvault speaks the Commvault web service on the wire: it turns
// that vendor's requests into use cases of the domain and the results into
// that vendor's answers, in JSON and in XML.
//
// It contains no rules: permissions, codes and the lifetime of sessions belong to tenancy and identity. It
// does not emulate the vendor's product either: README.md lists what it serves and where it differs on
// purpose. It knows no engine and no other door.
//
// Floor F3: it imports tenancy, identity, filter, problem, httpkit and secret.
package commvault
