// SPDX-License-Identifier: Apache-2.0

package fill_test

import (
	"fmt"
	"testing"

	"gatehouse/bench/fill"
	"gatehouse/internal/storetest"
)

// BenchmarkSQLite tells how long a fill takes: go test -run - -bench SQLite/1000000 -benchtime 1x
func BenchmarkSQLite(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := fill.SQLite(b.Context(), migrated(b), keyring(b), fill.Spec{Organizations: n, Seed: 1}, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPostgres is the same on PostgreSQL.
func BenchmarkPostgres(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := fill.Postgres(b.Context(), storetest.PostgresURL(b), keyring(b), fill.Spec{Organizations: n, Seed: 1}, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
