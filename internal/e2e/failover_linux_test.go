// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pgtest"
)

// pairSite is a site on a synchronous pair of servers of PostgreSQL.
func pairSite(t *testing.T) (s site, primary, standby *pgtest.Server) {
	t.Helper()
	primary = pgtest.NewServer(t)
	standby = primary.Standby()
	u, other := must(url.Parse(primary.URL("postgres")))(t), must(url.Parse(standby.URL("postgres")))(t)
	u.Host += "," + other.Host
	q := u.Query()
	q.Set("target_session_attrs", "read-write")
	u.RawQuery = q.Encode()
	s = postgresSite(t, u.String())
	return s, primary, standby
}

// TestFailover loses the primary of a synchronous pair while clients work with four replicas.
func TestFailover(t *testing.T) {
	t.Parallel()
	s, primary, standby := pairSite(t)
	l := newLedger(t, s, 4)
	l.run()
	l.awaitDecided(60, time.Now())
	primary.Kill()
	lost := time.Now()
	l.awaitReady(http.StatusServiceUnavailable)
	standby.Promote()
	promoted := time.Now()
	l.awaitReady(http.StatusOK)
	first := l.awaitDecided(100, promoted)
	l.halt()
	t.Logf("promoted %s after the loss, and the first acknowledged write %s after that",
		promoted.Sub(lost).Round(time.Millisecond), first.Sub(promoted).Round(time.Millisecond))
	l.url = standby.URL("postgres")
	l.check()
	runPostgresPage(t, s, standby)
}

// runPostgresPage runs what docs/postgresql.md has for administrators of the database, and lets the
// owner of the database that it creates migrate it.
func runPostgresPage(t *testing.T, s site, server *pgtest.Server) {
	t.Helper()
	u := must(url.Parse(server.URL("postgres")))(t)
	for line := range strings.Lines(blocksOf(t, "text")[0]) {
		words := strings.Fields(strings.NewReplacer("--pwprompt", "", "gatehouse", "another").Replace(line))
		cmd := exec.Command(pgtest.Tool(t, words[0]), words[1:]...)
		cmd.Env = append(cleanEnv(nil), "PGHOST="+u.Hostname(), "PGPORT="+u.Port(), "PGUSER=gatehouse")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", line, err, out)
		}
	}
	address := strings.Replace(server.URL("another"), "gatehouse@", "another@", 1)
	wantRun(t, s.with("GATEHOUSE_DATABASE", address), 0, []string{"migrate"}, "migrations were applied")
	statements(t, server.URL("postgres"), blocksOf(t, "sql")...)
}

// TestFailoverOfAHungPrimary has a primary that answers no longer, and comes back when the standby
// has taken its place.
func TestFailoverOfAHungPrimary(t *testing.T) {
	t.Parallel()
	s, primary, standby := pairSite(t)
	l := newLedger(t, s, 4)
	l.run()
	l.awaitDecided(60, time.Now())
	primary.Pause()
	lost := time.Now()
	standby.Promote()
	promoted := time.Now()
	first := l.awaitDecided(60, promoted)
	t.Logf("promoted %s after the loss, and the first acknowledged write %s after that",
		promoted.Sub(lost).Round(time.Millisecond), first.Sub(promoted).Round(time.Millisecond))
	l.awaitReady(http.StatusOK)
	primary.Resume()
	l.awaitDecided(100, time.Now())
	l.halt()
	l.url = standby.URL("postgres")
	l.check()
}
