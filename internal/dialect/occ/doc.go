// SPDX-License-Identifier: Apache-2.0

// Package occ is the door that speaks Oracle Commerce Cloud's REST wire, for
// organizations, their requests and authorization codes, application ids and
// the log-ins around them. README.md says what is served and where it departs
// from the vendor.
//
// It contains no rules: it reads a request, calls one use case of tenancy or identity, and writes the answer
// or the error in this wire's form.
//
// Floor F3: it imports tenancy, identity, filter, problem, secret and httpkit.
package occ
