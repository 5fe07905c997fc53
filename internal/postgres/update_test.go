// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/problem"
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

// Nothing was committed when a connection breaks before COMMIT. So the function runs
// again, and the caller does not notice.
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
	if !errors.Is(err, problem.Unavailable) || runs != maxReconnects+1 {
		t.Errorf("got %v after %d runs", err, runs)
	}
}

// If the answer to COMMIT is lost, it may have happened: to run the function again could
// do it twice. That holds for a COMMIT that was sent alone and for one that was sent with
// other statements.
func TestConnectionLostDuringCommit(t *testing.T) {
	t.Parallel()
	for table, change := range map[string]func(tenancy.Tx) error{
		"settings":     func(x tenancy.Tx) error { return x.InsertSetting(context.Background(), "name", nil) },
		"audit_events": appendOne,
	} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			lostDuringCommit(t, table, change)
		})
	}
}

// appendOne leaves its last statement to go with COMMIT.
func appendOne(x tenancy.Tx) error {
	ctx := context.Background()
	seq, _, err := x.LockAuditHead(ctx, tenancy.RootID)
	if err != nil {
		return err
	}
	return x.InsertAuditEvent(ctx, tenancy.AuditEvent{Seq: seq + 1, Hash: []byte{1}})
}

func lostDuringCommit(t *testing.T, table string, change func(tenancy.Tx) error) {
	ctx := context.Background()
	s := opened(t)
	must(t, s,
		`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON `+table+
			` DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()`)
	runs := 0
	done := make(chan struct{})
	err := s.Update(ctx, func(x tenancy.Tx) error {
		runs++
		server := pid(x)
		go func() {
			defer close(done)
			cutAsleep(t, s, server)
		}()
		return change(x)
	})
	<-done
	if !errors.Is(err, problem.Unavailable) || runs != 1 {
		t.Errorf("got %v after %d runs, want unavailable after 1", err, runs)
	}
}

// cutAsleep waits until a statement of ours sleeps, and cuts its connection.
func cutAsleep(t *testing.T, s *Store, server uint32) {
	for range 1000 {
		var sleeping bool
		err := s.pool.QueryRow(context.Background(),
			`SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $1`, int32(server)).Scan(&sleeping)
		if err == nil && sleeping {
			cut(t, s, server)
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Error("nothing slept")
}

// If a statement that goes with COMMIT is cut off, COMMIT does not happen, and the
// function runs again.
func TestConnectionLostBesideCommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := opened(t)
	must(t, s,
		`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.hash = '\x01' THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$`,
		`CREATE TRIGGER dawdle BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION dawdle()`)
	runs := 0
	done := make(chan struct{})
	err := s.Update(ctx, func(x tenancy.Tx) error {
		if runs++; runs == 1 {
			server := pid(x)
			go func() {
				defer close(done)
				cutAsleep(t, s, server)
			}()
		}
		seq, _, err := x.LockAuditHead(ctx, tenancy.RootID)
		if err != nil {
			return err
		}
		return x.InsertAuditEvent(ctx, tenancy.AuditEvent{Seq: seq + 1, Hash: []byte{byte(runs)}})
	})
	<-done
	var events int
	counting := s.pool.QueryRow(ctx, `SELECT count(*) FROM audit_events`).Scan(&events)
	if err != nil || counting != nil || runs != 2 || events != 1 {
		t.Errorf("got %v, %v after %d runs and %d events, want 2 and 1", err, counting, runs, events)
	}
}

// An event that goes with COMMIT is refused if the head has moved since it was locked.
// Then nothing is committed.
func TestEventRefusedWithCommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := opened(t)
	err := s.Update(ctx, func(x tenancy.Tx) error {
		seq, _, err := x.LockAuditHead(ctx, tenancy.RootID)
		if err != nil {
			return err
		}
		if _, err := x.(*tx).exec(ctx, "move the head", `UPDATE audit_heads SET seq = seq + 1`); err != nil {
			return err
		}
		if err := x.InsertSetting(ctx, "name", nil); err != nil {
			return err
		}
		return x.InsertAuditEvent(ctx, tenancy.AuditEvent{Seq: seq + 1, Hash: []byte{1}})
	})
	var rows int
	counting := s.pool.QueryRow(ctx,
		`SELECT (SELECT count(*) FROM audit_events) + (SELECT count(*) FROM settings WHERE name = 'name')`).Scan(
		&rows)
	if !errors.Is(err, problem.Internal) || counting != nil || rows != 0 {
		t.Errorf("got %v, %v and %d rows, want an internal error and none", err, counting, rows)
	}
}

// Connections that were cut while idle are replaced without a word.
func TestConnectionsCutWhileIdle(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := opened(t)
	admin, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	see := func(x tenancy.Reader) error {
		_, err := x.Organization(ctx, tenancy.RootID)
		return err
	}
	for name, ask := range map[string]func() error{
		"read":   func() error { return s.Read(ctx, see) },
		"view":   func() error { return s.View(ctx, see) },
		"update": func() error { return s.Update(ctx, func(x tenancy.Tx) error { return see(x) }) },
	} {
		if err := ask(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := admin.Exec(ctx,
			`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
			t.Fatal(err)
		}
		if err := ask(); err != nil {
			t.Errorf("%s after the cut: %v", name, err)
		}
	}
}

// A commit is not cut off when the caller goes, and is bounded all the same.
func TestLimitsAreSet(t *testing.T) {
	t.Parallel()
	s := opened(t)
	for name, want := range map[string]string{
		"statement_timeout": statementLimit, "lock_timeout": lockLimit,
		"idle_in_transaction_session_timeout": "1min", "application_name": "gatehouse",
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
	if !errors.Is(err, problem.Unavailable) || code(err) != lockNotAvailable {
		t.Errorf("got %v, want unavailable", err)
	}
}
