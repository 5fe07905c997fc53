// SPDX-License-Identifier: Apache-2.0

package e2e

import "syscall"

// attributes make a child end with the thread that started it, so that none
// outlives a test process that was killed: see launch. A group of its own lets
// the children of a child be ended with it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
