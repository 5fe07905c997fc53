// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Usage reads the processor time of a server, and of the processes of PostgreSQL that work for
// it, to the microsecond.
type Usage struct {
	server     *Process
	postmaster int // 0: no PostgreSQL
}

// NewUsage returns the usage of a server; database is its URL, empty for SQLite.
func NewUsage(ctx context.Context, server *Process, database string) (*Usage, error) {
	u := &Usage{server: server}
	if database == "" {
		return u, nil
	}
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var backend int
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return nil, err
	}
	fields, err := statOf(backend)
	if err != nil {
		return nil, err
	}
	u.postmaster, err = strconv.Atoi(fields[parent])
	return u, err
}

// CPU returns the processor time that was used until now. The time of parallel workers is in
// that of the postmaster's children that have ended.
func (u *Usage) CPU() (total time.Duration) {
	total = scheduled(u.server.ID())
	if u.postmaster == 0 {
		return total
	}
	if fields, err := statOf(u.postmaster); err == nil {
		total += ticks(fields[endedUser]) + ticks(fields[endedSystem])
	}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, path := range processes {
		id, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		if fields, err := statOf(id); err != nil || fields[parent] != strconv.Itoa(u.postmaster) {
			continue
		}
		title, err := os.ReadFile(path + "/cmdline")
		if err == nil && bytes.Contains(title, []byte("127.0.0.1(")) { // a connection
			total += scheduled(id)
		}
	}
	return total
}

// scheduled returns the time that all threads of a process had a processor.
func scheduled(id int) (total time.Duration) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", id))
	for _, path := range threads {
		if text, err := os.ReadFile(path); err == nil {
			nanoseconds, _, _ := strings.Cut(string(text), " ")
			n, _ := strconv.ParseInt(nanoseconds, 10, 64)
			total += time.Duration(n)
		}
	}
	return total
}

// The places of fields of statOf.
const (
	parent, user, system   = 1, 11, 12
	endedUser, endedSystem = 13, 14 // of children that have ended
)

// tick is the unit of CPU time in /proc; Linux has had 100 a second on every
// machine Go runs on.
const tick = time.Second / 100

// ticks returns the time of a field of statOf.
func ticks(field string) time.Duration {
	n, _ := strconv.ParseInt(field, 10, 64) // the kernel writes numbers
	return time.Duration(n) * tick
}

// statOf returns the fields of a process after its name, which is in brackets and may hold any
// character.
func statOf(id int) ([]string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) <= endedSystem {
		return nil, fmt.Errorf("/proc/%d/stat is too short", id)
	}
	return fields, nil
}
