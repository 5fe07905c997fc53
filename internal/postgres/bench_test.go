// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gatehouse/internal/filter"
	"gatehouse/internal/identity"
	"gatehouse/internal/postgres"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// benchClients is the number of clients at the same time.
const benchClients = 64

// spread runs fn b.N times from benchClients goroutines, and reports operations
// and processor time of this process.
func spread(b *testing.B, fn func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	var next atomic.Int64
	var group sync.WaitGroup
	before := processorTime()
	b.ResetTimer()
	for range benchClients {
		group.Go(func() {
			for i := int(next.Add(1)); i <= b.N; i = int(next.Add(1)) {
				if err := fn(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
	b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(b.N), "cpu-us/op")
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchService opens the database to measure on.
func benchService(b *testing.B) (*postgres.Store, tenancytest.Services) {
	b.Helper()
	s, err := postgres.Open(context.Background(), benchAddress(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	keys, err := secret.NewKeyring(secret.NewMasterKey())
	if err != nil {
		b.Fatal(err)
	}
	return s, tenancytest.Over(s, keys, nil, tenancytest.Options{NoLimits: true})
}

func BenchmarkWrite(b *testing.B) {
	ctx := context.Background()
	_, service := benchService(b)
	root := tenancy.System("bench")
	b.Run("generate", func(b *testing.B) {
		spread(b, func(int) error {
			_, _, err := service.IssuePrimaryAuthCode(ctx, root,
				tenancy.OrganizationID(1_000_001+rand.IntN(benchRows())))
			return err
		})
	})
	b.Run("reveal", func(b *testing.B) {
		spread(b, func(int) error {
			_, _, err := service.RevealPrimaryAuthCode(ctx, root,
				tenancy.OrganizationID(1_000_001+rand.IntN(benchRows())))
			if errors.Is(err, problem.Internal) { // sealed under the key of an earlier run
				err = nil
			}
			return err
		})
	})
	b.Run("renew", func(b *testing.B) {
		var ids []string
		for i := range benchClients {
			a, err := service.CreateApplication(ctx, root, identity.CreateApplicationParams{Name: fmt.Sprint(i),
				Type: tenancy.TypeApplication})
			if err != nil {
				b.Fatal(err)
			}
			ids = append(ids, a.ID)
		}
		spread(b, func(i int) error {
			_, err := service.RenewApplicationKey(ctx, root, ids[i%len(ids)])
			return err
		})
	})
	b.Run("approve", func(b *testing.B) {
		ids := undecided(b)
		spread(b, func(i int) error {
			_, err := service.ApproveRequest(ctx, root, ids[i%len(ids)], "")
			return err
		})
	})
}

// undecided returns requests that are not decided.
func undecided(b *testing.B) []tenancy.RequestID {
	ctx := context.Background()
	conn := benchConn(b)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx,
		`SELECT id FROM requests WHERE status_folded = 'new' AND organization_id > 10000000 ORDER BY id LIMIT $1`,
		b.N)
	if err != nil {
		b.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[tenancy.RequestID])
	if err != nil || len(ids) < b.N {
		b.Fatalf("got %d undecided requests, %v", len(ids), err)
	}
	return ids
}

func BenchmarkRead(b *testing.B) {
	ctx := context.Background()
	_, service := benchService(b)
	root := tenancy.System("bench")
	id := func() int64 { return int64(1_000_001 + rand.IntN(benchRows())) }
	b.Run("organization", func(b *testing.B) {
		spread(b, func(int) error {
			_, err := service.GetOrganization(ctx, root, tenancy.OrganizationID(id()))
			return err
		})
	})
	b.Run("request", func(b *testing.B) {
		spread(b, func(int) error {
			_, err := service.GetRequest(ctx, root, tenancy.RequestID(id()))
			return err
		})
	})
	b.Run("driver", func(b *testing.B) { // the yardstick
		pool, err := pgxpool.New(ctx, os.Getenv(benchURL)+"&pool_max_conns=16") // as many as ours
		if err != nil {
			b.Fatal(err)
		}
		defer pool.Close()
		spread(b, func(int) error {
			var o tenancy.Organization
			return pool.QueryRow(ctx,
				`SELECT id, name, alias, description, external_id, state, created_at, updated_at FROM organizations WHERE id = $1`, id()).
				Scan(&o.ID, &o.Name, &o.Alias, &o.Description, &o.ExternalID, &o.State, &o.CreatedAt, &o.UpdatedAt)
		})
	})
}

// BenchmarkList reads one page after the other, as the target says.
func BenchmarkList(b *testing.B) {
	_, service := benchService(b)
	n := benchRows()
	for _, list := range []struct {
		name, filter string
		offset       int
	}{
		{"all", ``, 0}, {"status", `status eq "new"`, 0}, {"two", `status eq "new" or status eq "review"`, 0},
		{"absent", `name co "quartz"`, 0}, {"rare", `name co "zephyr"`, 0}, {"common", `name co "group"`, 0},
		{"short", `name co "gr"`, 0},
		{"and", `name co "zephyr" and status eq "new"`, 0}, {"or", `name co "zephyr" or name co "99999"`, 0},
		{"umlaut", `name co "größe"`, 0},
		{"email", `email co "99999@"`, 0},
		{"middle", ``, n / 2}, {"at90", ``, n / 10 * 9}, {"last", ``, n - 50}, {"status90", `status eq "review"`,
			n / 4 / 10 * 9},
	} {
		b.Run(list.name, func(b *testing.B) {
			p := tenancy.ListParams{Limit: 50, Offset: list.offset,
				Sort: []filter.Sort{{Property: tenancy.RequestProperties()["createdAt"], Descending: true}}}
			if list.filter != "" {
				var err error
				if p.Filter, err = filter.Parse(list.filter, filter.NewSchema(tenancy.RequestProperties())); err != nil {
					b.Fatal(err)
				}
			}
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if _, _, err := service.ListRequests(context.Background(), tenancy.System("bench"), p); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
