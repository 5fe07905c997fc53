// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/tenancy"
)

// cut ends a connection from the server's side, as an administrator may.
func cut(t *testing.T, s *Store, pid uint32) {
	t.Helper()
	if _, err := s.pool.Exec(context.Background(), `SELECT pg_terminate_backend($1)`, int32(pid)); err != nil {
		t.Errorf("terminate: %v", err)
	}
}

func pid(x tenancy.Tx) uint32 { return x.(*tx).conn.Conn().PgConn().PID() }

// Nothing has been committed when a connection is lost on the way, so the
// function runs again and nobody notices.
func TestConnectionLostBeforeCommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := opened(t)
	runs := 0
	err := s.Update(ctx, func(x tenancy.Tx) error {
		if err := x.InsertSetting(ctx, "name", nil); err != nil {
			return err
		}
		if runs++; runs == 1 {
			cut(t, s, pid(x))
		}
		_, err := x.Setting(ctx, "name")
		if runs == 2 && err != nil {
			t.Errorf("second run: %v", err)
		}
		return nil // an error that is swallowed is noticed all the same
	})
	if err != nil || runs != 2 {
		t.Errorf("got %v after %d runs, want 2", err, runs)
	}
}

// One that is lost again and again is given up.
func TestConnectionLostEveryTime(t *testing.T) {
	t.Parallel()
	s := opened(t)
	runs := 0
	err := s.Update(context.Background(), func(x tenancy.Tx) error {
		runs++
		cut(t, s, pid(x))
		_, err := x.Organization(context.Background(), tenancy.RootID)
		return err
	})
	if !errors.Is(err, tenancy.Unavailable) || runs != maxReconnects+1 {
		t.Errorf("got %v after %d runs", err, runs)
	}
}

// When the answer to COMMIT is lost, it may have happened: to run the function
// again could do it twice.
func TestConnectionLostDuringCommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := opened(t)
	for _, statement := range []string{
		`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON settings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()`,
	} {
		if _, err := s.pool.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	runs := 0
	done := make(chan struct{})
	err := s.Update(ctx, func(x tenancy.Tx) error {
		runs++
		server := pid(x)
		go func() {
			defer close(done)
			for range 1000 { // until it sleeps within COMMIT
				var sleeping bool
				err := s.pool.QueryRow(ctx, `SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $1`, int32(server)).Scan(&sleeping)
				if err == nil && sleeping {
					cut(t, s, server)
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
			t.Error("the commit did not start")
		}()
		return x.InsertSetting(ctx, "name", nil)
	})
	<-done
	if !errors.Is(err, tenancy.Unavailable) || runs != 1 {
		t.Errorf("got %v after %d runs, want unavailable after 1", err, runs)
	}
}

// A commit is not cut off when the caller goes, and is bounded all the same.
func TestLimitsAreSet(t *testing.T) {
	t.Parallel()
	s := opened(t)
	for name, want := range map[string]string{
		"statement_timeout": statementLimit, "lock_timeout": lockLimit, "idle_in_transaction_session_timeout": "1min", "application_name": "gatehouse",
	} {
		var got string
		if err := s.pool.QueryRow(context.Background(), "SHOW "+name).Scan(&got); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestLockIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := pgtest.Database(t)
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	s, err := Open(ctx, url+separator+"lock_timeout=100ms")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = s.Update(ctx, func(holder tenancy.Tx) error {
		if _, err := holder.LockOrganization(ctx, tenancy.RootID); err != nil {
			return err
		}
		return s.Update(ctx, func(x tenancy.Tx) error {
			_, err := x.LockOrganization(ctx, tenancy.RootID)
			return err
		})
	})
	if !errors.Is(err, tenancy.Unavailable) || code(err) != lockNotAvailable {
		t.Errorf("got %v, want unavailable", err)
	}
}
