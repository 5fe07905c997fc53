// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestServerStopsAndStarts(t *testing.T) {
	t.Parallel()
	var dir string
	var pid int
	ok := t.Run("inner", func(t *testing.T) {
		s := NewServer(t)
		dir, pid = s.cluster.dir, s.cluster.server.proc.Pid
		conn := connect(t, s.URL("postgres"))
		mustExec(t, conn, "CREATE TABLE durable AS SELECT 7 AS n")

		s.Stop()
		if alive(pid) {
			t.Errorf("process %d runs after Stop", pid)
		}
		if err := conn.Ping(t.Context()); err == nil {
			t.Error("an open connection survived Stop")
		}
		if conn, err := pgx.Connect(t.Context(), s.URL("postgres")); err == nil {
			_ = conn.Close(t.Context())
			t.Error("a new connection was taken after Stop")
		}
		s.Stop() // nothing to do

		url := s.URL("postgres")
		s.Start()
		if got := s.URL("postgres"); got != url {
			t.Errorf("got URL %s after Start, want %s as before", got, url)
		}
		pid = s.cluster.server.proc.Pid
		if got := one[int](t, connect(t, url), "SELECT n FROM durable"); got != 7 {
			t.Errorf("got %d, want the row from before Stop", got)
		}
		if got := record(t, func(tb testing.TB) { (&Server{tb, s.cluster}).Start() }); !strings.Contains(got.fatal,
			"running already") {
			t.Errorf("got %q from a second Start", got.fatal)
		}
	})
	if !ok || dir == "" {
		return
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("stat of the folder after the test: got %v, want it gone", err)
	}
	if alive(pid) {
		t.Errorf("process %d outlived its test", pid)
	}
}

// TestStartOnTakenPort takes the port of a stopped server away: the restart
// keeps trying for a while, says why it failed, and works once it is free.
func TestStartOnTakenPort(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	s.Stop()
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.cluster.port)))
	if err != nil {
		t.Fatal(err)
	}
	err = s.cluster.start()
	if err == nil || !strings.Contains(err.Error(), "could not bind") {
		t.Errorf("got %v, want an error with the server's log", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.Start()
	connect(t, s.URL("postgres"))

	// A port that no start has used yet is replaced by another.
	s.Stop()
	s.cluster.port = 0
	s.Start()
	connect(t, s.URL("postgres"))
}

func TestStartShowsTheLog(t *testing.T) {
	t.Parallel()
	_, err := newCluster(mustBinDir(t), "", "no_such_setting=1")
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("got %v, want an error with the server's log", err)
	}
}
