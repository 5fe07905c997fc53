// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

const (
	startTimeout = 60 * time.Second // a loaded machine with the race detector
	stopPatience = 30 * time.Second
)

// process is a running child.
type process struct {
	proc *os.Process
	done chan struct{} // closed once the child has been waited for
}

// launch starts cmd from a thread of its own that lives as long as the child.
// The kernel sends the parent-death signal when the forking thread ends, not
// the whole process, and Go ends idle threads as it likes.
func launch(cmd *exec.Cmd) (*process, error) {
	started := make(chan error)
	p := &process{done: make(chan struct{})}
	go func() {
		// Never unlocked: the runtime ends the thread with this goroutine.
		runtime.LockOSThread()
		err := cmd.Start()
		p.proc = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait() // the log says how a server ended
		}
		close(p.done)
	}()
	return p, <-started
}

// ended reports whether the child is gone.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop ends the child, first by a signal that PostgreSQL calls a fast shutdown, then by
// force. It returns when the child is gone. It may run twice.
func (p *process) stop() error {
	if err := p.proc.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("interrupt process %d: %w", p.proc.Pid, err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(stopPatience):
	}
	if err := p.proc.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill process %d: %w", p.proc.Pid, err)
	}
	<-p.done
	return fmt.Errorf("process %d did not stop within %s and was killed", p.proc.Pid, stopPatience)
}
