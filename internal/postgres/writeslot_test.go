// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// hangCommits lets every commit on a server wait for a standby that is not there, and returns
// what ends that.
func hangCommits(t *testing.T, url string) (release func()) {
	t.Helper()
	set := func(standby string) {
		conn, err := pgx.Connect(context.Background(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		for _, statement := range []string{
			fmt.Sprintf("ALTER SYSTEM SET synchronous_standby_names = '%s'", standby), "SELECT pg_reload_conf()"} {
			if _, err := conn.Exec(context.Background(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	set("gone")
	return func() { set("") }
}

// waitFor waits until a query on a server returns at least n.
func waitFor(t *testing.T, url, query string, n int) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	deadline := time.Now().Add(20 * time.Second)
	for got := 0; got < n; time.Sleep(20 * time.Millisecond) {
		if err := conn.QueryRow(context.Background(), query).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d, want %d", query, got, n)
		}
	}
}

// While every commit hangs, changes that are more than the slots for them are refused, and
// reads of each kind go on. What was acknowledged in the end is there.
func TestReadsWhileCommitsHang(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	url := server.URL("postgres")
	s, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	release := hangCommits(t, url)
	waitFor(t, url,
		"SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting = 'gone'", 1)
	const changes = 40
	ended := make(chan error, changes)
	for i := range changes {
		ctx := context.Background()
		if i%2 == 0 {
			ctx = tenancy.InQueue(ctx, fmt.Sprint("queue", i%4))
		}
		go func() {
			ended <- s.Update(ctx, func(x tenancy.Tx) error {
				return x.InsertSetting(ctx, fmt.Sprint("hung ", i),
					nil)
			})
		}()
	}
	waitFor(t, url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
		writeSlots(defaultConns))
	for name, read := range map[string]func(context.Context) error{
		"one row": func(ctx context.Context) error {
			return s.Read(ctx, func(r tenancy.Reader) error {
				_, err := r.Setting(ctx, "hung 0")
				return err
			})
		},
		"a view": func(ctx context.Context) error {
			return s.View(ctx, func(r tenancy.Reader) error {
				_, err := r.Setting(ctx, "hung 0")
				return err
			})
		},
		"a list": func(ctx context.Context) error {
			return s.Read(ctx, func(r tenancy.Reader) error {
				_, _, err := r.Organizations(ctx, tenancy.ListParams{Limit: 10})
				return err
			})
		},
	} {
		for range 20 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			if err := read(ctx); err != nil && !errors.Is(err, problem.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
			cancel()
		}
	}
	if err := <-ended; !errors.Is(err, errWritesBusy) || !errors.Is(err, problem.Unavailable) {
		t.Errorf("the first change that ends while all hang: %v", err)
	}
	release()
	refused := 1
	for range changes - 1 {
		if err := <-ended; errors.Is(err, errWritesBusy) {
			refused++
		} else if err != nil {
			t.Errorf("a change: %v", err)
		}
	}
	waitFor(t, url, "SELECT count(*) FROM settings WHERE name LIKE 'hung %'", changes-refused)
}
