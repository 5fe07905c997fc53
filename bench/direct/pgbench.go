// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/bench/load"
)

// scripts returns pgbench's yardsticks; none where it is not on the machine.
func (s *postgres) scripts() []Yardstick {
	program, err := findPgbench()
	if err != nil {
		return nil
	}
	fixed := func(operation, text string) Yardstick {
		return Yardstick{Operation: operation, Name: Pgbench,
			Run: func(ctx context.Context, connections int, d time.Duration) (Result, error) {
				r := run{program: program, config: s.config, script: text, clients: connections,
					limit: forTime(d, connections)}
				result, _, err := r.do(ctx)
				return result, err
			}}
	}
	return []Yardstick{
		fixed(Organization, readScript(s.active, pgOrganization)),
		fixed(Request, readScript(s.every, pgRequest)),
		fixed(Reveal, s.revealScript()),
		fixed(Generate, s.generateScript()),
		fixed(Renew, s.renewScript()),
		fixed(Enrol, enrolScript(len(s.data.Codes))),
		fixed(EnrolOne, enrolScript(1)),
		fixed(VerifyCode, readsScript(len(s.data.Codes), scriptDigest, pgCode, pgOrganizationOfCode)),
		fixed(Token, readsScript(len(s.data.Clients), scriptClient, pgClient, pgOrganizationOfClient)),
		fixed(Introspect, readsScript(len(s.data.Clients), scriptClient, pgEnded, pgClient,
			pgOrganizationOfClient)),
		{Operation: Approve, Name: Pgbench, Run: func(ctx context.Context, connections int,
			d time.Duration) (Result, error) {
			return s.approveByPgbench(ctx, program, connections, d)
		}},
	}
}

// forTime lets pgbench run for a time, in whole seconds, and some more to warm up.
func forTime(d time.Duration, clients int) []string {
	return []string{"-T", strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))) + 1 + clients/32)}
}

// findPgbench looks on PATH and where Debian keeps it.
func findPgbench() (string, error) {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path, nil
	}
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(all) == 0 {
		return "", errors.Join(err, exec.ErrNotFound)
	}
	best := all[0]
	for _, path := range all {
		if len(path) > len(best) || len(path) == len(best) && path > best { // 15 is more than 9
			best = path
		}
	}
	return best, nil
}

// approveByPgbench approves for d, or all that are left. Clients that had nothing
// left to do would spoil the result: then it counts again, all requests once.
func (s *postgres) approveByPgbench(ctx context.Context, program string, connections int,
	d time.Duration) (Result, error) {
	u := &s.undecided
	if u.scarce() {
		if err := s.with(ctx, s.refill); err != nil {
			return Result{}, err
		}
	}
	r := run{program: program, config: s.config, script: s.approveScript(u.next, connections),
		clients: connections,
		limit:   forTime(d, connections), variables: []string{"-D", "n=0"}}
	before, _, err := s.approved(ctx)
	if err != nil {
		return Result{}, err
	}
	result, done, err := r.do(ctx)
	if err != nil {
		return result, err
	}
	after, next, err := s.approved(ctx)
	if err != nil {
		return result, err
	}
	u.start(next)
	if after-before == done {
		return result, nil
	}
	if err := s.with(ctx, s.refill); err != nil {
		return result, err
	}
	r.script, r.limit = s.approveScript(0, connections), []string{"-t",
		strconv.Itoa(max(1, int(u.count)/connections))}
	result, _, err = r.do(ctx)
	u.start(u.count)
	return result, err
}

// approved counts the approved ones of the sample, and returns the number that follows them.
func (s *postgres) approved(ctx context.Context) (n int, next int64, err error) {
	u := &s.undecided
	err = s.with(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT count(*), coalesce((max(id) - $1) / $3 + 1, 0) FROM requests
			WHERE id BETWEEN $1 AND $2 AND (id - $1) % $3 = 0 AND status = 'approved'`, u.first, u.last(), u.step).Scan(&n, &next)
	})
	return n, next, err
}

// run is one run of pgbench.
type run struct {
	program   string
	config    *pgx.ConnConfig
	script    string
	clients   int
	limit     []string // how long, or how often
	variables []string
}

// do runs it and returns the result of its warm part, and how many transactions
// there were in all.
func (r run) do(ctx context.Context) (result Result, done int, err error) {
	folder, err := os.MkdirTemp("", "gatehouse-pgbench-")
	if err != nil {
		return Result{}, 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file, log := filepath.Join(folder, "script.sql"), filepath.Join(folder, "log")
	if err := os.WriteFile(file, []byte(r.script), 0o600); err != nil {
		return Result{}, 0, err
	}
	args := append([]string{"-n", "-f", file, "-M", "prepared", "-c", strconv.Itoa(r.clients), "-j",
		strconv.Itoa(min(2, r.clients)),
		"--log", "--log-prefix", log}, append(r.limit, r.variables...)...)
	cmd := exec.CommandContext(ctx, r.program, args...)
	cmd.Env = r.environment()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil {
		return Result{}, 0, fmt.Errorf("pgbench: %w\n%s", err, tail(errs.String()))
	}
	list, err := readLog(log)
	if err != nil {
		return Result{}, 0, err
	}
	return summary(list, r.clients), len(list), nil
}

// environment leads to the database: a password has no place among arguments.
func (r run) environment() []string {
	var env []string
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "PG") && !strings.HasPrefix(line, "LC_") && !strings.HasPrefix(line, "LANG") {
			env = append(env, line)
		}
	}
	c := r.config
	env = append(env, "LC_ALL=C", "PGHOST="+c.Host, "PGPORT="+strconv.Itoa(int(c.Port)), "PGUSER="+c.User,
		"PGPASSWORD="+c.Password, "PGDATABASE="+c.Database)
	if c.TLSConfig == nil {
		env = append(env, "PGSSLMODE=disable")
	}
	return env
}

// tail is the end of a long text.
func tail(text string) string { return text[max(0, len(text)-2000):] }

// transaction is a line of the log.
type transaction struct {
	client int
	ended  time.Time
	took   time.Duration
}

// readLog reads the logs of all threads: client, number, microseconds, script, and
// when it ended, in seconds and microseconds.
func readLog(prefix string) (list []transaction, err error) {
	files, err := filepath.Glob(prefix + ".*")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(content)) {
			var t transaction
			var number, took, script, second, micro int64
			if _, err := fmt.Sscan(line, &t.client, &number, &took, &script, &second, &micro); err != nil {
				return nil, fmt.Errorf("pgbench's log has the line %q: %w", line, err)
			}
			t.took, t.ended = time.Duration(took)*time.Microsecond, time.Unix(second, micro*1000)
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b transaction) int { return a.ended.Compare(b.ended) })
	return list, nil
}

// summary counts from when every client was warm, or all when one never was.
func summary(list []transaction, clients int) Result {
	if len(list) == 0 {
		return Result{}
	}
	did, cold, first := make([]int, clients), clients, 0
	for i, t := range list {
		if did[t.client]++; did[t.client] == warmSteps {
			if cold--; cold == 0 {
				first = i + 1
			}
		}
	}
	began := list[0].ended.Add(-list[0].took)
	if first > 0 && first < len(list) {
		began, list = list[first-1].ended, list[first:]
	}
	r := Result{Requests: len(list), Elapsed: list[len(list)-1].ended.Sub(began)}
	var latency load.Histogram
	for _, t := range list {
		latency.Add(t.took)
	}
	r.P50, r.P99 = latency.Quantile(0.50), latency.Quantile(0.99)
	return r
}
