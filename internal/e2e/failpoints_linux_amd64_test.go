// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// failpoint is a command that is killed before each of its steps, each time on a site of its
// own.
type failpoint struct {
	prepare func(t *testing.T) site
	args    func(s site) []string
	killed  func(t *testing.T, s site) // looks at what is there after the kill
	ended   func(t *testing.T, s site) // looks at what is there after the second run
}

// TestKilledAtEveryStep kills commands right before steps of theirs: system calls that change a
// file. There is the old state or the new one, the audit is unbroken, a second run succeeds,
// and then nothing temporary is left. A few steps of each command are chosen;
// GATEHOUSE_EVERY_STEP=1 takes all.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	oldSite := func(t *testing.T, e engine) site {
		s := usedSite(t, e)
		s.rewind(t)
		return s
	}
	template := usedSite(t, onSQLite) // with a backup, and an event that the backup lacks
	wantRun(t, template, 0, []string{"backup", filepath.Join(template.data, "good.backup")})
	addOperator(t, template, "later")
	backedUp := func(t *testing.T) site { return template.copied(t) }
	newKey := func(s site) string { return filepath.Join(filepath.Dir(s.data), "new.key") }
	backup := func(s site) string { return filepath.Join(filepath.Dir(s.data), "copy.db") }
	wantEvents := func(t *testing.T, s site, counts ...string) {
		t.Helper()
		stdout, _ := wantRun(t, s, 0, []string{"audit", "verify"}, "unbroken")
		n := regexp.MustCompile(`unbroken: (\d+) events`).FindStringSubmatch(stdout)
		if len(n) != 2 || !strings.Contains(" "+strings.Join(counts, " ")+" ", " "+n[1]+" ") {
			t.Errorf("the audit has not %v events but: %s", counts, stdout)
		}
	}
	for name, f := range map[string]failpoint{
		"backup": {prepare: func(t *testing.T) site { return usedSite(t, onSQLite) },
			args: func(s site) []string { return []string{"backup", "--overwrite", backup(s)} },
			killed: func(t *testing.T, s site) {
				wantEvents(t, s, "1")
				if _, err := os.Stat(backup(s)); err == nil {
					wantRun(t, s, 0, []string{"restore", "--dry-run", backup(s)}, "The backup is good")
				}
			},
			ended: func(t *testing.T, s site) {
				wantRun(t, s, 0, []string{"restore", "--dry-run", backup(s)}, "The backup is good")
			}},
		"restore into an empty folder": {prepare: func(t *testing.T) site {
			s := backedUp(t)
			for _, name := range []string{"gatehouse.db", "gatehouse.db-wal", "gatehouse.db-shm"} {
				_ = os.Remove(filepath.Join(s.data, name)) // the last two need not be there
			}
			return s
		},
			args: func(s site) []string {
				return []string{"restore", "--replace",
					filepath.Join(s.data, "good.backup")}
			}, killed: func(t *testing.T, s site) {
				_, whole := os.Stat(filepath.Join(s.data, "gatehouse.db"))
				_, waiting := os.Stat(filepath.Join(s.data, "gatehouse.db.restored"))
				if whole == nil || waiting == nil {
					wantRun(t, s, 0, []string{"migrate"}, "up to date") // ends a restore that counts
					wantEvents(t, s, "1")
				}
			},
			ended: func(t *testing.T, s site) { wantEvents(t, s, "1") }},
		"restore in place of another": {prepare: backedUp,
			args: func(s site) []string {
				return []string{"restore", "--replace",
					filepath.Join(s.data, "good.backup")}
			}, killed: func(t *testing.T, s site) {
				wantRun(t, s, 0, []string{"migrate"}, "up to date")
				wantEvents(t, s, "1", "2")
			},
			ended: func(t *testing.T, s site) { wantEvents(t, s, "1") }},
		"migrate": {prepare: func(t *testing.T) site { return oldSite(t, onSQLite) },
			args: func(site) []string { return []string{"migrate"} },
			ended: func(t *testing.T, s site) {
				wantEvents(t, s, "1")
				wantRun(t, s, 0, []string{"migrate"}, "up to date")
			}},
		"migrate on PostgreSQL": {prepare: func(t *testing.T) site { return oldSite(t, onPostgres) },
			args: func(site) []string { return []string{"migrate"} },
			ended: func(t *testing.T, s site) {
				wantEvents(t, s, "1")
				wantRun(t, s, 0, []string{"migrate"}, "up to date")
			}},
		"migrate --to PostgreSQL": moveFailpoint(onSQLite),
		"migrate --to SQLite":     moveFailpoint(onPostgres),
		"key rotate": {prepare: func(t *testing.T) site { return usedSite(t, onSQLite) },
			args: func(site) []string { return []string{"key", "rotate"} },
			killed: func(t *testing.T, s site) {
				wantRun(t, s, 0, []string{"doctor"}, "which the database has",
					"unbroken")
			}, ended: func(t *testing.T, s site) {
				wantRun(t, s, 0, []string{"doctor"}, "which the database has", "unbroken")
				if _, err := os.Stat(filepath.Join(s.data, "master.key.new")); err == nil {
					t.Error("the new key is still in a file of its own")
				}
			}},
		"key rotate on PostgreSQL": {prepare: func(t *testing.T) site { return usedSite(t, onPostgres) },
			args: func(s site) []string { return []string{"key", "rotate", "--new-key-file", newKey(s)} },
			killed: func(t *testing.T, s site) {
				wantRun(t, s, 0, []string{"doctor"}, "which the database has",
					"unbroken")
			}, ended: func(t *testing.T, s site) {
				wantRun(t, s, 0, []string{"doctor"}, "which the database has", "unbroken")
				key := strings.TrimSpace(string(must(os.ReadFile(newKey(s)))(t)))
				s = s.with("GATEHOUSE_MASTER_KEY", key)
				wantRun(t, s, 0, []string{"key", "finish"}, "no other opens the database")
				wantRun(t, s, 0, []string{"doctor"}, "which the database has", "unbroken")
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.run(t)
		})
	}
}

func (f failpoint) run(t *testing.T) {
	s := f.prepare(t)
	whole := runSteps(t, command(s.env, f.args(s)...), 0)
	if whole.code != 0 || whole.killed || len(whole.steps) < 8 {
		t.Fatalf("%d steps, ended with %d: %s%s", len(whole.steps), whole.code, &whole.stdout, &whole.stderr)
	}
	for _, n := range chosen(whole.steps) {
		t.Run(fmt.Sprint(n, " ", whole.steps[n-1]), func(t *testing.T) {
			t.Parallel()
			s := f.prepare(t)
			r := runSteps(t, command(s.env, f.args(s)...), n)
			if !r.killed && r.code != 0 {
				t.Fatalf("it ended with %d: %s%s", r.code, &r.stdout, &r.stderr)
			}
			if f.killed != nil {
				f.killed(t, s)
			}
			wantRun(t, s, 0, f.args(s))
			f.ended(t, s)
			for _, dir := range []string{s.data, filepath.Dir(s.data)} {
				if _, err := os.Stat(dir); err == nil {
					onlyFiles(t, dir)
				}
			}
		})
	}
}

// copied returns a copy of a site on SQLite.
func (s site) copied(t *testing.T) site {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	runTool(t, lookFor(t, "cp"), "-a", s.data, data)
	s.data = data
	return s.with("GATEHOUSE_DATA", data)
}

// chosen returns the steps to kill before: all of them, or a few of those that send or differ
// from the one before, spread over the run. The first and the last are among them.
func chosen(steps []string) (numbers []int) {
	every := os.Getenv("GATEHOUSE_EVERY_STEP") != ""
	for i, step := range steps {
		if every || i == 0 || step == "send" || step != steps[i-1] || i+1 == len(steps) {
			numbers = append(numbers, i+1)
		}
	}
	const most = 5
	if every || len(numbers) <= most {
		return numbers
	}
	few := make([]int, most)
	for i := range few {
		few[i] = numbers[i*(len(numbers)-1)/(most-1)]
	}
	return few
}
