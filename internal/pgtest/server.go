// SPDX-License-Identifier: Apache-2.0

package pgtest

import "testing"

// Server is a PostgreSQL of one test, for tests that have to stop it. Unlike the shared
// server it loses no acknowledged transaction, however it is stopped. Only the goroutine
// of the test may call its methods.
type Server struct {
	t       testing.TB
	cluster *cluster
}

// NewServer starts a server that is stopped and deleted when the test ends. It
// costs seconds, so prefer Database; it skips and fails as that does.
func NewServer(t testing.TB) *Server {
	t.Helper()
	return NewServerOf(t, mustBinDir(t))
}

// NewServerOf is NewServer for the release whose programs are in a folder. If the tests run as
// root, the user of the server must be able to reach it.
func NewServerOf(t testing.TB, bin string) *Server {
	t.Helper()
	c, err := newCluster(bin, memoryFolder(), smallLog)
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := c.remove(); err != nil {
			t.Errorf("remove PostgreSQL: %v", err)
		}
	})
	return &Server{t: t, cluster: c}
}

// URL returns the address of a database on it. The database postgres exists from the
// start; a test may create others. Stop and Start do not change the address.
func (s *Server) URL(database string) string { return s.cluster.url(database) }

// Stop ends the server, cutting its connections, and returns when the process
// is gone. On a stopped server it does nothing.
func (s *Server) Stop() {
	s.t.Helper()
	if err := s.cluster.stop(); err != nil {
		s.t.Fatalf("stop PostgreSQL: %v", err)
	}
}

// Start runs a stopped server again, on the same port with the same data.
func (s *Server) Start() {
	s.t.Helper()
	if err := s.cluster.start(); err != nil {
		s.t.Fatalf("start PostgreSQL: %v", err)
	}
}
