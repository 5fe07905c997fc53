// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"gatehouse/internal/secret"
)

// emptySite is a site with nothing but the master key of another one.
func emptySite(t *testing.T, of site) site {
	t.Helper()
	s := newSite(t, onSQLite)
	s.password = of.password
	return s.with("GATEHOUSE_MASTER_KEY", fmt.Sprintf("%x", of.masterKey(t)))
}

// wantRun runs a command and wants its exit code, and texts in its output.
func wantRun(t *testing.T, s site, want int, args []string, texts ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := runCommand(t, s.env, args...)
	if code != want {
		t.Errorf("%q: ended with %d: %s%s", args, code, stdout, stderr)
	}
	for _, text := range texts {
		if !strings.Contains(stdout+stderr, text) {
			t.Errorf("%q does not say %q but: %s%s", args, text, stdout, stderr)
		}
	}
	return stdout, stderr
}

// onlyFiles wants no temporary files in a folder.
func onlyFiles(t *testing.T, dir string) {
	t.Helper()
	for _, entry := range must(os.ReadDir(dir))(t) {
		if strings.HasPrefix(entry.Name(), ".") {
			t.Errorf("%s was left in %s", entry.Name(), dir)
		}
	}
}

// A backup of a running server, restored elsewhere, has every code and log-in.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	s, dir := usedSite(t, onSQLite).watched(), t.TempDir()
	file := filepath.Join(dir, "backup.db")
	p := start(t, s)
	c := newClient(t, p.url)
	token := c.token(ccadmin, "admin", p.firstPassword())
	organization := c.organization(ccadmin, token, "Orchard Ltd")
	code := c.issue(ccadmin, token, organization)
	_, stderr := wantRun(t, s, 0, []string{"backup", file}, "verified", "4 events in 2 chains",
		"master.key elsewhere")
	name := regexp.MustCompile(`master key ([0-9a-f]{16}),`).FindStringSubmatch(stderr)
	if name == nil {
		t.Fatalf("the key has no name in: %s", stderr)
	}
	if info := must(os.Stat(file))(t); info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %s", info.Mode())
	}
	wantRun(t, s, 1, []string{"backup", file}, "exists", "--overwrite")
	wantRun(t, s, 0, []string{"backup", file, "--overwrite"}, "verified")
	for _, own := range []string{"gatehouse.db", "gatehouse.db-wal", "gatehouse.lock", "master.key"} {
		wantRun(t, s, 1, []string{"backup", filepath.Join(s.data, own), "--overwrite"},
			"a file of the server itself")
	}
	wantRun(t, s, 1, []string{"restore", "--dry-run", filepath.Join(s.data, "gatehouse.db")}, "and no backup")
	for _, command := range []string{"backup", "restore"} {
		wantRun(t, s, 1, []string{command, ""}, "FILE is empty")
	}
	wantRun(t, s, 0, []string{"restore", "--dry-run", file}, "The backup is good", name[1])
	wantRun(t, s, 1, []string{"restore", "--replace", file}, "another process uses this data folder")
	c.organization(ccadmin, token, "after the backup")
	onlyFiles(t, dir)
	onlyFiles(t, s.data)

	wantRun(t, newSite(t, onSQLite), 1, []string{"restore", file}, "needs the master key "+name[1], "master.key")
	wrong := newSite(t, onSQLite).with("GATEHOUSE_MASTER_KEY", fmt.Sprintf("%x", secret.NewMasterKey()))
	wantRun(t, wrong, 1, []string{"restore", file}, "needs the master key "+name[1], "and the one given is")
	other := emptySite(t, s)
	wantRun(t, other, 0, []string{"restore", file}, "Restored", "4 events in 2 chains")
	q := start(t, other)
	d := newClient(t, q.url)
	if got := d.reveal(d.session("admin", s.password), organization); got != code {
		t.Error("the restored server shows another code")
	}
	q.stop(t)
	wantRun(t, other, 1, []string{"restore", file}, "exists", "--replace")

	p.stop(t)
	wantRun(t, s, 0, []string{"restore", "--replace", file}, "Restored")
	old := must(filepath.Glob(filepath.Join(s.data, "gatehouse.db.replaced.*Z")))(t)
	if len(old) != 1 {
		t.Fatalf("the replaced database: %v", old)
	}
	wantRun(t, s, 0, []string{"audit", "verify"}, "4 events in 2 chains")
	wantRun(t, emptySite(t, s), 0, []string{"restore", old[0]}, "5 events in 3 chains") // the log-in, above
}

func TestBackupToAKeyOfAge(t *testing.T) {
	t.Parallel()
	s, dir := usedSite(t, onSQLite), t.TempDir()
	identity, another := must(age.GenerateX25519Identity())(t), must(age.GenerateX25519Identity())(t)
	keys := map[string]string{"right": identity.String(), "wrong": another.String(),
		"recipients": "# us\n" + identity.Recipient().String()}
	for name, text := range keys {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	wantRun(t, s, 0, []string{"backup", in("backup.age"), "--recipient", identity.Recipient().String()},
		"verified")
	wantRun(t, s, 0, []string{"backup", in("second.age"), "--recipients-file", in("recipients")}, "verified")
	wantRun(t, s, 1, []string{"backup", in("x"), "--recipient", identity.String()}, "public key")
	wantRun(t, s, 1, []string{"backup", in("x"), "--recipient", "nobody"}, "nobody", "age1")
	sealed := must(os.ReadFile(in("backup.age")))(t)
	if !bytes.HasPrefix(sealed, []byte("age-encryption.org/v1\n")) ||
		bytes.Contains(sealed, []byte("SQLite format 3")) {
		t.Error("the backup is not encrypted")
	}
	other := emptySite(t, s)
	wantRun(t, other, 1, []string{"restore", in("backup.age")}, "encrypted with age", "--identity")
	wantRun(t, other, 1, []string{"restore", in("backup.age"), "--identity", in("wrong")}, "decrypt")
	for cut := range 3 {
		short := sealed[:len(sealed)-1-cut*70000]
		if err := os.WriteFile(in("cut.age"), short, 0o600); err != nil {
			t.Fatal(err)
		}
		wantRun(t, other, 1, []string{"restore", in("cut.age"), "--identity", in("right")}, "decrypt")
	}
	wantRun(t, other, 0, []string{"restore", in("backup.age"), "--identity", in("wrong"), "--identity",
		in("right")}, "Restored")
	wantRun(t, emptySite(t, s), 0, []string{"restore", in("second.age"), "--identity", in("right")}, "Restored")
	onlyFiles(t, dir)
	onlyFiles(t, other.data)
}

func TestBackupThroughPipes(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite)
	other := emptySite(t, s)
	from, to := command(s.env, "backup", "-"), command(other.env, "restore", "-")
	copied := must(from.Output())(t)
	to.Stdin = bytes.NewReader(copied)
	if out, err := to.CombinedOutput(); err != nil || !strings.Contains(string(out), "Restored") {
		t.Errorf("restore -: %v %s", err, out)
	}
	for name, c := range map[string]struct {
		content []byte
		text    string
	}{
		"nothing":         {nil, "is empty"},
		"another file":    {[]byte("Dear diary, today"), "no backup of this program"},
		"a dump":          {[]byte("PGDMP and the rest"), "pg_restore"},
		"half a database": {copied[:len(copied)/2/4096*4096], "is not restored"},
		"a spoiled database": {append(bytes.Clone(copied[:8192]),
			bytes.Repeat([]byte("spoiled!"), (len(copied)-8192)/8)...), "is not restored"},
		"a database of others": {foreignDatabase(t), "another program"},
	} {
		empty := emptySite(t, s)
		cmd := command(empty.env, "restore", "-")
		cmd.Stdin = bytes.NewReader(c.content)
		out, err := cmd.CombinedOutput()
		var ended *exec.ExitError
		if !errors.As(err, &ended) || !strings.Contains(string(out), c.text) ||
			strings.Contains(string(out), "Try again in a while") {
			t.Errorf("%s: %v %s", name, err, out)
		}
		if left := must(os.ReadDir(empty.data))(t); len(left) != 1 { // the lock file
			t.Errorf("%s: it leaves %v", name, left)
		}
	}
}

func foreignDatabase(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "foreign.db")
	runTool(t, lookFor(t, "sqlite3"), path, "CREATE TABLE recipes (name TEXT)")
	return must(os.ReadFile(path))(t)
}

// Whenever backup, restore or migrate is killed, there is the old state or the new one, and the
// audit is unbroken.
func TestKilledCommands(t *testing.T) {
	t.Parallel()
	s, dir := usedSite(t, onSQLite), t.TempDir()
	p := start(t, s)
	c := newClient(t, p.url)
	token := c.token(ccadmin, "admin", p.firstPassword())
	for i := range 40 {
		c.organization(ccadmin, token, fmt.Sprint("company ", i))
	}
	good := filepath.Join(dir, "good.db")
	wantRun(t, s, 0, []string{"backup", good})
	c.organization(ccadmin, token, "after the backup")
	p.stop(t)
	killAfter := func(wait time.Duration, args ...string) {
		q := launch(t, command(s.env, args...))
		select {
		case <-q.done:
		case <-time.After(wait):
			q.kill()
		}
	}
	events := regexp.MustCompile(`unbroken: (\d+) events`)
	count := func() string {
		stdout, _ := wantRun(t, s, 0, []string{"audit", "verify"}, "unbroken")
		return events.FindStringSubmatch(stdout)[1]
	}
	before, after := count(), ""
	wantRun(t, s, 0, []string{"restore", "--replace", good})
	if after = count(); after == before {
		t.Fatal("the backup has the same events")
	}
	newer := must(filepath.Glob(filepath.Join(s.data, "gatehouse.db.replaced.*Z")))(t)[0]
	sources := []string{newer, good}
	const rounds = 24
	for round := range rounds {
		wait := time.Duration(round*12) * time.Millisecond
		file := filepath.Join(dir, fmt.Sprint("killed-", round, ".db"))
		killAfter(wait, "backup", file)
		if _, err := os.Stat(file); err == nil {
			wantRun(t, s, 0, []string{"restore", "--dry-run", file}, "The backup is good")
		}
		killAfter(wait, "restore", "--replace", sources[round%2])
		wantRun(t, s, 0, []string{"migrate"}, "up to date") // finishes a restore that was cut short
		if n := count(); n != before && n != after {
			t.Errorf("round %d: %s events, not %s or %s", round, n, before, after)
		}
		old := usedSite(t, onSQLite)
		old.rewind(t)
		q := launch(t, command(old.env, "migrate"))
		time.Sleep(wait)
		q.kill()
		wantRun(t, old, 0, []string{"migrate"}, "up to date")
		wantRun(t, old, 0, []string{"audit", "verify"}, "unbroken")
	}
	p = start(t, s)
	newClient(t, p.url).want(newClient(t, p.url).get("/readyz"), http.StatusOK, "readiness")
	p.stop(t)
}

// A row that refers to one that is not there is copied like any other. It is found in the copy,
// which is then no backup.
func TestBackupOfAnUnsoundDatabase(t *testing.T) {
	t.Parallel()
	s, file := usedSite(t, onSQLite), filepath.Join(t.TempDir(), "backup.db")
	s.exec(t,
		"INSERT INTO contacts (organization_id, first_name, last_name, email, active, created_at) VALUES (999, '', '', '', 0, 0)")
	wantRun(t, s, 1, []string{"backup", file}, "the copy is not good, and was removed",
		"1 rows refer to rows that are not there")
	if _, err := os.Lstat(file); err == nil {
		t.Error("there is a backup")
	}
	onlyFiles(t, filepath.Dir(file))
}

func TestDoctor(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		p := start(t, s)
		stdout, _ := wantRun(t, s, 0, []string{"doctor"}, "unbroken", "the newest of", "which the database has")
		if e == onSQLite && !strings.Contains(stdout, "another process uses this data folder (process ") {
			t.Errorf("the server is not seen: %s", stdout)
		}
		p.stop(t)
		wrong := s.with("GATEHOUSE_MASTER_KEY", fmt.Sprintf("%x", secret.NewMasterKey()))
		wantRun(t, wrong, 1, []string{"doctor"}, "FAULT  master key", "it needs the master key",
			"and the one given is")
		s.exec(t, "UPDATE audit_events SET actor_name = 'eve' WHERE organization_id = 0")
		wantRun(t, s, 1, []string{"doctor"}, "FAULT  audit", "broken")
		s.exec(t, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, "+
			map[engine]string{onSQLite: "1", onPostgres: "true"}[e]+")")
		wantRun(t, s, 1, []string{"doctor"}, "FAULT  schema")
		if e != onSQLite {
			return
		}
		s = usedSite(t, e)
		if err := os.Chmod(filepath.Join(s.data, "master.key"), 0o644); err != nil {
			t.Fatal(err)
		}
		wantRun(t, s, 1, []string{"doctor"}, "FAULT  key file", "0644", "chmod go=", "ok     master key")
		if err := os.Remove(filepath.Join(s.data, "gatehouse.db")); err != nil {
			t.Fatal(err)
		}
		wantRun(t, s, 1, []string{"doctor"}, "FAULT  database", "gatehouse.db")
	})
}
