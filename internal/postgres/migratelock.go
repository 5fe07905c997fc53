// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pressly/goose/v3/lock"
)

// How long a start waits for others that migrate, and how often it asks.
const (
	migrateWait = 10 * time.Minute
	migrateAsk  = time.Second
)

// migrateLock lets one program migrate at a time, by a lock of a transaction on a connection
// of its own. A lock of a session would be stranded by a pooler that hands the session to
// somebody else. The key is that of goose, which earlier versions used.
type migrateLock struct {
	db      *sql.DB
	tx      *sql.Tx
	waiting func() // called once if somebody else has the lock; may be nil
}

var _ lock.SessionLocker = (*migrateLock)(nil)

// SessionLock implements lock.SessionLocker.
func (l *migrateLock) SessionLock(ctx context.Context, _ *sql.Conn) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, migrateWait,
		errors.New("another program has been migrating for 10 minutes"))
	defer cancel()
	// A transaction ends with its context, and this one outlives the call.
	tx, err := l.db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if _, err = tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
		return err
	}
	for first := true; ; first = false {
		var locked bool
		row := tx.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock($1)", lock.DefaultLockID)
		if err = row.Scan(&locked); err != nil {
			return err
		}
		if locked {
			l.tx = tx
			return nil
		}
		if first && l.waiting != nil {
			l.waiting()
			l.waiting = nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(migrateAsk):
		}
	}
}

// SessionUnlock implements lock.SessionLocker.
func (l *migrateLock) SessionUnlock(context.Context, *sql.Conn) error { return l.tx.Rollback() }
