// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// How often each server of a URL with several hosts is asked whether it is the primary, how long
// its answer may take, and how long the first connection waits for the first answers.
const (
	watchEvery = time.Second
	watchLimit = 3 * time.Second
	watchFirst = time.Second
)

// errStandby says that a server is not the primary.
var errStandby = errors.New("the server is a standby")

// hostWatch finds out which server is the primary, by a connection to each.
type hostWatch struct {
	stop    context.CancelFunc
	running sync.WaitGroup
	asked   chan struct{} // closed when each server has answered once, or has not
}

// foundFunc is called with the timeline of a primary, its name in the URL and its address.
type foundFunc func(timeline uint64, host string, address net.Addr)

// watchHosts begins to ask. standby is called with the name of each host that is one.
func watchHosts(config *pgx.ConnConfig, found foundFunc, standby func(host string)) *hostWatch {
	ctx, stop := context.WithCancel(context.Background())
	w := &hostWatch{stop: stop, asked: make(chan struct{})}
	var first sync.WaitGroup
	for _, ways := range hostsOf(config) {
		one := config.Copy()
		setHosts(one, ways)
		one.RuntimeParams["application_name"] += " watch"
		one.ConnectTimeout, one.ValidateConnect, one.AfterConnect = watchLimit, nil, nil
		h := &watchedHost{config: &one.Config, name: hostName(ways[0]), found: found, standby: standby}
		first.Add(1)
		w.running.Go(func() {
			defer h.disconnect()
			h.ask(ctx)
			first.Done()
			for every := time.NewTicker(watchEvery); ; h.ask(ctx) {
				select {
				case <-ctx.Done():
					every.Stop()
					return
				case <-every.C:
				}
			}
		})
	}
	w.running.Go(func() {
		first.Wait()
		close(w.asked)
	})
	return w
}

// awaitFirst waits for the first answers, so that not even the first connection leads to a former
// primary. It does not wait long for a server that hangs.
func (w *hostWatch) awaitFirst(ctx context.Context) {
	select {
	case <-w.asked:
		return
	default:
	}
	timer := time.NewTimer(watchFirst)
	defer timer.Stop()
	select {
	case <-w.asked:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// close ends the questions.
func (w *hostWatch) close() {
	if w != nil {
		w.stop()
		w.running.Wait()
	}
}

// watchedHost is one server.
type watchedHost struct {
	config  *pgconn.Config
	name    string
	found   foundFunc
	standby func(host string)
	conn    *pgconn.PgConn // nil while there is none
}

// ask tells if the server is a primary.
func (h *watchedHost) ask(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, watchLimit)
	defer cancel()
	if h.conn == nil {
		conn, err := pgconn.ConnectConfig(limited, h.config)
		if err != nil {
			return
		}
		h.conn = conn
	}
	timeline, err := timelineOf(limited, h.conn)
	switch {
	case err == nil:
		h.found(timeline, h.name, h.conn.Conn().RemoteAddr())
	case errors.Is(err, errStandby):
		h.standby(h.name)
	default:
		h.disconnect()
	}
}

func (h *watchedHost) disconnect() {
	if h.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), watchLimit)
	defer cancel()
	_ = h.conn.Close(ctx) // whatever the server says to it
	h.conn = nil
}
