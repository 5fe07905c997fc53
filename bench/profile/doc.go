// SPDX-License-Identifier: Apache-2.0

// Package profile reads a processor profile of the server and tells which part of
// it the time went to.
//
// It does not take profiles, bench/host does, and it knows the server only by the
// names of its functions.
//
// Beside the floors: the server does not have it.
package profile
