// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"time"

	"gatehouse/internal/datafolder"
	"gatehouse/internal/sqltext"
)

// Path returns the absolute path of the database file.
func (s *Store) Path() string { return s.path }

// Export writes the database, as it is now, to a new file that only its owner can read. Others
// go on reading and writing. The copy has no log next to it, and nothing of what was deleted.
// A file with this name is always complete and durable, also after a crash; an existing one is
// an error. progress, which may be nil, is called about twice a second with the bytes written
// and about how many there will be.
func (s *Store) Export(ctx context.Context, path string, progress func(done, total int64)) (err error) {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	if _, err := os.Lstat(path); err == nil {
		return &os.PathError{Op: "write", Path: path, Err: os.ErrExist}
	}
	temp, err := datafolder.NewTemp(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, temp.Remove()) }()
	file := temp.Path("copy.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	if err := s.vacuumInto(ctx, file, progress); err != nil {
		s.health.note(err, false)
		return driverError("copy the database", err)
	}
	if err := datafolder.SyncFile(file); err != nil {
		return err
	}
	return datafolder.Place(file, path, false)
}

func (s *Store) vacuumInto(ctx context.Context, file string, progress func(done, total int64)) error {
	c := s.newConn(exporting)
	defer c.drop()
	q, err := c.prepared("SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size")
	if err != nil {
		return err
	}
	var total int64
	if err := q.query(ctx, func(row sqltext.Row) error { return row.Scan(&total) }); err != nil {
		return err
	}
	stop := report(file, total, progress)
	defer stop()
	return c.doContext(ctx, "VACUUM INTO ?1", file)
}

// report calls progress while a file grows.
func report(file string, total int64, progress func(done, total int64)) (stop func()) {
	if progress == nil {
		return func() {}
	}
	ticker, end, ended := time.NewTicker(500*time.Millisecond), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
				if info, err := os.Stat(file); err == nil {
					progress(min(info.Size(), total), total)
				}
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(end)
		<-ended
	}
}

// doContext runs a statement once, until ctx is done.
func (c *conn) doContext(ctx context.Context, query string, args ...any) error {
	s, err := c.prepared(query)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, args...)
	if ctx.Err() != nil && !errors.Is(err, driver.ErrBadConn) && !errors.Is(err, ctx.Err()) {
		return errors.Join(ctx.Err(), err)
	}
	return err
}
