// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/postgres"
	"gatehouse/internal/problem"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) tenancy.Store { return storetest.Postgres(t) })
}

// replicas are several processes' stores on one database: each call goes to the
// next of them.
type replicas struct {
	tenancy.Store // the first
	all           []tenancy.Store
	next          *atomic.Uint32
}

func (r replicas) pick() tenancy.Store { return r.all[int(r.next.Add(1))%len(r.all)] }

func (r replicas) Update(ctx context.Context, fn func(tenancy.Tx) error) error {
	return r.pick().Update(ctx, fn)
}

func (r replicas) View(ctx context.Context, fn func(tenancy.Reader) error) error {
	return r.pick().View(ctx, fn)
}

func (r replicas) Close() error {
	var err error
	for _, s := range r.all {
		err = errors.Join(err, s.Close())
	}
	return err
}

// Distributed databases that speak PostgreSQL are serializable throughout, and
// refuse more. Three replicas share one here.
func TestStoreSerializableReplicas(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) tenancy.Store {
		address := with(t, storetest.PostgresURL(t), "default_transaction_isolation", "serializable",
			"pool_max_conns", "3")
		r := replicas{next: new(atomic.Uint32)}
		for range 3 {
			r.all = append(r.all, open(t, address))
		}
		r.Store = r.all[0]
		return r
	})
}

// with adds parameters to a URL.
func with(t *testing.T, address string, pairs ...string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func open(t *testing.T, address string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), address)
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

func migrate(t *testing.T, s *postgres.Store) int {
	t.Helper()
	n, err := s.Migrate(context.Background())
	if err != nil {
		t.Errorf("migrate: %v", err)
	}
	return n
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
	address := pgtest.Database(t)
	s := open(t, address)
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
	exec(t, address, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	wantCode(t, s.Ready(ctx), problem.Unavailable, "schema_too_new")
	_, err := s.Migrate(ctx)
	wantCode(t, err, problem.Unavailable, "schema_too_new")
}

func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	var applied atomic.Int32
	var group sync.WaitGroup
	for range 4 {
		s := open(t, address)
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
	if n := applied.Load(); int(n) != len(files)+4 { // four are in Go
		t.Errorf("got %d migrations in all, want each of %d once", n, len(files))
	}
}

func TestOpenRefusesWithoutRepeating(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"postgres://u:hunter2@host:port/db", "://hunter2",
		"postgres://u:hunter2@h/db?sslmode=hunter2",
		"host=h password='hunter2 user=u", "postgres://u:hunter2%zz@h/db",
		"postgres://u:hunter2@h/db?pool_max_conns=hunter2"} {
		_, err := postgres.Open(context.Background(), address)
		wantCode(t, err, problem.Invalid, "database_url_invalid")
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats the URL: %v", err)
		}
	}
}

// A server stops and starts again. Until it is back the store is Unavailable, and errors
// have nothing of the URL. Then the same store works as before.
func TestServerGoesAndComesBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.NewServer(t)
	u, err := url.Parse(server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), "hunter2")
	s := open(t, u.String())
	migrate(t, s)
	put := func(name string) error {
		return s.Update(ctx, func(tx tenancy.Tx) error { return tx.InsertSetting(ctx, name, nil) })
	}
	if err := put("before"); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	start := time.Now()
	_, migrating := s.Migrate(ctx)
	for name, err := range map[string]error{
		"update": put("meanwhile"), "ready": s.Ready(ctx), "migrate": migrating,
		"view": s.View(ctx, func(tx tenancy.Reader) error {
			_, err := tx.Organization(ctx, tenancy.RootID)
			return err
		}),
	} {
		if !errors.Is(err, problem.Unavailable) {
			t.Errorf("%s: got %v, want unavailable", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") ||
			strings.Contains(err.Error(), "postgres://")) {
			t.Errorf("%s: the error repeats the URL: %v", name, err)
		}
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v to find out", took)
	}
	server.Start()
	if err := s.Ready(ctx); err != nil {
		t.Errorf("ready again: %v", err)
	}
	if err := put("after"); err != nil {
		t.Errorf("update again: %v", err)
	}
	err = s.Update(ctx, func(tx tenancy.Tx) error {
		_, first := tx.Setting(ctx, "before")
		_, second := tx.Setting(ctx, "after")
		return errors.Join(first, second)
	})
	if err != nil {
		t.Errorf("what was stored: %v", err)
	}
}

// A database may write times in its own format. What is read must not depend on it.
func TestDateStyle(t *testing.T) {
	t.Parallel()
	ctx, address := context.Background(), storetest.PostgresURL(t)
	admin, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"datestyle = 'SQL, DMY'", "timezone = 'Asia/Kolkata'"} {
		_, err := admin.Exec(ctx,
			`DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || quote_ident(current_database()) || $x$ SET `+setting+
				`$x$; END $$`)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := admin.Close(ctx); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	at := time.Date(2026, 11, 22, 3, 44, 10, 895e6, time.UTC)
	o := tenancy.Organization{Name: "a", State: tenancy.OrganizationActive, CreatedAt: at, UpdatedAt: at}
	if err := s.Update(ctx, func(tx tenancy.Tx) error { return tx.InsertOrganization(ctx, &o) }); err != nil {
		t.Fatal(err)
	}
	err = s.View(ctx, func(tx tenancy.Reader) error {
		page, _, err := tx.Organizations(ctx, tenancy.ListParams{Limit: 1})
		if err == nil && (len(page) != 1 || !page[0].CreatedAt.Equal(at)) {
			t.Errorf("got %+v, want one of %v", page, at)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
