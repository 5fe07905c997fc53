// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package e2e

import "syscall"

// attributes are for Linux only; elsewhere a child outlives a test process that was killed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
