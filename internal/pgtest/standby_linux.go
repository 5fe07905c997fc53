// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standby makes a copy of the server that follows it, and that is stopped and deleted when the
// test ends. Both then are a synchronous pair: the server acknowledges a transaction when the copy
// has it, too, and after Promote the copy does so without waiting for anybody.
func (s *Server) Standby() *Server {
	s.t.Helper()
	copied, err := newFollower(s.cluster)
	if err != nil {
		s.t.Fatalf("start a standby: %v", err)
	}
	s.t.Cleanup(func() {
		if err := copied.remove(); err != nil {
			s.t.Errorf("remove the standby: %v", err)
		}
	})
	s.exec("ALTER SYSTEM SET synchronous_standby_names = '*'")
	s.exec("SELECT pg_reload_conf()")
	s.await("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
	return &Server{t: s.t, cluster: copied}
}

// Promote makes a standby a server that takes changes. It returns when it does.
func (s *Server) Promote() {
	s.t.Helper()
	s.await("SELECT pg_promote()")
}

// Kill ends the server as a machine does that loses its power.
func (s *Server) Kill() {
	s.t.Helper()
	s.signal(syscall.SIGKILL)
	<-s.cluster.server.done
	s.cluster.server = nil
}

// Pause stops all processes of the server where they are: its connections stay open, and nobody
// answers. Resume lets them go on.
func (s *Server) Pause() { s.t.Helper(); s.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume() { s.t.Helper(); s.signal(syscall.SIGCONT) }

// newFollower copies a running cluster, and starts the copy.
func newFollower(from *cluster) (*cluster, error) {
	dir, err := newFolder(from.owner, memoryFolder())
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: from.bin, dir: dir, owner: from.owner, options: from.options}
	cmd := c.command("pg_basebackup", "-D", c.data(), "-d", from.url("postgres"), "--checkpoint=fast",
		"--write-recovery-conf", "--no-sync")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	p, err := launch(cmd)
	if err == nil {
		<-p.done
		if !cmd.ProcessState.Success() {
			err = fmt.Errorf("pg_basebackup: %s\n%s", cmd.ProcessState, out.Bytes())
		}
	}
	if err == nil {
		err = c.start()
	}
	if err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return c, nil
}

// exec runs a statement on the database postgres.
func (s *Server) exec(statement string) {
	s.t.Helper()
	if err := s.query(statement, nil); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// await asks a question until the answer is yes.
func (s *Server) await(question string) {
	s.t.Helper()
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(10 * time.Millisecond) {
		var yes bool
		err := s.query(question, &yes)
		switch {
		case err == nil && yes:
			return
		case err != nil, time.Now().After(deadline):
			s.t.Fatalf("%s: %v, %v", question, yes, err)
		}
	}
}

func (s *Server) query(question string, answer *bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if answer == nil {
		_, err = conn.Exec(ctx, question)
		return err
	}
	return conn.QueryRow(ctx, question).Scan(answer)
}

// signal sends a signal to all processes of the server. They are stopped first, so that none of
// them starts another one meanwhile.
func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	main := s.cluster.server.proc.Pid
	send := func(pid int, sig syscall.Signal) {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			s.t.Fatalf("signal %d to process %d: %v", sig, pid, err)
		}
	}
	if sig != syscall.SIGCONT {
		send(main, syscall.SIGSTOP)
	}
	children, err := Children(main)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, pid := range append(children, main) {
		send(pid, sig)
	}
}

// Children returns the processes that a process has started.
func Children(parent int) (pids []int, err error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		// The state and the parent follow the name, which is in brackets and may hold any.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
