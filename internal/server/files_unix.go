// SPDX-License-Identifier: Apache-2.0

//go:build unix

package server

import "syscall"

// openFiles is how many files the process may have open; Go has raised it to
// the hard limit.
func openFiles() uint64 {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0
	}
	return uint64(l.Cur)
}
