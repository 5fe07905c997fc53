// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Of a URL with several hosts one is the primary. When another one takes its place, the former
// one may be gone, may hang with all its connections open, or may come back and know nothing of
// it. PostgreSQL counts how often a standby became a primary, in the number of the timeline. So
// the primary of the newest timeline is the one, connections to others are cut, and a request
// that waited for an answer goes on as after any other loss of a connection.

// retiredFor is how long nobody connects to a server whose connections were cut. The driver would
// try to cancel the statements of each, and wait for the server that hangs.
const retiredFor = 20 * time.Second

// wayBackAfter is how long the host of the newest primary has to be a standby before a primary of an
// older timeline is believed. A cluster manager may give up a promotion in favour of the former
// primary. Before, a standby is no reason to: another one is about to be promoted.
const wayBackAfter = 10 * time.Second

// watchPrimary prepares the connections of a pool for several servers, and begins to ask them.
func watchPrimary(config *pgxpool.Config, dialer *net.Dialer) *hostWatch {
	watched := config.ConnConfig.Copy()
	p := &primaries{dialer: dialer, conns: map[*serverConn]struct{}{}, retired: map[string]time.Time{}}
	config.ConnConfig.DialFunc = p.dial
	config.ConnConfig.ValidateConnect = p.validate(config.ConnConfig.ValidateConnect)
	watch := watchHosts(watched, p.found, p.standby)
	config.BeforeConnect = func(ctx context.Context, config *pgx.ConnConfig) error {
		watch.awaitFirst(ctx)
		p.order(config)
		return nil
	}
	return watch
}

// primaries has what a Store knows of the servers of a URL.
type primaries struct {
	dialer   *net.Dialer
	mu       sync.Mutex
	timeline uint64    // the newest that a primary had
	host     string    // of that primary, as the URL names it; empty until it was asked
	demoted  time.Time // when that host first said that it is a standby; zero while it does not
	conns    map[*serverConn]struct{}
	retired  map[string]time.Time // addresses whose connections were cut, and when
}

// serverConn is a connection to one of the servers.
type serverConn struct {
	net.Conn
	address  string
	timeline uint64 // zero until it is known
	remove   func(*serverConn)
}

// Close implements net.Conn.
func (c *serverConn) Close() error { c.remove(c); return c.Conn.Close() }

// dial is pgconn.DialFunc.
func (p *primaries) dial(ctx context.Context, network, address string) (net.Conn, error) {
	p.mu.Lock()
	cut, retired := p.retired[address]
	p.mu.Unlock()
	if retired && time.Since(cut) < retiredFor {
		return nil, fmt.Errorf("another server has taken the place of the primary %s", address)
	}
	conn, err := p.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &serverConn{Conn: conn, address: address, remove: p.remove}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = struct{}{}
	return c, nil
}

func (p *primaries) remove(c *serverConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// order puts the primary before the other servers.
func (p *primaries) order(config *pgx.ConnConfig) {
	p.mu.Lock()
	host := p.host
	p.mu.Unlock()
	hosts := hostsOf(config)
	i := slices.IndexFunc(hosts, func(h []*pgconn.FallbackConfig) bool { return hostName(h[0]) == host })
	if i > 0 {
		setHosts(config, append(slices.Clone(hosts[i]), slices.Concat(slices.Delete(hosts, i, i+1)...)...))
	}
}

// validate returns a pgconn.ValidateConnectFunc that refuses standbys and former primaries, and
// what next refuses.
func (p *primaries) validate(next pgconn.ValidateConnectFunc) pgconn.ValidateConnectFunc {
	return func(ctx context.Context, conn *pgconn.PgConn) error {
		timeline, err := timelineOf(ctx, conn)
		if err != nil {
			return err
		}
		if newest := p.admit(timeline, conn.Conn()); timeline < newest {
			return fmt.Errorf("a former primary, of timeline %d: there was one of timeline %d. If the former one is "+
				"right, since an older copy of the database took its place, start this program again", timeline, newest)
		}
		if next != nil {
			return next(ctx, conn)
		}
		return nil
	}
}

// admit notes that a new connection leads to a primary of a timeline, and returns the newest one.
func (p *primaries) admit(timeline uint64, conn net.Conn) uint64 {
	if t, is := conn.(interface{ NetConn() net.Conn }); is { // of TLS
		conn = t.NetConn()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if timeline > p.timeline {
		p.advance(timeline)
	}
	if c, is := conn.(*serverConn); is {
		c.timeline = timeline
	}
	return p.timeline
}

// found notes that a host is a primary of a timeline.
func (p *primaries) found(timeline uint64, host string, address net.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if timeline > p.timeline || !p.demoted.IsZero() && time.Since(p.demoted) > wayBackAfter {
		p.advance(timeline)
	}
	if timeline == p.timeline {
		p.host, p.demoted = host, time.Time{}
		delete(p.retired, address.String())
	}
}

// standby notes that a host is a standby.
func (p *primaries) standby(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if host == p.host && p.demoted.IsZero() {
		p.demoted = time.Now()
	}
}

// advance goes on to another timeline, and cuts the connections to other primaries. Nobody reads
// from them any more, so what their ends say does not matter. The caller has the lock.
func (p *primaries) advance(timeline uint64) {
	p.timeline, p.host, p.demoted = timeline, "", time.Time{}
	for c := range p.conns {
		if c.timeline > 0 && c.timeline != timeline {
			delete(p.conns, c)
			p.retired[c.address] = time.Now()
			_ = c.Conn.Close()
		}
	}
}

// timelineOf asks a server for its timeline. It fails with errStandby for a standby,
// and returns zero for a database that knows no timelines.
func timelineOf(ctx context.Context, conn *pgconn.PgConn) (uint64, error) {
	results, err := conn.Exec(ctx, "SELECT CASE WHEN pg_is_in_recovery() THEN '' "+
		"ELSE pg_walfile_name(pg_current_wal_lsn()) END").ReadAll()
	switch {
	case err != nil && (code(err) == undefinedFunction || code(err) == insufficientPrivilege):
		return 0, nil
	case err != nil:
		return 0, err
	case len(results) != 1 || len(results[0].Rows) != 1:
		return 0, fmt.Errorf("the server does not tell its timeline")
	}
	name := string(results[0].Rows[0][0])
	if name == "" {
		return 0, errStandby
	}
	if len(name) < 8 {
		return 0, fmt.Errorf("the server's write-ahead log has the name %q", name)
	}
	return strconv.ParseUint(name[:8], 16, 64) // PostgreSQL names the files of its log so
}
