// SPDX-License-Identifier: Apache-2.0

package host

import "syscall"

// attributes make a child end with us.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
