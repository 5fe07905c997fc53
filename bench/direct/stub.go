// SPDX-License-Identifier: Apache-2.0

// Package direct is a stand-in.
package direct

import (
	"context"
	"time"

	"gatehouse/bench/fill"
)

type Result struct {
	Requests int
	Elapsed  time.Duration
	P50, P99 time.Duration
	Errors   int
}
type Yardstick struct {
	Operation, Name string
	Run             func(ctx context.Context, connections int, d time.Duration) (Result, error)
}

func SQLite(ctx context.Context, path string, d fill.Data) (list []Yardstick, close func() error, err error) {
	for _, o := range []string{"generate", "list-status", "walk", "offset-90"} {
		list = append(list, Yardstick{o, "driver", func(ctx context.Context, n int, d time.Duration) (Result, error) {
			time.Sleep(d)
			return Result{Requests: 1000, Elapsed: d, P50: time.Millisecond, P99: 2 * time.Millisecond}, nil
		}})
	}
	return list, func() error { return nil }, nil
}

func Postgres(ctx context.Context, url string, d fill.Data) ([]Yardstick, func() error, error) {
	return nil, func() error { return nil }, nil
}
