// SPDX-License-Identifier: Apache-2.0

package pgtest

import "syscall"

// attributes make a child run as o, and stop as if interrupted when the thread
// that started it ends: see launch. Harder signals leave shared memory allocated,
// or sessions that do not get to end in order.
func attributes(o *owner) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	if o != nil {
		attr.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	}
	return attr
}
