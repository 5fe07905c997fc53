// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"gatehouse/internal/pgtest"
)

// page has the blocks of a document, and runs them where a reader would: the data folder is
// ./gatehouse-data, and the program is on the path.
type page struct {
	blocks []block
	dir    string
	env    settings
}

func openPage(t *testing.T, name string, s site) *page {
	t.Helper()
	text := must(os.ReadFile(filepath.Join(moduleRoot(t), "docs", name)))(t)
	p := &page{blocks: fenced(string(text)), dir: filepath.Dir(s.data), env: s.env}
	if err := os.Symlink(s.data, filepath.Join(p.dir, "gatehouse-data")); err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs the blocks of a kind, after changes of the text, and returns the output.
func (p *page) run(t *testing.T, kind string, change ...string) string {
	t.Helper()
	script := "set -euo pipefail\n"
	found := false
	for _, b := range p.blocks {
		if b.kind == "sh "+kind {
			script, found = script+b.text, true
		}
	}
	if !found {
		t.Fatalf("the page has no commands of the kind %q", kind)
	}
	q := launch(t, p.command(strings.NewReplacer(change...).Replace(script)))
	if code := q.wait(t, 2*time.Minute); code != 0 {
		t.Fatalf("the commands of %q end with %d: %s%s", kind, code, q.stdout.String(), q.stderr.String())
	}
	return q.stdout.String() + q.stderr.String()
}

func (p *page) command(script string) *exec.Cmd {
	cmd := command(p.env)
	cmd.Path, cmd.Args, cmd.Dir = "/bin/bash", []string{"bash", "-c", script}, p.dir
	path := filepath.Dir(binary) + ":" + os.Getenv("PATH")
	cmd.Env = append(slices.DeleteFunc(cmd.Env, func(e string) bool { return strings.HasPrefix(e, "PATH=") }),
		"PATH="+path)
	return cmd
}

func TestBackupPageOnSQLite(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite)
	identity := must(age.GenerateX25519Identity())(t)
	s = s.with("RECIPIENT", identity.Recipient().String())
	p := openPage(t, "backup.md", s)
	if err := os.WriteFile(filepath.Join(p.dir, "key.txt"), []byte(identity.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := start(t, s)
	c := newClient(t, server.url)
	c.organization(ccadmin, c.token(ccadmin, "admin", s.password), "Orchard Ltd")
	out := p.run(t, "sqlite", "/tmp/drill", filepath.Join(p.dir, "drill"))
	if n := strings.Count(out, "3 events in 2 chains"); n != 6 { // three backups, a restore, doctor twice
		t.Errorf("the audit is told %d times: %s", n, out)
	}
	server.stop(t)
	p.run(t, "stopped")
	if out := p.run(t, "sqlite-restore"); strings.Count(out, "Restored") != 2 {
		t.Errorf("restore: %s", out)
	}
	start(t, s).stop(t)
	age := lookFor(t, "age") // the tool decrypts what we encrypted
	runTool(t, age, "--decrypt", "-i", filepath.Join(p.dir, "key.txt"), "-o", filepath.Join(p.dir, "by-age.db"),
		filepath.Join(p.dir, "backup-2.age"))
	wantRun(t, s, 0, []string{"restore", "--dry-run", filepath.Join(p.dir, "by-age.db")}, "3 events")
}

func TestBackupPageOnPostgres(t *testing.T) {
	t.Parallel()
	lookFor(t, "pg_dump")
	lookFor(t, "pg_restore")
	s := usedSite(t, onPostgres)
	server := start(t, s)
	c := newClient(t, server.url)
	token := c.token(ccadmin, "admin", s.password)
	organization := c.organization(ccadmin, token, "Orchard Ltd")
	code := c.issue(ccadmin, token, organization)
	wantRun(t, s, 1, []string{"backup", "x"},
		"pg_dump --format=custom --no-owner --file=FILE \"$GATEHOUSE_DATABASE\"")
	p := openPage(t, "backup.md", s)
	p.run(t, "postgres")
	server.stop(t)
	wantRun(t, s, 1, []string{"restore", "x"}, "pg_restore --exit-on-error")

	s.url = pgtest.Database(t)
	s = s.with("GATEHOUSE_DATABASE", s.url)
	p.env = s.env
	if out := p.run(t, "postgres-restore"); !strings.Contains(out, "4 events in 2 chains") {
		t.Errorf("doctor after the restore: %s", out)
	}
	server = start(t, s)
	c = newClient(t, server.url)
	if c.reveal(c.session("admin", s.password), organization) != code {
		t.Error("the restored server shows another code")
	}
	server.stop(t)
}

// Litestream loses nothing that it had a moment to copy, though the server is killed and copies
// its log into the file by itself.
func TestLitestream(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"litestream", "litestream-0.3"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := must(filepath.Abs(filepath.Join(moduleRoot(t), "bin", name)))(t)
			if _, err := os.Stat(path); err != nil {
				path = lookFor(t, name)
			}
			copyContinuously(t, path)
		})
	}
}

func copyContinuously(t *testing.T, path string) {
	t.Helper()
	s := usedSite(t, onSQLite).watched()
	p := openPage(t, "backup.md", s)
	place := filepath.Join(p.dir, "replica")
	own := strings.NewReplacer("/var/backups/gatehouse", place, "litestream ", path+" ", "gatehouse-data",
		s.data)
	var replicate string
	for _, b := range p.blocks {
		if b.kind == "sh litestream" {
			replicate = own.Replace(b.text)
		}
	}
	server := start(t, s)
	stream := launch(t, p.command("exec "+replicate))
	c := newClient(t, server.url)
	token := c.token(ccadmin, "admin", s.password)
	const n = 120
	for i := range n {
		c.organization(ccadmin, token, fmt.Sprint("company ", i))
		if i == n/2 {
			time.Sleep(3 * time.Second) // the log is copied, and begins again
		}
	}
	server.kill()
	time.Sleep(3 * time.Second) // it copies once a second
	stream.terminate(t)
	stream.wait(t, stopLimit)
	out := p.run(t, "litestream-restore", "/var/backups/gatehouse", place, "litestream restore", path+" restore")
	if want := fmt.Sprintf("%d events in %d chains", n+2, n+1); !strings.Contains(out, want) {
		t.Errorf("not %s but: %s", want, out)
	}
}

// A snapshot of the disk is like a power cut: here the server is halted while its files are
// copied.
func TestSnapshotOfTheFolder(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite)
	server := start(t, s)
	c := newClient(t, server.url)
	token := c.token(ccadmin, "admin", s.password)
	for i := range 20 {
		c.organization(ccadmin, token, fmt.Sprint("company ", i))
	}
	if err := server.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	other := newSite(t, onSQLite)
	runTool(t, "/bin/cp", "-a", s.data, other.data)
	if err := server.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	wantRun(t, other, 0, []string{"audit", "verify"}, "22 events in 21 chains")
	start(t, other).stop(t)
	server.stop(t)
}

func TestUpgradingPage(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite)
	s.rewind(t)
	start(t, s).stop(t)
	p := openPage(t, "upgrading.md", s)
	if out := p.run(t, "back"); !strings.Contains(out, "schema 35") {
		t.Errorf("going back: %s", out)
	}
	start(t, s).stop(t)
}
