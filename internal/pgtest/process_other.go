// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package pgtest

import "syscall"

// attributes are for Linux only. Elsewhere the server runs as ourselves, which
// it refuses as root, and outlives a test process that was killed.
func attributes(*owner) *syscall.SysProcAttr { return nil }
