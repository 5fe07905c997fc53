// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sqlite

// useGoMutexes does nothing where the driver gives SQLite mutexes of Go's by itself.
func useGoMutexes() bool { return false }
