// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"sync"
	"testing"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

func TestSQLiteTakesGoMutexes(t *testing.T) {
	t.Parallel()
	if !useGoMutexes() {
		t.Fatal("SQLite was in use before it was given mutexes")
	}
	tls := libc.NewTLS()
	defer tls.Close()
	if got := sqlite3.Xsqlite3_mutex_alloc(tls, sqlite3.SQLITE_MUTEX_RECURSIVE); got != connectionMutex {
		t.Errorf("a connection's mutex is %d, not connectionMutex", got)
	}
	m := sqlite3.Xsqlite3_mutex_alloc(tls, sqlite3.SQLITE_MUTEX_FAST)
	defer sqlite3.Xsqlite3_mutex_free(tls, m)
	if other := sqlite3.Xsqlite3_mutex_alloc(tls, sqlite3.SQLITE_MUTEX_FAST); other == m {
		t.Error("two mutexes are one")
	} else {
		sqlite3.Xsqlite3_mutex_free(tls, other)
	}
	for _, kind := range []int32{sqlite3.SQLITE_MUTEX_STATIC_MAIN, sqlite3.SQLITE_MUTEX_STATIC_VFS3} {
		if a, b := sqlite3.Xsqlite3_mutex_alloc(tls, kind), sqlite3.Xsqlite3_mutex_alloc(tls, kind); a != b ||
			a == m {
			t.Errorf("of kind %d there are %d and %d", kind, a, b)
		}
	}
}

// TestMutexesExclude locks a mutex that connections share.
func TestMutexesExclude(t *testing.T) {
	t.Parallel()
	useGoMutexes()
	tls := libc.NewTLS()
	defer tls.Close()
	m := allocMutex(tls, sqlite3.SQLITE_MUTEX_FAST)
	defer freeMutex(tls, m)
	enterMutex(tls, m)
	if tryMutex(tls, m) != sqlite3.SQLITE_BUSY {
		t.Error("a mutex was entered twice")
	}
	leaveMutex(tls, m)
	n := 0
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 1000 {
				enterMutex(tls, m)
				n++
				leaveMutex(tls, m)
				freeMutex(tls, allocMutex(tls, sqlite3.SQLITE_MUTEX_FAST)) // changes the table of all mutexes
			}
		})
	}
	group.Wait()
	if n != 8000 {
		t.Errorf("got %d", n)
	}
	if tryMutex(tls, m) != sqlite3.SQLITE_OK {
		t.Error("a mutex that was left cannot be entered")
	}
	leaveMutex(tls, m)
}

// TestConnectionsAreNotLocked enters the mutex of a connection twice.
func TestConnectionsAreNotLocked(t *testing.T) {
	t.Parallel()
	tls := libc.NewTLS()
	defer tls.Close()
	enterMutex(tls, connectionMutex)
	enterMutex(tls, connectionMutex)
	if tryMutex(tls, connectionMutex) != sqlite3.SQLITE_OK {
		t.Error("not entered again")
	}
}
