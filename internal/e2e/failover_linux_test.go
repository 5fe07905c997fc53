// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/url"
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
	standby.Promote()
	promoted := time.Now()
	first := l.awaitDecided(100, promoted)
	l.halt()
	t.Logf("promoted %s after the loss, and the first acknowledged write %s after that",
		promoted.Sub(lost).Round(time.Millisecond), first.Sub(promoted).Round(time.Millisecond))
	l.url = standby.URL("postgres")
	l.check()
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
	primary.Resume()
	l.awaitDecided(100, time.Now())
	l.halt()
	l.url = standby.URL("postgres")
	l.check()
}
