// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/secret"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := runCommand(t, nil, "version")
	if code != 0 || !strings.HasPrefix(stdout, "gatehouse ") || !strings.Contains(stdout, " go1.") ||
		stderr != "" {
		t.Errorf("version: %d %q %q", code, stdout, stderr)
	}
}

func TestMigrateTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := newSite(t, e)
		code, stdout, stderr := runCommand(t, s.env, "migrate")
		if code != 0 || !strings.Contains(stdout, "up to date") || strings.Contains(stdout, " 0 migrations") {
			t.Errorf("the first time: %d %s%s", code, stdout, stderr)
		}
		code, stdout, stderr = runCommand(t, s.env, "migrate")
		if code != 0 || !strings.Contains(stdout, " 0 migrations") {
			t.Errorf("the second time: %d %s%s", code, stdout, stderr)
		}
		start(t, s).stop(t)
	})
}

// refused runs serve, which must end with 1, say all of the texts, and say it
// in few words: no usage, no trace of the program.
func refused(t *testing.T, env settings, args []string, texts ...string) {
	t.Helper()
	refusedWith(t, 1, env, args, texts...)
}

// misused is refused for wrong flags and settings, for which the program ends with 2.
func misused(t *testing.T, env settings, args []string, texts ...string) {
	t.Helper()
	refusedWith(t, 2, env, args, texts...)
}

// refusedWith is refused for an exit code.
func refusedWith(t *testing.T, want int, env settings, args []string, texts ...string) {
	t.Helper()
	code, stdout, stderr := runCommand(t, env, append([]string{"serve"}, args...)...)
	if code != want {
		t.Errorf("serve %q: ended with %d, not %d", args, code, want)
	}
	for _, text := range texts {
		if !strings.Contains(stderr, text) {
			t.Errorf("serve %q does not say %q but: %s", args, text, stderr)
		}
	}
	if stdout != "" || !strings.HasPrefix(stderr, "gatehouse: ") || strings.Contains(stderr, "goroutine") ||
		strings.Contains(stderr, "Usage:") {
		t.Errorf("serve %q says too much: %s%s", args, stdout, stderr)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	misused(t, settings{"GATEHOUSE_DATA": data}, []string{"--bogus"}, "unknown flag", "--bogus")
	misused(t, settings{"GATEHOUSE_DATA": data}, []string{"extra"}, "extra")
	misused(t, settings{"GATEHOUSE_DATA": data, "GATEHOUSE_RATE_LIMITS": "off"},
		[]string{"--listen", "0.0.0.0:0"}, "GATEHOUSE_RATE_LIMITS", "0.0.0.0", "127.0.0.1")
	misused(t, settings{"GATEHOUSE_DATA": data}, []string{"--profile-listen", "0.0.0.0:0"}, "--profile-listen",
		"0.0.0.0", "loopback")
	short := hex.EncodeToString(secret.NewMasterKey())[:10]
	env := settings{"GATEHOUSE_DATA": data, "GATEHOUSE_LISEN": "127.0.0.1:0", "GATEHOUSE_LOG_LEVEL": "loud",
		"GATEHOUSE_ADMIN_PASSWORD": short,
		"GATEHOUSE_MASTER_KEY":     short, "GATEHOUSE_DATABASE": "mysql://" + short}
	all := []string{"GATEHOUSE_LISTEN", "GATEHOUSE_LISEN", "GATEHOUSE_LOG_LEVEL", "debug",
		"GATEHOUSE_ADMIN_PASSWORD", "GATEHOUSE_MASTER_KEY", "GATEHOUSE_DATABASE", "--listen", "--public-requests"}
	misused(t, env, []string{"--listen", "nowhere", "--public-requests", "maybe"}, all...)
	misused(t, settings{"GATEHOUSE_DATA": data, "GATEHOUSE_MASTER_KEY_FILE": "/dev/zero"}, nil,
		"GATEHOUSE_MASTER_KEY_FILE", "cannot be read")
	misused(t, env, []string{"--bogus"}, "--bogus", "GATEHOUSE_LISEN", "GATEHOUSE_LOG_LEVEL")
	if code, _, stderr := runCommand(t, env, "serve"); code != 2 || strings.Contains(stderr, short) {
		t.Error("a fault tells the secret")
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("a refused start leaves something behind: %v", err)
	}
}

func TestRateLimitsOff(t *testing.T) {
	t.Parallel()
	guess := func(p *process) (statuses []int) {
		c := newClient(t, p.url)
		for range 25 {
			statuses = append(statuses, c.login(ccadmin, "admin", "not the password").status)
		}
		return statuses
	}
	off := start(t, usedSite(t, onSQLite).watched(), "--rate-limits", "off")
	if !strings.Contains(off.stdout.String(), "RATE LIMITS AND LOCK-OUTS ARE OFF") ||
		!strings.Contains(off.stderr.String(), "RATE LIMITS AND LOCK-OUTS ARE OFF") {
		t.Error("a server without limits does not say so loudly")
	}
	if got := guess(off); slices.Contains(got, http.StatusTooManyRequests) {
		t.Errorf("limits are off, but guesses got %v", got)
	}
	newClient(t, off.url).token(ccadmin, "admin", off.firstPassword())
	off.stop(t)

	on := start(t, usedSite(t, onSQLite))
	if strings.Contains(on.stdout.String(), "LOCK-OUTS ARE OFF") {
		t.Error("a server with limits says it has none")
	}
	if got := guess(on); !slices.Contains(got, http.StatusTooManyRequests) {
		t.Errorf("limits are on, but guesses got %v", got)
	}
	on.stop(t)
}

func TestCustomOrganizationIDs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args   []string
		status int
	}{{nil, http.StatusOK}, {[]string{"--custom-organization-ids", "off"}, http.StatusBadRequest}} {
		p := start(t, usedSite(t, onSQLite), test.args...)
		c := newClient(t, p.url)
		token := bearer(c.token(ccadmin, "admin", p.firstPassword()))
		a := c.post(ccadmin+"/organizations", `{"id":"or-7","name":"company001"}`, token,
			"Content-Type: application/json")
		c.want(a, test.status, "an id of the client's choice")
		p.stop(t)
	}
}

func TestFirstStart(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := newSite(t, e)
		first := start(t, s)
		password := first.firstPassword()
		if n := strings.Count(first.stdout.String()+first.stderr.String(), password); password == "" || n != 1 {
			t.Fatalf("the first start shows the password %d times", n)
		}
		newClient(t, first.url).token(ccadmin, "admin", password)
		first.stop(t)
		// A password given later changes nothing.
		second := start(t, s.with("GATEHOUSE_ADMIN_PASSWORD", secret.NewPassword().Reveal()))
		if strings.Contains(second.stdout.String(), "first start") {
			t.Error("the second start says it is the first")
		}
		const warning = "does not change it"
		if said := second.stderr.String(); !strings.Contains(said, warning) ||
			!strings.Contains(said, "gatehouse operator password admin") {
			t.Errorf("the second start ignores a password without a word: %s", said)
		}
		newClient(t, second.url).token(ccadmin, "admin", password)
		second.stop(t)
		third := start(t, s.with("GATEHOUSE_ADMIN_PASSWORD", password))
		if strings.Contains(third.stderr.String(), warning) {
			t.Error("a start with the right password warns")
		}
		third.stop(t)
	})
}

func TestAdminPasswordIsGiven(t *testing.T) {
	t.Parallel()
	password := secret.NewPassword().Reveal()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"GATEHOUSE_ADMIN_PASSWORD": password,
		"GATEHOUSE_ADMIN_PASSWORD_FILE": file} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, newSite(t, onSQLite).with(name, value))
			newClient(t, p.url).token(ccadmin, "admin", password)
			if !strings.Contains(p.stdout.String(), `"admin", with the password you set`) ||
				strings.Contains(p.stdout.String(), password) {
				t.Error("the first start should say that the given password holds, and not show it")
			}
			p.stop(t)
		})
	}
}

func TestMasterKey(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := newSite(t, e)
		p := start(t, s)
		password := p.firstPassword()
		p.stop(t)

		before := sha256.Sum256(s.rows(t))
		wrong := s.with("GATEHOUSE_MASTER_KEY", hex.EncodeToString(secret.NewMasterKey()))
		refused(t, wrong.env, []string{"--listen", "127.0.0.1:0"}, "another master key", "GATEHOUSE_MASTER_KEY",
			"master.key")
		code, _, stderr := runCommand(t, wrong.env, "operator", "add", "eve")
		if code != 1 || !strings.Contains(stderr, "another master key") {
			t.Errorf("operator add with another key: %d %s", code, stderr)
		}
		if sha256.Sum256(s.rows(t)) != before {
			t.Error("a start with another master key changes the data")
		}
		// The right one by its file, as base64 would be taken, too.
		file := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(file, fmt.Appendf(nil, "%x\n", s.masterKey(t)), 0o600); err != nil {
			t.Fatal(err)
		}
		s.env = s.env.with("GATEHOUSE_MASTER_KEY_FILE", file)
		delete(s.env, "GATEHOUSE_MASTER_KEY")
		p = start(t, s)
		newClient(t, p.url).token(ccadmin, "admin", password)
		p.stop(t)
	})
}

func TestFilesAreClosedToOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, onSQLite)
	p := start(t, s)
	found := map[string]os.FileMode{}
	err := filepath.WalkDir(s.data, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		found[filepath.Base(path)] = info.Mode()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.stop(t)
	for name, mode := range found {
		want := os.FileMode(0o600)
		if mode.IsDir() {
			want = 0o700
		}
		if mode.Perm() != want {
			t.Errorf("%s has mode %s, want %s", name, mode.Perm(), want)
		}
	}
	for _, name := range []string{"data", "master.key", "gatehouse.db"} {
		if _, there := found[name]; !there {
			t.Errorf("%s is not there", name)
		}
	}
}

// A first start whose address is taken must not make an operator, whose
// password nobody would ever see.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closing(t, taken)
	s := newSite(t, onSQLite)
	refused(t, s.env, []string{"--listen", taken.Addr().String()}, taken.Addr().String(), "in use")
	p := start(t, s)
	newClient(t, p.url).token(ccadmin, "admin", p.firstPassword())
	p.stop(t)
}

func TestSpoiledFiles(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"empty": "", "short": "00ff",
		"no hex": strings.Repeat("xy", 32), "long": strings.Repeat("00", 33)} {
		t.Run("master.key "+name, func(t *testing.T) {
			t.Parallel()
			s := usedSite(t, onSQLite)
			path := filepath.Join(s.data, "master.key")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, s.env, []string{"--listen", "127.0.0.1:0"}, path, "not a master key", "backup")
		})
	}
	t.Run("master.key lost", func(t *testing.T) {
		t.Parallel()
		s := usedSite(t, onSQLite)
		path := filepath.Join(s.data, "master.key")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		refused(t, s.env, []string{"--listen", "127.0.0.1:0"}, path, "backup", "GATEHOUSE_MASTER_KEY")
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("another key was made in its place: %v", err)
		}
	})
	t.Run("gatehouse.db of another program", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, onSQLite)
		if err := os.MkdirAll(s.data, 0o700); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", filepath.Join(s.data, "gatehouse.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("CREATE TABLE recipes (name TEXT)"); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		untouched(t, s, "another program")
	})
	t.Run("gatehouse.db is no database", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, onSQLite)
		if err := os.MkdirAll(s.data, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.data, "gatehouse.db"), bytes.Repeat([]byte("Dear diary. "), 1000),
			0o600); err != nil {
			t.Fatal(err)
		}
		untouched(t, s, "not a database")
	})
}

// untouched holds when serve refuses the file and leaves it as it is.
func untouched(t *testing.T, s site, text string) {
	t.Helper()
	path := filepath.Join(s.data, "gatehouse.db")
	before := must(os.ReadFile(path))(t)
	refused(t, s.env, []string{"--listen", "127.0.0.1:0"}, text)
	if after := must(os.ReadFile(path))(t); !bytes.Equal(before, after) {
		t.Error("the refused file was changed")
	}
}

func TestOperatorBoundToOrganization(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		p := start(t, s)
		c := newClient(t, p.url)
		admin := c.token(ccadmin, "admin", p.firstPassword())
		own, foreign := c.organization(ccadmin, admin, "Own Ltd"), c.organization(ccadmin, admin, "Foreign Ltd")
		secretCode := c.issue(ccadmin, admin, foreign)

		password := addOperator(t, s, "olga", "--role", "administrator", "--organization",
			own) // while the server runs
		token, session := c.token(ccadmin, "olga", password), c.session("olga", password)
		a := c.want(c.get(ccadmin+"/organizations", bearer(token)), http.StatusOK, "list")
		if got := a.list("id"); !slices.Equal(got, []string{own}) {
			t.Errorf("a bound operator sees %q, want %q alone", got, own)
		}
		if code := c.issue(ccadmin, token, own); c.reveal(session, own) != code {
			t.Error("a bound operator does not read the code it made")
		}
		// Changing an organization is for the server's own people, whichever it is.
		for _, id := range []string{own, foreign, "or-199999"} {
			c.want(c.do("PUT", ccadmin+"/organizations/"+id, `{"name":"Mine"}`, jsonType, bearer(token)),
				http.StatusForbidden, "update "+id)
		}
		for what, a := range map[string]answer{
			"get":      c.get(ccadmin+"/organizations/"+foreign, bearer(token)),
			"code":     c.post(ccadmin+"/organizations/"+foreign+"/authorizationCode", "", bearer(token)),
			"reveal":   c.get(codePath(cvRoot, foreign), authtoken(session)),
			"generate": c.post(codePath(cvRoot, foreign), "", authtoken(session)),
			"disable":  c.do("PUT", codePath(cvRoot, foreign)+"/action/disable", "", authtoken(session)),
			"the root": c.get(codePath(cvRoot, "0"), authtoken(session)),
		} {
			if a.status != http.StatusNotFound {
				t.Errorf("%s of another organization: %d %s", what, a.status, a.body)
			}
		}
		if got := c.reveal(c.session("admin", p.firstPassword()), foreign); got != secretCode {
			t.Error("the other organization's code was changed")
		}
		p.stop(t)
	})
}

func TestOperatorBeforeFirstStart(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := newSite(t, e)
		for _, args := range [][]string{{"operator", "add", "eve"}, {"operator", "totp", "admin"}} {
			code, stdout, stderr := runCommand(t, s.env, args...)
			if code != 1 || stdout != "" || !strings.Contains(stderr, "Start the server once first") {
				t.Errorf("%q before the first start: %d %s", args, code, stderr)
			}
		}
		if left, err := os.ReadDir(s.data); len(left) > 0 {
			t.Errorf("a refused command leaves %v, %v", left, err)
		}
		// They have not settled which master key it is to be.
		s = s.with("GATEHOUSE_MASTER_KEY", hex.EncodeToString(secret.NewMasterKey()))
		p := start(t, s)
		newClient(t, p.url).token(ccadmin, "admin", p.firstPassword())
		p.stop(t)
	})
}

// The error about a database that cannot be reached has neither its URL nor its password.
func TestUnreachablePostgres(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	password, role := secret.NewPassword().Reveal(), "guarded"
	guard(t, server.URL("postgres"), role, secret.NewPassword().Reveal())
	at := must(url.Parse(server.URL("postgres")))(t)
	at.User = url.UserPassword(role, password)
	check := func(name string) {
		t.Helper()
		for _, command := range []string{"serve", "migrate"} {
			began := time.Now()
			env := settings{"GATEHOUSE_DATA": filepath.Join(t.TempDir(), "data"), "GATEHOUSE_DATABASE": at.String()}
			code, stdout, stderr := runCommand(t, env, command)
			if code != 1 || !strings.Contains(stderr, "database is not available") &&
				!strings.Contains(stderr, "password authentication failed") {
				t.Errorf("%s, %s: %d %s", name, command, code, stderr)
			}
			if took := time.Since(began); took > startLimit/2 {
				t.Errorf("%s, %s: told after %s", name, command, took)
			}
			for _, part := range []string{password, at.String(), "postgres://", "goroutine"} {
				if strings.Contains(stdout+stderr, part) {
					t.Errorf("%s, %s: the error shows %.12s…: %s", name, command, part,
						strings.ReplaceAll(stderr, password, "PASSWORD"))
				}
			}
		}
	}
	check("a wrong password")
	server.Stop()
	check("a server that is away")
}

// guard makes a role that must show its password.
func guard(t *testing.T, url, role, password string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn := must(pgx.Connect(ctx, url))(t)
	defer conn.Close(ctx)
	var file string
	if err := conn.QueryRow(ctx, "SHOW hba_file").Scan(&file); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"CREATE ROLE " + role + " LOGIN PASSWORD '" + password + "'",
		"COPY (VALUES ('host all " + role +
			" 127.0.0.1/32 scram-sha-256'), ('host all all 127.0.0.1/32 trust')) TO '" + file + "'",
		"SELECT pg_reload_conf()",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	within(t, time.Minute, "the password is asked for", func() bool {
		var n int
		err := conn.QueryRow(ctx,
			"SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'scram-sha-256'").Scan(&n)
		other, dialErr := pgx.Connect(ctx, strings.Replace(url, "gatehouse@", role+"@", 1))
		if dialErr == nil {
			_ = other.Close(ctx)
		}
		return err == nil && n == 1 && dialErr != nil
	})
}

// TestAuditVerify changes the database without the server, after it has read the audit.
func TestAuditVerify(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		p := start(t, s)
		c := newClient(t, p.url)
		token := c.token(ccadmin, "admin", p.firstPassword())
		c.organization(ccadmin, token, "company001")
		// The operator, the log-in; the organization. While the server runs:
		if code, stdout, stderr := runCommand(t, s.env, "audit", "verify"); code != 0 ||
			!strings.Contains(stdout, "unbroken: 3 events in 2 chains") {
			t.Errorf("a whole audit: %d %s%s", code, stdout, stderr)
		}
		follow := launch(t, command(s.env, "audit", "export", "--follow", "--filter", `outcome eq "failure"`))
		c.want(c.login(ccadmin, "admin", "wrong"), http.StatusUnauthorized, "log in with a wrong password")
		for deadline := time.Now().Add(startLimit); !strings.Contains(follow.stdout.String(),
			`"operator.login_refused"`); {
			if time.Now().After(deadline) || follow.ended() {
				t.Fatalf("the refused log-in is not followed: %s", follow.stderr.String())
			}
			time.Sleep(50 * time.Millisecond)
		}
		if n := strings.Count(follow.stdout.String(), "\n"); n != 1 {
			t.Errorf("got %d lines, want the one that matches: %s", n, follow.stdout.String())
		}
		follow.stop(t)
		p.stop(t)
		if !strings.Contains(p.stderr.String(), `"caller":"operator:`) {
			t.Errorf("no line of the log names who logged in: %s", p.stderr.String())
		}
		_, table, stderr := runCommand(t, s.env, "audit", "list", "--filter", `action sw "operator.login"`)
		if lines := strings.Split(table, "\n"); len(lines) != 4 || !strings.HasPrefix(lines[0], "TIME ") ||
			!strings.Contains(lines[1], " success  operator.login ") ||
			!strings.Contains(lines[2], " failure  operator.login_refused ") {
			t.Errorf("the list: %s%s", table, stderr)
		}
		_, export, stderr := runCommand(t, s.env, "audit", "export")
		if strings.Count(export, "\n") != 4 || stderr != "" {
			t.Errorf("the export: %s%s", export, stderr)
		}
		file := filepath.Join(t.TempDir(), "audit.jsonl")
		check := func(text, want string) {
			t.Helper()
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, stdout, stderr := runCommand(t, s.env, "audit", "verify", "--export", file)
			if !strings.Contains(stdout+stderr, want) {
				t.Errorf("an export: got %s%s, want %s", stdout, stderr, want)
			}
		}
		check(export, "The export is unbroken: 4 events in 2 chains.")
		check(strings.Replace(export, `"actorName":"admin"`, `"actorName":"eve"`, 1), "was changed")
		check(export[strings.Index(export, "\n")+1:], "event 1 is missing")
		check("", "the export has no event")
		for _, bad := range [][]string{{"list", "--filter", `colour eq "x"`}, {"list", "--count", "0"},
			{"export", "--filter", "x"},
			{"list", "--filter", ""}, {"export", "--filter", ""}} {
			if code, _, stderr := runCommand(t, s.env, append([]string{"audit"}, bad...)...); code != 2 ||
				stderr == "" {
				t.Errorf("%v: got %d %s", bad, code, stderr)
			}
		}
		s.exec(t, "UPDATE audit_events SET actor_name = 'eve'")
		if code, stdout, stderr := runCommand(t, s.env, "audit", "verify"); code != 1 || stdout != "" ||
			!strings.Contains(stderr, "or-0 is broken at event 1") ||
			!strings.Contains(stderr, "or-100001 is broken at event 1") {
			t.Errorf("a changed audit: %d %s%s", code, stdout, stderr)
		}
		s.exec(t, "DELETE FROM audit_events WHERE action = 'organization.create'")
		s.exec(t, "DELETE FROM audit_heads WHERE organization_id = 100001")
		if code, _, stderr := runCommand(t, s.env, "audit", "verify"); code != 1 ||
			!strings.Contains(stderr, "or-100001 is broken at event 1: the whole chain was removed") {
			t.Errorf("a removed chain: %d %s", code, stderr)
		}
	})
}
