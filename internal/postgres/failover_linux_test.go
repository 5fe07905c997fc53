// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// urlOf is the URL of several servers. It does not say that the primary is wanted.
func urlOf(t *testing.T, servers ...*pgtest.Server) string {
	t.Helper()
	var all *url.URL
	for _, server := range servers {
		u, err := url.Parse(server.URL("postgres"))
		switch {
		case err != nil:
			t.Fatal(err)
		case all == nil:
			all = u
		default:
			all.Host += "," + u.Host
		}
	}
	return all.String()
}

func openPair(t *testing.T, both string) *Store {
	t.Helper()
	s, err := Open(t.Context(), both)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// putName stores a name, and hasName reads it.
func putName(s *Store, name string) error {
	return s.Update(context.Background(), func(x tenancy.Tx) error {
		return x.InsertSetting(context.Background(), name, nil)
	})
}

func hasName(s *Store, name string) error {
	return s.Read(context.Background(), func(r tenancy.Reader) error {
		_, err := r.Setting(context.Background(), name)
		return err
	})
}

// A commit that does not wait for the synchronous standby is not acknowledged.
func TestUnreplicatedCommit(t *testing.T) {
	t.Parallel()
	primary := pgtest.NewServer(t)
	standby := primary.Standby()
	s := openPair(t, urlOf(t, standby, primary))
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	standby.Pause()
	done := make(chan error, 1)
	go func() { done <- putName(s, "unreplicated") }()
	waitFor(t, primary.URL("postgres"), "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity "+
		"WHERE wait_event = 'SyncRep'", 1)
	if err := <-done; !errors.Is(err, problem.Unavailable) || !errors.Is(err, errUnreplicated) {
		t.Errorf("got %v", err)
	}
	standby.Resume()
	if err := putName(s, "replicated"); err != nil {
		t.Errorf("the next one: %v", err)
	}
	wantNoHanging(t, primary)
}

// twice stores a name with two statements. Between those of its first run it says that it has
// begun, and waits.
func twice(begun, paused chan bool, name string) func(tenancy.Tx) error {
	runs := 0
	return func(x tenancy.Tx) error {
		if _, err := x.Setting(context.Background(), "before"); err != nil {
			return err
		}
		if runs++; runs == 1 {
			begun <- true
			<-paused
		}
		return x.InsertSetting(context.Background(), name, nil)
	}
}

// wantNoHanging pauses a server that is the only one: a request is not held for ever.
func wantNoHanging(t *testing.T, server *pgtest.Server) {
	t.Helper()
	s := openPair(t, server.URL("postgres"))
	s.answerLimit = 300 * time.Millisecond
	err := s.View(t.Context(), func(r tenancy.Reader) error {
		if _, err := r.Setting(t.Context(), "replicated"); err != nil {
			return err
		}
		server.Pause()
		began := time.Now()
		_, err := r.Setting(t.Context(), "replicated")
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("a hanging server is waited for %s", took)
		}
		return err
	})
	server.Resume()
	if !errors.Is(err, problem.Unavailable) {
		t.Errorf("a hanging server: %v", err)
	}
}

// A primary hangs, and the standby takes its place. What waited for an answer goes on there, and
// nobody uses the former primary when it comes back.
func TestFormerPrimary(t *testing.T) {
	t.Parallel()
	former := pgtest.NewServer(t)
	primary := former.Standby()
	both := urlOf(t, former, primary)
	s := openPair(t, both)
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := putName(s, "before"); err != nil {
		t.Fatal(err)
	}
	begun, paused, done := make(chan bool), make(chan bool), make(chan error, 2)
	go func() { done <- s.Update(t.Context(), twice(begun, paused, "during")) }()
	go func() { <-paused; done <- hasName(s, "before") }()
	<-begun
	former.Pause()
	close(paused)
	primary.Promote()
	began := time.Now()
	for range 2 {
		if err := <-done; err != nil {
			t.Errorf("what waited for the former primary: %v", err)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	former.Resume()
	stores := []*Store{s}
	for range 8 { // the former primary is the first in their URL
		stores = append(stores, openPair(t, both))
	}
	for _, one := range stores {
		if err := hasName(one, "during"); err != nil {
			t.Errorf("a read goes to the former primary: %v", err)
		}
	}
	primary.Kill()
	for _, one := range stores[:2] {
		err := putName(one, "after")
		if !errors.Is(err, problem.Unavailable) || !strings.Contains(err.Error(), "a former primary, of timeline 1") &&
			!strings.Contains(err.Error(), "has taken the place") {
			t.Errorf("the former primary is the only one, and a change says %v", err)
		}
	}
}

func TestAnswerLimit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"30s": 35 * time.Second, "20000": 25 * time.Second,
		"1 min": 65 * time.Second, "0": 0, "0s": 0, "": 0, "-1": 0, "7 miles": 0} {
		if got := answerLimit(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
