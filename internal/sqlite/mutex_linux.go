// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite locks its connection at every call, and reading one row makes three
// calls for each column. On Linux the driver leaves that to its C library, where
// a lock and an unlock each look the mutex up in a map that all share. So SQLite
// gets mutexes of Go's here, as the driver itself gives it on other systems
// (https://sqlite.org/c3ref/mutex_methods.html), and none for a connection: it is
// used by one goroutine at a time, which is what SQLite calls multi-thread
// (https://sqlite.org/threadsafe.html). What connections share stays locked.

// A handle is what SQLite takes for a pointer to a mutex. Those it asks for by a
// number have this number; its 1 is for what one thread may lock twice.
const ofConnection = uintptr(sqlite3.SQLITE_MUTEX_RECURSIVE)

// mutexes are all there are, by their handles. The first are there from the start.
var mutexes struct {
	sync.Mutex // for changes
	all        atomic.Pointer[[]*sync.Mutex]
	free       []uintptr
}

func mutexOf(handle uintptr) *sync.Mutex { return (*mutexes.all.Load())[handle] }

func allocMutex(_ *libc.TLS, kind int32) uintptr {
	if kind != sqlite3.SQLITE_MUTEX_FAST {
		return uintptr(kind)
	}
	mutexes.Lock()
	defer mutexes.Unlock()
	if last := len(mutexes.free) - 1; last >= 0 {
		handle := mutexes.free[last]
		mutexes.free = mutexes.free[:last]
		return handle
	}
	old := *mutexes.all.Load()
	all := append(old[:len(old):len(old)], &sync.Mutex{})
	mutexes.all.Store(&all)
	return uintptr(len(old))
}

func freeMutex(_ *libc.TLS, handle uintptr) {
	if handle <= sqlite3.SQLITE_MUTEX_STATIC_VFS3 {
		return
	}
	mutexes.Lock()
	defer mutexes.Unlock()
	mutexes.free = append(mutexes.free, handle)
}

func enterMutex(_ *libc.TLS, handle uintptr) {
	if handle != ofConnection {
		mutexOf(handle).Lock()
	}
}

func tryMutex(_ *libc.TLS, handle uintptr) int32 {
	if handle != ofConnection && !mutexOf(handle).TryLock() {
		return sqlite3.SQLITE_BUSY
	}
	return sqlite3.SQLITE_OK
}

func leaveMutex(_ *libc.TLS, handle uintptr) {
	if handle != ofConnection {
		mutexOf(handle).Unlock()
	}
}

var mutexMethods = sqlite3.Tsqlite3_mutex_methods{
	FxMutexInit:  callable(func(*libc.TLS) int32 { return sqlite3.SQLITE_OK }),
	FxMutexEnd:   callable(func(*libc.TLS) int32 { return sqlite3.SQLITE_OK }),
	FxMutexAlloc: callable(allocMutex),
	FxMutexFree:  callable(freeMutex),
	FxMutexEnter: callable(enterMutex),
	FxMutexTry:   callable(tryMutex),
	FxMutexLeave: callable(leaveMutex),
	// Asked by assertions alone, which are not compiled in.
	FxMutexHeld:    callable(func(*libc.TLS, uintptr) int32 { return 1 }),
	FxMutexNotheld: callable(func(*libc.TLS, uintptr) int32 { return 1 }),
}

// callable gives a function as the translated C calls it through a pointer: one
// that is never freed, as those above.
func callable[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// ownMutexes is whether SQLite has taken them. It does not when a connection was
// opened before; then all goes on with the driver's.
var ownMutexes = giveMutexes()

func giveMutexes() bool {
	static := make([]*sync.Mutex, sqlite3.SQLITE_MUTEX_STATIC_VFS3+1)
	for i := range static {
		static[i] = &sync.Mutex{}
	}
	mutexes.all.Store(&static)
	tls := libc.NewTLS()
	defer tls.Close()
	args := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(uintptr(0))))
	if args == 0 {
		return false
	}
	defer libc.Xfree(tls, args)
	methods := uintptr(unsafe.Pointer(&mutexMethods)) // SQLite copies them
	return sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_MUTEX, libc.VaList(args, methods)) == sqlite3.SQLITE_OK &&
		// Now, by one thread: what it locks for that is of the kind that is not locked.
		sqlite3.Xsqlite3_initialize(tls) == sqlite3.SQLITE_OK
}
