// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"testing"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/postgres"
	"gatehouse/internal/tenancy"
)

// Postgres returns an empty, migrated store in a database of its own, closed when the test
// ends. Without PostgreSQL on the machine the test is skipped; in CI it fails.
func Postgres(t testing.TB) *postgres.Store {
	t.Helper()
	return openPostgres(t, PostgresURL(t)+"&pool_max_conns=4") // enough to meet; each is a process
}

// PostgresURL returns the address of an empty, migrated database, for tests that open
// several stores on one.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return pgtest.Migrated(t, "gatehouse", func(url string) error {
		s, err := postgres.Open(context.Background(), url)
		if err != nil {
			return err
		}
		_, err = s.Migrate(context.Background())
		return errors.Join(err, s.Close())
	})
}

func openPostgres(t testing.TB, url string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), url)
	if err != nil {
		t.Fatalf("open PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close PostgreSQL: %v", err)
		}
	})
	return s
}

// Engines runs a test on each engine, in parallel.
func Engines(t *testing.T, run func(t *testing.T, s tenancy.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		run(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		run(t, Postgres(t))
	})
}
