// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// writeSetting makes one Update that writes as many bytes and a few.
func writeSetting(t *testing.T, s *Store, name string, size int) {
	t.Helper()
	err := s.Update(context.Background(), func(x tenancy.Tx) error {
		return x.InsertSetting(context.Background(), name, make([]byte, size))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The log goes into the database long before the writer itself would see to it.
func TestLogIsCopiedBesideTheWriter(t *testing.T) {
	t.Parallel()
	s := opened(t)
	const size, n = 1 << 20, copyEvery*4096>>20 + 1
	for i := range n {
		writeSetting(t, s, fmt.Sprint(i), size)
	}
	waitForSize(t, s, n*size/2)
}

// A short log goes into the database, too, when it has become old.
func TestOldLogIsCopied(t *testing.T) {
	t.Parallel()
	s := opened(t)
	s.writer.copied = time.Now().Add(-copyAfter)
	writeSetting(t, s, "name", 1<<20)
	waitForSize(t, s, 1<<20)
}

// waitForSize waits until the database without its log has so many bytes.
func waitForSize(t *testing.T, s *Store, size int64) {
	t.Helper()
	for range 400 {
		info, err := os.Stat(s.path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > size {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the log was not copied")
}

// When the checkpointer has copied nearly all, the writer copies the rest, and the log
// begins again.
func TestWriterCopiesTheRestOfTheLog(t *testing.T) {
	t.Parallel()
	s := opened(t)
	const size = 1 << 20
	writeSetting(t, s, "long", size)
	s.writer.copier.rest.Store(true)
	writeSetting(t, s, "rest", 1)
	for s.writer.copier.rest.Load() { // the writer copies after it has answered
		time.Sleep(time.Millisecond)
	}
	writeSetting(t, s, "again", 1)
	c := s.newConn(copying)
	defer c.drop()
	query, err := c.prepared("PRAGMA wal_checkpoint(PASSIVE)")
	if err != nil {
		t.Fatal(err)
	}
	var busy, pages, copied int
	err = query.query(context.Background(), func(row sqltext.Row) error {
		return row.Scan(&busy, &pages,
			&copied)
	})
	if err != nil || pages == 0 || pages > size/4096 {
		t.Errorf("%v, and the log has %d pages", err, pages)
	}
}
