// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = 60 * time.Second
	stopLimit  = 40 * time.Second
)

// Process is a child that listens on loopback.
type Process struct {
	Address string // host:port
	cmd     *exec.Cmd
	done    chan struct{}
	log     string
	from    int64       // where its own part of the log begins
	trust   *tls.Config // nil: it speaks plain HTTP
}

// start runs cmd and returns when it has said "… at http(s)://address" on its
// standard output. Its log goes to the named file, to its end.
func start(cmd *exec.Cmd, log string) (*Process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close() // the child has its own
	before, err := file.Stat()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr, cmd.SysProcAttr = file, attributes()
	p := &Process{cmd: cmd, done: make(chan struct{}), log: log, from: before.Size()}
	said, started := make(chan string, 1), make(chan error)
	go func() {
		runtime.LockOSThread() // the child ends with this thread, whatever happens to us
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		address := regexp.MustCompile(` at https?://(\S+)$`)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if found := address.FindStringSubmatch(lines.Text()); found != nil {
				select {
				case said <- found[1]:
				default:
				}
			}
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // the state says how it ended
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	select {
	case p.Address = <-said:
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("%s ended while starting: %s", cmd.Path, p.tail())
	case <-time.After(startLimit):
		p.Kill()
		return nil, fmt.Errorf("%s was not ready within %s: %s", cmd.Path, startLimit, p.tail())
	}
}

// tail is the end of its log.
func (p *Process) tail() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}

// ID is the process's number.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Stop ends the process as an operator would.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
	case <-time.After(stopLimit):
		p.Kill()
		return fmt.Errorf("%s did not stop within %s", p.cmd.Path, stopLimit)
	}
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("%s ended with %s: %s", p.cmd.Path, p.cmd.ProcessState, p.tail())
	}
	return nil
}

// Kill ends the process as a crash would. It may run twice.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// cleanEnvironment is ours without what would steer the server elsewhere.
func cleanEnvironment() []string {
	var env []string
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "GATEHOUSE_") && !strings.HasPrefix(line, "PG") &&
			!strings.HasPrefix(line, "GO") {
			env = append(env, line)
		}
	}
	return env
}
