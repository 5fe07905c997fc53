// SPDX-License-Identifier: Apache-2.0

// Package datafolder has what the programs that share a data folder need from the file
// system: a lock that dies with its process, a check that files can be written, and files
// that are complete or not there.
//
// It knows the names of no database and no key.
//
// Floor F0, a leaf: it imports the standard library only.
package datafolder
