// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package host

import "syscall"

// attributes are for Linux only: elsewhere a child outlives a bench that was killed.
func attributes() *syscall.SysProcAttr { return nil }
