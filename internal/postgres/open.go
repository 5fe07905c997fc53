// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gatehouse/internal/listmemory"
	"gatehouse/internal/migration"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// How long things may take. A URL may set the first three otherwise, as
// statement_timeout, lock_timeout and idle_in_transaction_session_timeout.
const (
	statementLimit = "30s" // one statement
	lockLimit      = "10s" // waiting for one lock
	idleLimit      = "60s" // a transaction without statements: a program that hangs
	connectLimit   = 5 * time.Second
	acquireLimit   = 10 * time.Second // waiting for a free connection
	writeWait      = 3 * time.Second  // waiting for other Updates to end; see writeSlots
	endLimit       = 10 * time.Second // ROLLBACK, which a cancelled caller does not cut off
	commitLimit    = 25 * time.Second // COMMIT and what goes with it, which may wait for a lock; likewise
)

// defaultConns is the size of the pool unless the URL says pool_max_conns.
const defaultConns = 16

// Store is a tenancy.Store in a PostgreSQL database. Any number of processes may
// use the same one.
type Store struct {
	pool        *pgxpool.Pool
	watch       *hostWatch // nil unless the URL has several hosts
	mu          sync.RWMutex
	closed      bool
	notes       migration.Notes // of the last Migrate
	running     sync.WaitGroup
	health      health
	reads       readQueue
	writes      chan struct{} // the Updates that run, as many as writeSlots
	queues      queues
	memory      map[string]*listmemory.Memory // caches of lists, by table; see remember.go
	sizes       map[string]*tableSize         // of the same tables
	answerLimit time.Duration                 // what a round trip may take
	maxCost     float64                       // of a list's statement; maxCost unless a test has another one
}

var _ tenancy.Store = (*Store)(nil)

// Open prepares connections to the database of a URL (postgres://…, with
// several hosts for fail-over); it neither connects nor migrates, but it begins to ask
// several hosts which of them is the primary. Invalid when
// the URL cannot be understood: the error does not repeat it, since it may hold
// a password.
func Open(ctx context.Context, url string) (*Store, error) { return open(ctx, url, serverName) }

// OpenToMove is Open for a program that is no server: ServersAt does not count it.
func OpenToMove(ctx context.Context, url string) (*Store, error) { return open(ctx, url, moverName) }

// The names that PostgreSQL shows of our connections, unless the URL has one.
const (
	serverName = "gatehouse"
	moverName  = "gatehouse migrate"
)

func open(ctx context.Context, url, name string) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The cause is left out because it repeats the URL, and hides the
		// password only as well as it can be made out.
		return nil, problem.DatabaseURLInvalid()
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = defaultConns
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectLimit
	}
	if config.PingTimeout == 0 {
		config.PingTimeout = connectLimit
	}
	// A server that is gone without a word is noticed within half a minute.
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second,
		Interval: 5 * time.Second, Count: 3}}
	config.ConnConfig.DialFunc = dialer.DialContext
	setSession(config, name)
	config.ConnConfig.OnNotice = noteUnreplicated
	var watch *hostWatch
	if len(hostsOf(config.ConnConfig)) > 1 {
		watch = watchPrimary(config, dialer)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		watch.close()
		return nil, driverError("open the database", err)
	}
	memory := map[string]*listmemory.Memory{"requests": listmemory.New(), "organizations": listmemory.New()}
	return &Store{pool: pool, watch: watch, reads: readQueue{maxConns: maxSharedConns()},
		answerLimit: answerLimit(config.ConnConfig.RuntimeParams["statement_timeout"]),
		writes:      make(chan struct{}, writeSlots(config.MaxConns)), memory: memory,
		sizes: map[string]*tableSize{"requests": {}, "organizations": {}}, maxCost: maxCost,
		queues: queues{longest: maxGroupTime}}, nil
}

// setSession sets what each connection is checked for and what answers depend on. The name is what the
// server shows of it.
func setSession(config *pgxpool.Config, name string) {
	limit(config.ConnConfig, "statement_timeout", statementLimit)
	limit(config.ConnConfig, "lock_timeout", lockLimit)
	limit(config.ConnConfig, "idle_in_transaction_session_timeout", idleLimit)
	limit(config.ConnConfig, "application_name", name)
	// The estimated cost of a list is then the work that it is, and not a part of that.
	limit(config.ConnConfig, "max_parallel_workers_per_gather", "0")
	limit(config.ConnConfig, "client_encoding", "UTF8")
	config.AfterConnect = checkSession
	// Times come as text in lists, and a database may have its own format.
	config.ConnConfig.RuntimeParams["datestyle"] = "ISO"
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
}

// limit sets a parameter of the session unless the URL does.
func limit(config *pgx.ConnConfig, name, value string) {
	if _, set := config.RuntimeParams[name]; !set {
		config.RuntimeParams[name] = value
	}
}

// enter counts a running call, unless the store is closed. The caller leaves by
// s.running.Done.
func (s *Store) enter() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return problem.DatabaseUnavailable(errors.New("the store is closed"))
	}
	s.running.Add(1)
	return nil
}

// Ready implements tenancy.Store. It does not wait longer than acquireLimit. After a write that the
// server refused it tries one itself, until that works.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	limited, cancel := context.WithTimeout(ctx, acquireLimit)
	defer cancel()
	var current int64
	err := s.pool.QueryRow(limited,
		`SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&current)
	if err != nil && code(err) != undefinedTable {
		return driverError("read the schema's version", err)
	}
	target, err := migration.Newest(migrations)
	if err != nil {
		return driverError("list migrations", err)
	}
	if err := migration.Check(current, target); err != nil {
		return err
	}
	return s.writable(limited)
}

// Close implements tenancy.Store. What comes later is Unavailable.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.running.Wait()
	s.watch.close()
	s.pool.Close()
	return nil
}
