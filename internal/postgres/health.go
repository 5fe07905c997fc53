// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// probeEvery is how often Ready tries to write while the last write was refused.
const probeEvery = 500 * time.Millisecond

// probeSize is how much the try needs. What is less fits into room that tables have anyway, and
// says nothing about a disk that was full.
const probeSize = 64 << 10

// health is what the Updates of a Store have seen of the server's disks.
type health struct {
	// refused is the server's error of the last write, and nil after a try that worked.
	refused   atomic.Pointer[problem.Error]
	lastProbe atomic.Int64 // Unix nanoseconds
}

// note keeps an error that the next write will meet, too.
func (h *health) note(err error) {
	if text, lasts := Lasting(err); lasts && writeRefused(err) {
		h.refused.Store(problem.DatabaseUnavailable(
			fmt.Errorf("the last write was refused: %s: %w", text, err)))
	}
}

// writeRefused reports whether the server is there, and took no change.
func writeRefused(err error) bool {
	switch code(err) {
	case diskFull, ioError, readOnlyTransaction, insufficientPrivilege:
		return true
	}
	return false
}

// Lasting returns the words for an error of the server that lasts until somebody does something
// about it, and reports whether err is one.
func Lasting(err error) (text string, lasts bool) {
	switch code(err) {
	case diskFull:
		return "the disk of the database is full", true
	case ioError:
		return "the disk of the database fails", true
	case readOnlyTransaction:
		return "the database is read-only: it is a standby, or default_transaction_read_only is on", true
	case insufficientPrivilege:
		return "the database's user may not do this: make it the owner of the database and its tables", true
	case invalidPassword, invalidAuthorization:
		return "the database refuses this user or password", true
	case noSuchDatabase:
		return "there is no such database: create it, empty", true
	}
	return poolerCause(err)
}

// writable returns the error of the last write, after it has tried another one.
func (s *Store) writable(ctx context.Context) error {
	if s.health.refused.Load() == nil {
		return nil
	}
	now, last := time.Now().UnixNano(), s.health.lastProbe.Load()
	if now-last >= int64(probeEvery) && s.health.lastProbe.CompareAndSwap(last, now) {
		switch err := s.updateAlone(ctx, func(t tenancy.Tx) error { return t.(*tx).probe(ctx) }); {
		case errors.Is(err, errProbed):
			s.health.refused.Store(nil)
		case !writeRefused(err):
			return err
		}
	}
	if p := s.health.refused.Load(); p != nil {
		return p
	}
	return nil
}

// errProbed ends a try that worked. Nothing of it stays.
var errProbed = errors.New("the database can be written")

// probe writes as much as needs room of its own.
func (t *tx) probe(ctx context.Context) error {
	content := make([]byte, probeSize)
	_, _ = rand.Read(content) // never fails; it cannot be compressed
	name := fmt.Sprintf("probe %x", content[:16])
	if _, err := t.exec(ctx, "try to write", "INSERT INTO settings (name, value) VALUES ($1, $2)", name,
		content); err != nil {
		return err
	}
	return errProbed
}
