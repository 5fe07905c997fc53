// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// silent listens and never answers, as a server that hangs.
func silent(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// The first connection waits for what the servers say, but not long for one that says nothing.
func TestFirstConnectionWaits(t *testing.T) {
	t.Parallel()
	url := "postgres://" + silent(t) + "," + silent(t) + "/gatehouse?sslmode=disable"
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	watch := watchPrimary(config, &net.Dialer{})
	defer watch.close()
	began := time.Now()
	if err := config.BeforeConnect(t.Context(), config.ConnConfig); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < watchFirst/2 || took > 2*watchFirst {
		t.Errorf("it waited %s, want %s", took, watchFirst)
	}
}

// A newer primary cuts the connections to the former one, and nobody connects to that any more,
// until it is the primary again.
func TestConnectionsOfFormerPrimary(t *testing.T) {
	t.Parallel()
	p := &primaries{dialer: &net.Dialer{}, conns: map[*serverConn]struct{}{}, retired: map[string]time.Time{}}
	former, other := silent(t), silent(t)
	connect := func(address string, timeline uint64) net.Conn {
		conn, err := p.dial(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		p.admit(timeline, conn)
		return conn
	}
	one, unknown := connect(former, 1), connect(former, 0)
	two := connect(other, 2)
	cut := func(conn net.Conn) bool {
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		_, err := io.ReadFull(conn, make([]byte, 1))
		timeout, is := err.(net.Error)
		return !is || !timeout.Timeout()
	}
	if !cut(one) || cut(unknown) || cut(two) {
		t.Error("not exactly the connections to the former primary are cut")
	}
	if _, err := p.dial(t.Context(), "tcp", former); err == nil {
		t.Error("the former primary is connected to")
	}
	p.found(3, "former", one.RemoteAddr())
	three := connect(former, 3)
	if !cut(two) {
		t.Error("the way back does not cut")
	}

	// A promotion that was given up.
	p.standby("former")
	p.found(2, "other", two.RemoteAddr())
	if p.timeline != 3 {
		t.Error("a former primary is believed as soon as the newest one is a standby")
	}
	p.demoted = p.demoted.Add(-wayBackAfter)
	p.standby("former")
	p.found(2, "other", two.RemoteAddr())
	if connect(other, 2); p.timeline != 2 || p.host != "other" || !p.demoted.IsZero() || !cut(three) {
		t.Errorf("after a promotion that was given up the primary is %s of timeline %d", p.host, p.timeline)
	}
}
