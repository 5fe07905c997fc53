// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	sqlite3 "modernc.org/sqlite/lib"

	"gatehouse/internal/listmemory"
	"gatehouse/internal/migration"
	"gatehouse/internal/problem"
	"gatehouse/internal/span"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Store is a tenancy.Store in one SQLite file. Other processes may have the same file
// open, each with its own Store.
type Store struct {
	path    string
	driver  driver.Driver
	writer  *writer
	memory  map[string]*listmemory.Memory // of lists, by table
	readers *pool                         // the connections that no View uses
	// for Views that begin with a list; other Views do not wait for them
	listers  *pool
	limits   limits
	mu       sync.RWMutex
	closed   bool
	notes    migration.Notes // of the last Migrate
	health   health
	running  sync.WaitGroup
	onceOnly sync.Once
}

var _ tenancy.Store = (*Store)(nil)

// Open opens the file, and creates it, readable by its owner alone, when it is
// not there. It does not migrate: see Migrate. Unavailable when the file cannot
// be opened, Conflict (foreign_database) when it is the database of another program.
func Open(_ context.Context, path string) (*Store, error) {
	useGoMutexes()
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, driverError("find the database file", err)
	}
	// SQLite would create the file with the umask's permissions. The files next to it
	// (-wal, -shm) get the permissions of the main one. An existing file is not opened
	// here: closing it would drop the locks that another Store of this process has on it.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, problem.DatabaseUnavailable(fmt.Errorf("create the database file: %w", err))
	}
	db, err := sql.Open("sqlite", "") // connects to nothing
	if err != nil {
		return nil, driverError("find the driver", err)
	}
	s := &Store{path: path, driver: db.Driver(), limits: limits{listCPU, pageCPU},
		health: health{dir: filepath.Dir(path)}, memory: map[string]*listmemory.Memory{"requests": listmemory.New(),
			"organizations": listmemory.New()}}
	if err := errors.Join(db.Close(), s.connect()); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Store) connect() error {
	// First without writing: a connection that writes changes the journal mode, which is
	// stored in the file, and the file may be another program's.
	first := s.newConn(reading)
	defer first.drop()
	if err := recognise(first); err != nil {
		return err
	}
	write := s.newConn(writing)
	if err := recognise(write); err != nil { // opens the log, so that it stays next to the file
		write.drop()
		return err
	}
	cores := runtime.GOMAXPROCS(0)
	open := func() *conn { return s.newConn(reading) }
	s.readers, s.listers = newPool(min(8, max(4, cores)), open), newPool(min(4, max(2, cores)), open)
	s.writer = newWriter(write, newCheckpointer(s.newConn(copying)))
	return nil
}

// newConn returns a connection that opens when it is first used.
func (s *Store) newConn(p purpose) *conn {
	return &conn{open: func() (driver.Conn, error) { return s.driver.Open(dsn(s.path, p)) }, health: &s.health}
}

// applicationID marks a file as ours ("GTHS"). The first migration writes it.
const applicationID = 0x47544853

// ErrNoDatabase says that a file is not one of SQLite's.
var ErrNoDatabase = errors.New("the file is not a database")

// recognise refuses the file of another program.
func recognise(c *conn) error {
	var id, tables int
	// A first migration that was cut short may have left goose's table alone.
	s, err := c.prepared(`SELECT application_id,
		(SELECT count(*) FROM sqlite_schema WHERE tbl_name NOT IN ('goose_db_version', 'sqlite_sequence'))
		FROM pragma_application_id`)
	if err == nil {
		err = s.query(context.Background(), func(row sqltext.Row) error { return row.Scan(&id, &tables) })
	}
	if malformed(err) && code(err)&0xff == sqlite3.SQLITE_CORRUPT { // else it is no database at all
		return damagedFile(err)
	}
	if err != nil && code(err)&0xff == sqlite3.SQLITE_NOTADB {
		return fmt.Errorf("%w: %w", ErrNoDatabase, driverError("open the database", err))
	}
	if err != nil {
		return driverError("open the database", err)
	}
	if id != applicationID && (id != 0 || tables > 0) {
		return problem.ForeignDatabase()
	}
	return nil
}

// purpose is what a connection is for.
type purpose int

const (
	reading purpose = iota
	writing
	copying // the log into the database
	migrating
	exporting // into another file
	detaching // the file from its log
)

// dsn returns the driver's name of the file, with the settings of a connection.
func dsn(path string, p purpose) string {
	q := url.Values{}
	q.Set("_busy_timeout", "5000") // another process may be writing, or migrating
	q.Set("_dqs", "0")             // "x" is a column, never text
	q.Set("_defensive", "1")
	q.Set("_error_rc", "1") // error texts without the message of an older error
	q["_pragma"] = []string{"trusted_schema(OFF)", "temp_store(MEMORY)"}
	switch p {
	case reading:
		q.Set("mode", "ro")
		q.Set("_query_only", "1")
		q.Add("_pragma", "cache_size(-3072)") // KiB; what is not in it is in the system's cache
	case exporting:
		q.Set("mode", "ro") // and yet it writes the other file
	case detaching:
		q.Set("_journal_mode", "DELETE")
		q.Set("_synchronous", "FULL")
	case writing, copying, migrating:
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", "FULL") // a code that was handed out survives a power cut
		q.Set("_foreign_keys", "1")
		q.Add("_pragma", "cache_size(-24576)")
		q.Add("_pragma", "secure_delete(ON)")            // forgotten secrets leave the file
		q.Add("_pragma", "journal_size_limit(67108864)") // bytes of the log that remain after a rush
		q.Add("_pragma", fmt.Sprintf("wal_autocheckpoint(%d)", longLog))
	}
	if p == migrating {
		q.Set("_txlock", "immediate")
		q.Set("_foreign_keys", "0") // SQLite rebuilds tables to alter them; Migrate checks afterwards
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return u.String()
}

// enter counts a running call, unless the store is closed. The caller ends it with
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

// Update implements tenancy.Store. fn runs on the caller's goroutine. An Update within an
// Update would wait for itself for ever.
func (s *Store) Update(ctx context.Context, fn func(tenancy.Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	if err := s.health.damaged(); err != nil {
		return err
	}
	return s.writer.update(ctx, fn)
}

// View implements tenancy.Store. It waits when all connections are in use, until
// ctx is done.
func (s *Store) View(ctx context.Context, fn func(tenancy.Reader) error) error {
	return s.view(ctx, true, func(t *tx) error { return fn(t) })
}

// Read implements tenancy.Store: what needs one statement runs it alone.
func (s *Store) Read(ctx context.Context, fn func(tenancy.Reader) error) error {
	return s.view(ctx, false, func(t *tx) error { return fn(t) })
}

func (s *Store) view(ctx context.Context, whole bool, fn func(*tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	if err := ctx.Err(); err != nil {
		return problem.DatabaseUnavailable(err)
	}
	t := &tx{store: s, waitCtx: ctx, oneState: whole, span: span.From(ctx)}
	defer t.leave()
	return fn(t)
}

// Commits returns the number of transactions that were committed for Updates. It is less
// than the number of Updates if some shared a commit.
func (s *Store) Commits() int64 { return s.writer.commits.Load() }

// Close implements tenancy.Store. It waits for Updates and Views that have begun. Later
// calls are Unavailable.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.running.Wait()
	s.onceOnly.Do(func() {
		// The readers first: the last connection of all to close brings the
		// file up to date and removes the log, and only a writing one can.
		s.readers.close()
		s.listers.close()
		s.writer.close()
	})
	return nil
}
