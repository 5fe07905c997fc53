// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/secret"
)

// pooled starts PgBouncer in front of the site's database, with further settings, and returns
// the site as its servers reach it.
func pooled(t *testing.T, s site, settings ...string) site {
	t.Helper()
	path, err := exec.LookPath("pgbouncer")
	if err != nil {
		if path = "/usr/sbin/pgbouncer"; !executable(path) {
			missing(t, err)
		}
	}
	return pooledBy(t, path, s, settings...)
}

// pooledBy is pooled with a certain PgBouncer.
func pooledBy(t *testing.T, path string, s site, settings ...string) site {
	t.Helper()
	u := must(url.Parse(s.env["GATEHOUSE_DATABASE"]))(t)
	port, dir := freePort(t), t.TempDir()
	users := filepath.Join(dir, "users")
	config := fmt.Sprintf("[databases]\n* = host=%s port=%s\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=%d\nauth_type=trust\n"+
		"auth_file=%s\nunix_socket_dir=\nlogfile=\npidfile=\n%s\n", u.Hostname(), u.Port(), port, users,
		strings.Join(settings, "\n"))
	for name, text := range map[string]string{users: fmt.Sprintf("%q \"\"\n", u.User.Username()),
		filepath.Join(dir, "ini"): config} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil { // PgBouncer does not run as root
			t.Fatal(err)
		}
	}
	for d := dir; d != os.TempDir() && len(d) > 1; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{filepath.Join(dir, "ini")}
	if os.Geteuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...)
	}
	p := launch(t, exec.Command(path, args...))
	address := "127.0.0.1:" + strconv.Itoa(port)
	within(t, startLimit, "PgBouncer listens", func() bool {
		if p.ended() {
			t.Fatalf("PgBouncer does not start: %s", p.stderr.String())
		}
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	u.Host = address
	return s.with("GATEHOUSE_DATABASE", u.String())
}

const dropsLimits = "ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout," +
	"max_parallel_workers_per_gather"

// TestPgBouncer follows what the server says, from PgBouncer's defaults to two replicas that
// share one pool.
func TestPgBouncer(t *testing.T) {
	t.Parallel()
	s := newSite(t, onPostgres)
	refused := func(s site, want string) string {
		t.Helper()
		code, _, stderr := runCommand(t, s.env, "serve", "--listen", "127.0.0.1:0")
		if code != 1 || !strings.Contains(stderr, want) || strings.Contains(stderr, "Try again") {
			t.Fatalf("ends with %d and not with %q: %s", code, want, stderr)
		}
		return stderr
	}
	said := refused(pooled(t, s), "a pooler in front of the database refuses parameters of connections")
	if !strings.Contains(said, dropsLimits) {
		t.Errorf("what to do is not said: %s", said)
	}
	session := pooled(t, s, dropsLimits, "pool_mode=session")
	said = refused(session, "a pooler in front of the database drops the limits")
	orders := regexp.MustCompile(`ALTER ROLE "gatehouse" SET \w+ = '\w+';`).FindAllString(said, -1)
	if len(orders) != 4 {
		t.Fatalf("%d limits are named: %s", len(orders), said)
	}
	conn := must(pgx.Connect(t.Context(), s.env["GATEHOUSE_DATABASE"]))(t)
	database := conn.Config().Database
	for _, order := range orders { // only here: other tests have the same role
		order = strings.Replace(order, " SET ", " IN DATABASE "+database+" SET ", 1)
		if _, err := conn.Exec(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	pool := pooled(t, s, dropsLimits, "pool_mode=session") // the first has connections from before the change
	wantReplicas(t, pool)
}

// TestPgBouncerTransactions has replicas migrate and work where a connection is theirs for one
// transaction.
func TestPgBouncerTransactions(t *testing.T) {
	t.Parallel()
	s := newSite(t, onPostgres)
	limitDatabase(t, s)
	pool := pooled(t, s, dropsLimits, "pool_mode=transaction", "default_pool_size=8")
	u := must(url.Parse(pool.env["GATEHOUSE_DATABASE"]))(t)
	q := u.Query()
	q.Set("default_query_exec_mode", "exec")
	u.RawQuery = q.Encode()
	wantReplicas(t, pool.with("GATEHOUSE_DATABASE", u.String()))
}

// TestNewerPgBouncer has the release that .ci/run builds, which knows prepared statements in its mode
// for transactions: the URL needs nothing.
func TestNewerPgBouncer(t *testing.T) {
	t.Parallel()
	path := must(filepath.Abs("../../bin/pgbouncer-newer"))(t)
	if !executable(path) {
		missing(t, "no bin/pgbouncer-newer, which .ci/run builds")
	}
	for _, mode := range []string{"session", "transaction"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, onPostgres)
			limitDatabase(t, s)
			wantReplicas(t, pooledBy(t, path, s, dropsLimits, "pool_mode="+mode, "default_pool_size=34"))
		})
	}
}

// limitDatabase gives the database the limits that a pooler drops.
func limitDatabase(t *testing.T, s site) {
	t.Helper()
	conn := must(pgx.Connect(t.Context(), s.env["GATEHOUSE_DATABASE"]))(t)
	for _, set := range []string{"statement_timeout = '20s'", "lock_timeout = '20s'",
		"idle_in_transaction_session_timeout = '20s'", "max_parallel_workers_per_gather = 0"} {
		if _, err := conn.Exec(t.Context(), "ALTER DATABASE "+conn.Config().Database+" SET "+set); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// wantReplicas starts two replicas on an empty database at once, and lets each see what the
// other does.
func wantReplicas(t *testing.T, s site) {
	t.Helper()
	s = s.with("GATEHOUSE_ADMIN_PASSWORD", secret.NewPassword().Reveal())
	one, other := launchServer(t, s), launchServer(t, s)
	one.await(t, startLimit)
	other.await(t, startLimit)
	a, b := newClient(t, one.url), newClient(t, other.url)
	password := s.env["GATEHOUSE_ADMIN_PASSWORD"]
	admin := a.token(ccadmin, "admin", password)
	session := b.session("admin", password)
	for i := range 20 {
		organization := a.organization(ccadmin, admin, fmt.Sprintf("Pooled %d", i))
		if code := a.issue(ccadmin, admin, organization); b.reveal(session, organization) != code {
			t.Fatal("a replica shows another code")
		}
	}
	one.stop(t)
	other.stop(t)
	if code, out, stderr := runCommand(t, s.env, "audit", "verify"); code != 0 {
		t.Errorf("audit verify: %s%s", out, stderr)
	}
}
