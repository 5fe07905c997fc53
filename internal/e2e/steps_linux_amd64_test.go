// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	numbers "encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// The parts of ptrace that package syscall does not name.
const (
	// Marked system calls, threads, no survivors.
	ptraceOptions          = 1 | syscall.PTRACE_O_TRACECLONE | 0x100000
	ptraceSyscallInfo      = 0x420e
	syscallStop            = syscall.SIGTRAP | 0x80
	ownChildrenOnly        = 0x20000000 // __WNOTHREAD
	renameat2              = 316
	enterSyscall      byte = 1
)

// traced is a command that was run step by step. A step is a system call that changes a file,
// or one that sends to a database.
type traced struct {
	steps          []string // what was done, and to what, such as "fsync gatehouse.db"
	code           int
	killed         bool
	stdout, stderr bytes.Buffer
}

// runSteps runs a command and kills it right before a step, counted from 1; for 0 it lets it
// end.
func runSteps(t *testing.T, cmd *exec.Cmd, killBefore int) *traced {
	t.Helper()
	r := &traced{}
	cmd.Stdout, cmd.Stderr = &r.stdout, &r.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // one thread traces; it is never unlocked, and ends with this goroutine
		result <- r.trace(cmd, killBefore)
	}()
	if err := <-result; err != nil {
		missing(t, "trace ", cmd.Path, ": ", err)
	}
	return r
}

func (r *traced) trace(cmd *exec.Cmd, killBefore int) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { _ = cmd.Wait() }() // it has ended; this waits for its output
	pid := cmd.Process.Pid
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
		return err
	}
	if err := syscall.PtraceSetOptions(pid, ptraceOptions); err != nil {
		return err
	}
	thread, signal := pid, 0
	for {
		_ = syscall.PtraceSyscall(thread, signal) // the thread may have been killed
		var err error
		if thread, err = syscall.Wait4(-1, &status, syscall.WALL|ownChildrenOnly, nil); err != nil {
			return err
		}
		signal = 0
		switch {
		case thread == pid && (status.Exited() || status.Signaled()):
			r.code, r.killed = status.ExitStatus(), status.Signaled()
			return nil
		case !status.Stopped():
		case status.StopSignal() == syscallStop:
			if step := stepOf(thread); step != "" {
				if r.steps = append(r.steps, step); len(r.steps) == killBefore {
					if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
						return err
					}
				}
			}
		case status.StopSignal() != syscall.SIGTRAP && status.StopSignal() != syscall.SIGSTOP:
			signal = int(status.StopSignal())
		}
	}
}

// stepOf returns the step that a thread is about to do; "" if it is none.
func stepOf(thread int) string {
	var info [88]byte
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PTRACE, ptraceSyscallInfo, uintptr(thread),
		uintptr(len(info)), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 || info[0] != enterSyscall {
		return ""
	}
	number := numbers.NativeEndian.Uint64(info[24:])
	first, third := numbers.NativeEndian.Uint64(info[32:]), numbers.NativeEndian.Uint64(info[48:])
	of := func(name string, files, sockets bool) string {
		target, err := os.Readlink("/proc/" + strconv.Itoa(thread) + "/fd/" + strconv.FormatUint(first, 10))
		switch {
		case err != nil:
		case sockets && strings.HasPrefix(target, "socket:"):
			return "send"
		case files && strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "/dev/") &&
			!strings.HasPrefix(target, "/proc/"):
			return name + " " + filepath.Base(target)
		}
		return ""
	}
	switch number {
	case syscall.SYS_WRITE:
		return of("write", true, true)
	case syscall.SYS_PWRITE64:
		return of("write", true, false)
	case syscall.SYS_SENDTO, syscall.SYS_SENDMSG, syscall.SYS_WRITEV:
		return of("send", false, true)
	case syscall.SYS_FSYNC, syscall.SYS_FDATASYNC:
		return of("sync", true, false)
	case syscall.SYS_FTRUNCATE, syscall.SYS_FALLOCATE, syscall.SYS_FCHMOD:
		return of("change", true, false)
	case syscall.SYS_OPENAT:
		if third&syscall.O_CREAT != 0 {
			return "create"
		}
	case syscall.SYS_RENAME, syscall.SYS_RENAMEAT, renameat2:
		return "rename"
	case syscall.SYS_LINK, syscall.SYS_LINKAT:
		return "link"
	case syscall.SYS_UNLINK, syscall.SYS_UNLINKAT, syscall.SYS_RMDIR:
		return "unlink"
	case syscall.SYS_MKDIR, syscall.SYS_MKDIRAT:
		return "mkdir"
	}
	return ""
}
