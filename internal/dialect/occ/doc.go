// SPDX-License-Identifier: Apache-2.0

// Package occ is the door that speaks Oracle Commerce Cloud's REST wire, for
// organizations, their requests and authorization codes, application ids and
// the log-ins around them. README.md says what is served and where it departs
// from the vendor.
//
// It holds no rule: it reads requests, asks one use case of package tenancy and
// writes the answer, or the error, in this wire's form.
//
// Floor F3: it imports tenancy, filter, secret and httpkit.
package occ
