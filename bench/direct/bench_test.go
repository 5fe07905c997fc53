// SPDX-License-Identifier: Apache-2.0

package direct_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"gatehouse/bench/direct"
	"gatehouse/bench/fill"
	"gatehouse/internal/storetest"
)

// BenchmarkSQLite shows every yardstick, on as many organizations as ROWS says:
// ROWS=1000000 go test -run - -bench SQLite -benchtime 1x ./bench/direct
func BenchmarkSQLite(b *testing.B) {
	path, d := filledSQLite(b, rows(b))
	list, closeList, err := direct.SQLite(b.Context(), path, d)
	if err != nil {
		b.Fatal(err)
	}
	show(b, list)
	if err := closeList(); err != nil {
		b.Fatal(err)
	}
}

func rows(b *testing.B) int {
	b.Helper()
	text := os.Getenv("ROWS")
	if text == "" {
		return 10_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func show(b *testing.B, list []direct.Yardstick) {
	for _, y := range list {
		for _, connections := range []int{1, 16, 64} {
			b.Run(y.Operation+"/"+y.Name+"/"+strconv.Itoa(connections), func(b *testing.B) {
				for b.Loop() {
					r, err := y.Run(b.Context(), connections, time.Second)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(r.Requests)/r.Elapsed.Seconds(), "req/s")
					b.ReportMetric(float64(r.P50.Microseconds()), "p50-µs")
					b.ReportMetric(float64(r.P99.Microseconds()), "p99-µs")
				}
			})
		}
	}
}

// BenchmarkPostgres is the same on PostgreSQL, which here does not wait for the disk.
func BenchmarkPostgres(b *testing.B) {
	url := storetest.PostgresURL(b)
	d, err := fill.Postgres(b.Context(), url, keyring(b), fill.Spec{Organizations: rows(b), Seed: 1}, nil)
	if err != nil {
		b.Fatal(err)
	}
	list, closeList, err := direct.Postgres(b.Context(), url, d)
	if err != nil {
		b.Fatal(err)
	}
	show(b, list)
	if err := closeList(); err != nil {
		b.Fatal(err)
	}
}
