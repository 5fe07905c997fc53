// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
)

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func migrate(t *testing.T, s *sqlite.Store) int {
	t.Helper()
	n, err := s.Migrate(context.Background())
	if err != nil {
		t.Errorf("migrate: %v", err)
	}
	return n
}

// raw runs one statement on a connection of its own.
func raw(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, kind problem.Kind, code problem.Code) {
	t.Helper()
	var e *problem.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Code != code {
		t.Errorf("got %v, want %s (%s)", err, kind, code)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	s := open(t, path)
	wantCode(t, s.Ready(ctx), problem.Unavailable, "schema_too_old")
	if n := migrate(t, s); n < 1 {
		t.Errorf("got %d migrations", n)
	}
	if err := s.Ready(ctx); err != nil {
		t.Errorf("ready: %v", err)
	}
	if n := migrate(t, s); n != 0 {
		t.Errorf("got %d migrations the second time", n)
	}
	again := open(t, path)
	if err := again.Ready(ctx); err != nil {
		t.Errorf("ready, opened again: %v", err)
	}
	raw(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	wantCode(t, s.Ready(ctx), problem.Unavailable, "schema_too_new")
	_, err := s.Migrate(ctx)
	wantCode(t, err, problem.Unavailable, "schema_too_new")
}

func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	var applied atomic.Int32
	var group sync.WaitGroup
	for range 4 {
		s := open(t, path)
		group.Go(func() {
			applied.Add(int32(migrate(t, s)))
			if err := s.Ready(context.Background()); err != nil {
				t.Errorf("ready: %v", err)
			}
		})
	}
	group.Wait()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	if n := int(applied.Load()); n != len(files)+4 { // four are in Go
		t.Errorf("got %d migrations in all, want each of %d once", n, len(files))
	}
}

// Two programs on one file: a server and a command.
func TestTwoStores(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	stores := []*sqlite.Store{open(t, path), open(t, path)}
	migrate(t, stores[0])
	const workers, each = 8, 25
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for range each {
				err := stores[i%2].Update(ctx, func(tx tenancy.Tx) error {
					a, err := tx.LockAttempt(ctx, "subject")
					if err != nil {
						return err
					}
					a.Failures++
					return tx.PutAttempt(ctx, a)
				})
				if err != nil {
					t.Errorf("update: %v", err)
				}
			}
		})
	}
	group.Wait()
	err := stores[1].Update(ctx, func(tx tenancy.Tx) error {
		a, err := tx.LockAttempt(ctx, "subject")
		if a.Failures != workers*each {
			t.Errorf("got %d, want %d", a.Failures, workers*each)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFilesAreTheOwners(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	migrate(t, open(t, path))
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s: got mode %o, want 600", filepath.Base(name), got)
		}
	}
}

func TestOddPath(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?mode=memory#c%41&d;e.db")
	s := open(t, path)
	migrate(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("the file is not where it was asked for: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	foreign, marked, garbage := filepath.Join(dir, "foreign.db"), filepath.Join(dir, "marked.db"),
		filepath.Join(dir, "garbage.db")
	raw(t, foreign, "CREATE TABLE theirs (a)")
	raw(t, marked, "PRAGMA application_id = 252006673")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, kind := range map[string]problem.Kind{
		foreign: problem.Conflict, marked: problem.Conflict, garbage: problem.Internal,
		filepath.Join(dir, "none", "x.db"): problem.Unavailable, dir: problem.Unavailable,
	} {
		before, _ := os.ReadFile(path)
		_, err := sqlite.Open(context.Background(), path)
		if !errors.Is(err, kind) {
			t.Errorf("%s: got %v, want %s", filepath.Base(path), err, kind)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Errorf("%s: the refused file was changed", filepath.Base(path))
		}
	}
}

// Ended codes are not to be read back from the file either, not in part.
func TestEndedSealLeavesTheFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	s := open(t, path)
	migrate(t, s)
	if err := s.Ready(ctx); err != nil { // a reader whose connection stays open
		t.Fatal(err)
	}
	const n = 30
	tail := func(i int) string { return fmt.Sprintf("tail-of-seal-%02d.", i) }
	var ids []tenancy.OrganizationID
	err := s.Update(ctx, func(tx tenancy.Tx) error {
		for i := range n {
			o := tenancy.Organization{Name: fmt.Sprint(i), State: tenancy.OrganizationActive}
			if err := tx.InsertOrganization(ctx, &o); err != nil {
				return err
			}
			ids = append(ids, o.ID)
			c := tenancy.StoredAuthCode{AuthCode: tenancy.AuthCode{ID: fmt.Sprint("id-", i), OrganizationID: o.ID,
				Primary: true},
				Digest: fmt.Append(nil, "digest-", i), Sealed: append(bytes.Repeat([]byte("s"), 60), tail(i)...)}
			if err := tx.InsertAuthCode(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			_, err := tx.EndPrimaryAuthCode(ctx, id, time.Now(), tenancy.Disabled)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if bytes.Contains(content, []byte(tail(i))) {
			t.Errorf("seal %d is still in the file", i)
		}
	}
	if !bytes.Contains(content, []byte("digest-1")) {
		t.Error("the codes themselves are not in the file")
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log is left behind: %v", err)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) tenancy.Store { return storetest.SQLite(t) })
}

// The same with most names in the search index already.
func TestStoreTidied(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) tenancy.Store { return sqlite.Tidy(storetest.SQLite(t), 3) })
}

// Lists may take long. A read of one row does not wait for them.
func TestListsLeaveReadersFree(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	migrate(t, s)
	stop, held := make(chan struct{}), make(chan struct{}, 50)
	var lists sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	defer lists.Wait()
	defer close(stop)
	defer cancel()        // the callers that wait give up
	for range cap(held) { // more than there are connections
		lists.Go(func() {
			err := s.View(ctx, func(tx tenancy.Reader) error {
				if _, _, err := tx.Requests(ctx, tenancy.ListParams{}); err != nil {
					return err
				}
				held <- struct{}{}
				<-stop
				return nil
			})
			if err != nil && !errors.Is(err, problem.Unavailable) {
				t.Error(err)
			}
		})
	}
	<-held
	<-held
	for range 20 {
		limit, done := context.WithTimeout(context.Background(), 10*time.Second)
		err := s.View(limit, func(tx tenancy.Reader) error {
			_, err := tx.Organization(limit, tenancy.RootID)
			return err
		})
		done()
		if err != nil {
			t.Fatalf("a look-up waits for lists: %v", err)
		}
	}
}
