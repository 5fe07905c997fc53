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
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// scripts gives pgbench's yardsticks; none where it is not on the machine.
func (s *postgres) scripts() []Yardstick {
	program, err := findPgbench()
	if err != nil {
		return nil
	}
	fixed := func(operation, text string, sampling float64) Yardstick {
		return Yardstick{operation, Pgbench, func(ctx context.Context, connections int, d time.Duration) (Result, error) {
			r := run{program: program, config: s.config, script: text, clients: connections, sampling: sampling, limit: []string{"-T", seconds(d)}}
			return r.do(ctx)
		}}
	}
	return []Yardstick{
		fixed(Organization, readScript(s.active, pgOrganization), 0.1),
		fixed(Request, readScript(s.every, pgRequest), 0.1),
		fixed(Reveal, s.revealScript(), 1),
		fixed(Generate, s.generateScript(), 1),
		fixed(Renew, s.renewScript(), 1),
		{Approve, Pgbench, func(ctx context.Context, connections int, d time.Duration) (Result, error) {
			return s.approveByPgbench(ctx, program, connections, d)
		}},
	}
}

// seconds is a time as pgbench takes it, whole.
func seconds(d time.Duration) string { return strconv.Itoa(max(1, int(math.Ceil(d.Seconds())))) }

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
func (s *postgres) approveByPgbench(ctx context.Context, program string, connections int, d time.Duration) (Result, error) {
	u := &s.undecided
	if u.scarce() {
		if err := s.with(ctx, s.refill); err != nil {
			return Result{}, err
		}
	}
	r := run{program: program, config: s.config, script: s.approveScript(u.next, connections), clients: connections, sampling: 1,
		limit: []string{"-T", seconds(d)}, variables: []string{"-D", "n=0"}}
	before, _, err := s.approved(ctx)
	if err != nil {
		return Result{}, err
	}
	result, err := r.do(ctx)
	if err != nil {
		return result, err
	}
	after, next, err := s.approved(ctx)
	if err != nil {
		return result, err
	}
	u.start(next)
	if after-before == result.Requests {
		return result, nil
	}
	if err := s.with(ctx, s.refill); err != nil {
		return result, err
	}
	r.script, r.limit = s.approveScript(0, connections), []string{"-t", strconv.Itoa(max(1, int(u.count)/connections))}
	result, err = r.do(ctx)
	u.start(u.count)
	return result, err
}

// approved counts the approved ones of the sample, and tells which number follows them.
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
	sampling  float64  // of the times
	limit     []string // how long, or how often
	variables []string
}

func (r run) do(ctx context.Context) (result Result, err error) {
	folder, err := os.MkdirTemp("", "gatehouse-pgbench-")
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file, log := filepath.Join(folder, "script.sql"), filepath.Join(folder, "log")
	if err := os.WriteFile(file, []byte(r.script), 0o600); err != nil {
		return Result{}, err
	}
	args := append([]string{"-n", "-f", file, "-M", "prepared", "-c", strconv.Itoa(r.clients), "-j", strconv.Itoa(min(2, r.clients)),
		"--log", "--log-prefix", log, "--sampling-rate", strconv.FormatFloat(r.sampling, 'f', -1, 64)}, append(r.limit, r.variables...)...)
	cmd := exec.CommandContext(ctx, r.program, args...)
	cmd.Env = r.environment()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return Result{}, fmt.Errorf("pgbench: %w\n%s", err, tail(errs.String()))
	}
	if result, err = parseOutput(out.String()); err != nil {
		return Result{}, err
	}
	times, err := readTimes(log)
	result.P50, result.P99 = quantile(times, 0.50), quantile(times, 0.99)
	return result, err
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
	env = append(env, "LC_ALL=C", "PGHOST="+c.Host, "PGPORT="+strconv.Itoa(int(c.Port)), "PGUSER="+c.User, "PGPASSWORD="+c.Password, "PGDATABASE="+c.Database)
	if c.TLSConfig == nil {
		env = append(env, "PGSSLMODE=disable")
	}
	return env
}

// tail is the end of a long text.
func tail(text string) string { return text[max(0, len(text)-2000):] }

// parseOutput reads what pgbench says at its end.
func parseOutput(text string) (Result, error) {
	number := func(pattern string) (float64, error) {
		found := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if found == nil {
			return 0, fmt.Errorf("pgbench does not say %s:\n%s", pattern, tail(text))
		}
		return strconv.ParseFloat(found[1], 64)
	}
	done, err1 := number(`number of transactions actually processed: (\d+)`)
	tps, err2 := number(`tps = ([0-9.]+) `)
	if err := errors.Join(err1, err2); err != nil {
		return Result{}, err
	}
	failed, err := number(`number of failed transactions: (\d+)`)
	if err != nil {
		failed = 0 // before 15 it did not say
	}
	r := Result{Requests: int(done), Errors: int(failed)}
	if tps > 0 {
		r.Elapsed = time.Duration(done / tps * float64(time.Second))
	}
	return r, nil
}

// readTimes reads the logs of all threads: client, number, microseconds, and more.
func readTimes(prefix string) ([]sample, error) {
	files, err := filepath.Glob(prefix + ".*")
	if err != nil {
		return nil, err
	}
	var list []sample
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(content)) {
			fields := strings.Fields(line)
			if len(fields) < 3 {
				return nil, fmt.Errorf("pgbench's log has the line %q", line)
			}
			µs, err := strconv.ParseInt(fields[2], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("pgbench's log has the line %q", line)
			}
			list = append(list, sample{time.Duration(µs) * time.Microsecond, 1})
		}
	}
	return list, nil
}
