// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"syscall"
	"time"
	"unsafe"
)

// threadTime returns a clock of the processor time of the thread that calls it, and false if
// the time is not known. Other threads may call what it returns. The number of such a clock is
// made as pthread_getcpuclockid makes it: the thread's id, and that the clock is of one thread
// and counts what the scheduler gave it. A thread that has ended has no time.
func threadTime() func() (time.Duration, bool) {
	clock := ^uintptr(syscall.Gettid())<<3 | 6
	return func() (time.Duration, bool) {
		var t syscall.Timespec
		_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&t)), 0)
		return time.Duration(t.Nano()), errno == 0
	}
}
