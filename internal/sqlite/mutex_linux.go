// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite locks its connection at every call, and reading one row makes three calls
// for each column. On Linux the driver leaves that to its C library, which looks the
// mutex up in a map that all connections share, once to lock and once to unlock.
//
// Here SQLite gets mutexes of Go's instead, as the driver itself gives it on other
// systems (https://sqlite.org/c3ref/mutex_methods.html), and none for a connection.
// One goroutine at a time uses a connection, which SQLite calls "multi-thread"
// (https://sqlite.org/threadsafe.html). What connections share stays locked.
//
// Why it stays, although it needs unsafe: without it the server needs 10 to 25 % more
// processor time to read one organization, and 11 to 15 % more for a page of a list
// (medians of four runs in turn; docs/decisions/0015).

// SQLite takes a handle for a pointer to a mutex. The handle of a mutex that it asks
// for by number is this number. Number 1 is for a mutex that one thread may lock
// twice; SQLite has one for each connection.
const connectionMutex = uintptr(sqlite3.SQLITE_MUTEX_RECURSIVE)

// mutexes holds all mutexes by their handles. The numbered ones come first.
var mutexes struct {
	sync.Mutex // for changes
	all        atomic.Pointer[[]*sync.Mutex]
	free       []uintptr // handles that are not in use
	methods    sqlite3.Tsqlite3_mutex_methods
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
	if handle != connectionMutex {
		mutexOf(handle).Lock()
	}
}

func tryMutex(_ *libc.TLS, handle uintptr) int32 {
	if handle != connectionMutex && !mutexOf(handle).TryLock() {
		return sqlite3.SQLITE_BUSY
	}
	return sqlite3.SQLITE_OK
}

func leaveMutex(_ *libc.TLS, handle uintptr) {
	if handle != connectionMutex {
		mutexOf(handle).Unlock()
	}
}

func mutexMethods() sqlite3.Tsqlite3_mutex_methods {
	return sqlite3.Tsqlite3_mutex_methods{
		FxMutexInit:  functionPointer(func(*libc.TLS) int32 { return sqlite3.SQLITE_OK }),
		FxMutexEnd:   functionPointer(func(*libc.TLS) int32 { return sqlite3.SQLITE_OK }),
		FxMutexAlloc: functionPointer(allocMutex),
		FxMutexFree:  functionPointer(freeMutex),
		FxMutexEnter: functionPointer(enterMutex),
		FxMutexTry:   functionPointer(tryMutex),
		FxMutexLeave: functionPointer(leaveMutex),
		// Only assertions call these two, and they are not compiled in.
		FxMutexHeld:    functionPointer(func(*libc.TLS, uintptr) int32 { return 1 }),
		FxMutexNotheld: functionPointer(func(*libc.TLS, uintptr) int32 { return 1 }),
	}
}

// functionPointer returns a function as the translated C calls it through a pointer.
// The functions above are never freed, since they capture nothing.
func functionPointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// useGoMutexes installs the mutexes in SQLite, once for the process, and reports whether
// SQLite took them. It does not when another package opened a connection before; then the
// driver's mutexes stay in use.
var useGoMutexes = sync.OnceValue(func() bool {
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
	mutexes.methods = mutexMethods()
	methods := uintptr(unsafe.Pointer(&mutexes.methods)) // SQLite copies them
	return sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_MUTEX,
		libc.VaList(args, methods)) == sqlite3.SQLITE_OK &&
		// Now, while one thread is at work: what it locks is of the kind that is not locked.
		sqlite3.Xsqlite3_initialize(tls) == sqlite3.SQLITE_OK
})
