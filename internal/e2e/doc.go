// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the built binary from outside: as a process with its
// flags, environment, signals and files, over real HTTP on loopback, on both
// engines. Here stand the proofs that need the whole program: that no secret
// is in the database or in the output, that a killed server loses nothing it
// acknowledged, that replicas agree, that the README's commands work, and that
// a vendor's own client does; what package.json in dcu pins is installed by
// make clients and is no part of this repository. The folder generated has
// what drives clients that are generated from the OpenAPI documents, and the
// folder clients what Ansible and Python run against the server. Clients that cannot be had are
// replayed byte for byte, in the files replay_*_test.go.
//
// It has no tests of single rules: those are next to the code they test.
//
// Test-only, outside the floors: it may import any package, and no package imports it.
package e2e
