// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// statementTimeout bounds one statement of this package; cloning under load takes seconds.
const statementTimeout = 60 * time.Second

// smallLog limits the write-ahead log, since it may be in memory.
const smallLog = "max_wal_size=128MB"

// shared is the one server of this process. It is a global because tests have nothing
// else in common: go test runs them, and TestMain cannot pass them anything.
var shared server

// server is a cluster that starts at its first use.
type server struct {
	mu        sync.Mutex
	cluster   *cluster
	admin     *pgxpool.Pool // connections that create and drop databases
	copyFiles string        // a clause of CREATE DATABASE
	err       error         // of the start; every test gets it, without another try
	databases int           // how many were created; names are not reused
	templates map[string]*template
}

// template is a database that is cloned, made once.
type template struct {
	once sync.Once
	name string
	err  error
}

// Main runs the tests, then stops the server if one was started, and returns
// the exit code.
func Main(m *testing.M) int {
	code := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		return max(code, 1)
	}
	return code
}

// Database creates an empty database and returns its URL. When the test ends, the database
// is dropped together with any connection that is still open. Without PostgreSQL on the
// machine the test is skipped; in CI (CI=true) it fails. Parallel tests may call it.
func Database(t testing.TB) string {
	t.Helper()
	start(t)
	return clone(t, "template1")
}

// Migrated is like Database, but with the content that migrate creates. migrate runs once
// per process and key, on a database of its own that is cloned for each test. It must
// close all its connections before it returns. If it fails, every test with that key
// fails.
func Migrated(t testing.TB, key string, migrate func(url string) error) string {
	t.Helper()
	start(t)
	tmpl := shared.template(key)
	tmpl.once.Do(func() {
		// This is the error if migrate never returns, because of t.FailNow or a panic.
		tmpl.err = errors.New("it did not finish")
		tmpl.err = tmpl.fill(migrate)
	})
	if tmpl.err != nil {
		t.Fatalf("prepare template %q: %v", key, tmpl.err)
	}
	return clone(t, tmpl.name)
}

// fill creates the database of the template. Nobody may connect to it afterwards, because
// PostgreSQL clones only unused databases.
func (tmpl *template) fill(migrate func(url string) error) error {
	if err := shared.exec("CREATE DATABASE " + tmpl.name); err != nil {
		return err
	}
	url := shared.cluster.url(tmpl.name)
	if err := migrate(url); err != nil {
		return err
	}
	// The first connection after a change of the schema collects what the next ones read
	// from one file, which is copied with the rest.
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		return err
	}
	if err := conn.Close(context.Background()); err != nil {
		return err
	}
	return shared.exec("ALTER DATABASE " + tmpl.name + " ALLOW_CONNECTIONS false")
}

// clone copies a database for t.
func clone(t testing.TB, from string) string {
	t.Helper()
	name := shared.newName("test")
	if err := shared.exec("CREATE DATABASE " + name + " TEMPLATE " + from + shared.copyFiles); err != nil {
		t.Fatalf("clone %s: %v", from, err)
	}
	t.Cleanup(func() {
		if err := shared.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	})
	return shared.cluster.url(name)
}

// start starts the shared server if necessary. Afterwards shared.cluster may be read.
func start(t testing.TB) {
	t.Helper()
	bin := mustBinDir(t)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = newCluster(bin, memoryFolder(), smallLog, "synchronous_commit=off")
		if shared.err == nil {
			shared.err = shared.connect()
		}
	}
	if shared.err != nil {
		t.Fatalf("start PostgreSQL: %v", shared.err)
	}
}

// connect opens the pool of the server and decides how databases are copied. Since
// PostgreSQL 15 the default is to write every page of a copy to the log, which takes about
// eight times the processor time of copying the files.
func (s *server) connect() error {
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	var err error
	if s.admin, err = pgxpool.New(ctx, s.cluster.url("postgres")); err != nil {
		return err
	}
	return s.admin.QueryRow(ctx, `SELECT CASE WHEN current_setting('server_version_num')::int >= 150000
		THEN ' STRATEGY file_copy' ELSE '' END`).Scan(&s.copyFiles)
}

func (s *server) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cluster == nil {
		return nil
	}
	if s.admin != nil {
		s.admin.Close()
	}
	return s.cluster.remove()
}

// newName makes a name for a database that needs no quotes in a statement.
func (s *server) newName(kind string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.databases++
	return fmt.Sprintf("%s_%d", kind, s.databases)
}

func (s *server) template(key string) *template {
	name := s.newName("template")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.templates == nil {
		s.templates = map[string]*template{}
	}
	if s.templates[key] == nil {
		s.templates[key] = &template{name: name}
	}
	return s.templates[key]
}

// exec runs one statement. It uses no context of a test, because that has ended when
// clean-up runs.
func (s *server) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	_, err := s.admin.Exec(ctx, statement)
	return err
}
