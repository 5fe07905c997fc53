// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/problem"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
)

// Each of many reads at the same time gets its own answer, whatever happens to the others.
func TestReadsTogether(t *testing.T) {
	t.Parallel()
	s := storetest.Postgres(t)
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			for j := range 20 {
				ctx, cancel := context.WithCancel(context.Background())
				gone := (i+j)%5 == 0
				if gone {
					go cancel()
				}
				id := tenancy.RootID
				if i%2 == 1 {
					id += 1 + tenancy.OrganizationID(i) // there is none
				}
				var o tenancy.Organization
				err := s.Read(ctx, func(r tenancy.Reader) (err error) {
					o, err = r.Organization(ctx, id)
					return err
				})
				cancel()
				switch {
				case gone && errors.Is(err, problem.Unavailable):
				case i%2 == 1 && !errors.Is(err, problem.NotFound):
					t.Errorf("got %v, want not found", err)
				case i%2 == 0 && (err != nil || o.ID != id):
					t.Errorf("got %d, %v, want %d", o.ID, err, id)
				}
			}
		})
	}
	group.Wait()
}

// A locked table delays only those that read it. The others wait no longer than reads
// share a connection.
func TestReadsBesideALock(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	address := storetest.PostgresURL(t)
	s := open(t, address)
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "BEGIN; LOCK TABLE organizations"); err != nil {
		t.Fatal(err)
	}
	stuck, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			err := s.Read(stuck, func(r tenancy.Reader) error {
				_, err := r.Organization(stuck, tenancy.RootID)
				return err
			})
			if !errors.Is(err, problem.Unavailable) {
				t.Errorf("read of a locked table by who has gone: got %v, want unavailable", err)
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	limited, done := context.WithTimeout(ctx, 9*time.Second) // sooner than a lock is given up
	defer done()
	err = s.Read(limited, func(r tenancy.Reader) error {
		_, err := r.Contact(limited, 1)
		return err
	})
	if !errors.Is(err, problem.NotFound) {
		t.Errorf("read of another table: got %v, want not found", err)
	}
	cancel()
	group.Wait() // callers that gave up do not wait
}
