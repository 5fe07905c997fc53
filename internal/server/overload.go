// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net"
	"sync"
	"time"

	"gatehouse/internal/httpkit"
)

// shares is how much is worked on at once: docs/decisions/0009-overload.md has
// the measurements. A log-in waits for one of few hashers without using the
// processor, and a list keeps a connection of the database busy for long, so
// both get few places; quick requests get enough for grouped commits to be large.
func shares() map[httpkit.Class]httpkit.Share {
	return map[httpkit.Class]httpkit.Share{
		httpkit.Quick: {Places: 256, Queue: 1024, Wait: 500 * time.Millisecond},
		httpkit.List:  {Places: 16, Queue: 256, Wait: time.Second},
		httpkit.LogIn: {Places: 16, Queue: 128, Wait: time.Second},
	}
}

// Bounds on connections. Some descriptors are left for the database and the log.
const (
	mostConnections   = 4096
	fewestConnections = 64
	otherFiles        = 128
	makeRoomInterval  = time.Second
)

// maxConnections is what the limit on open files allows.
func maxConnections(openFiles uint64) int {
	if openFiles < fewestConnections+otherFiles {
		return fewestConnections
	}
	return int(min(openFiles-otherFiles, mostConnections))
}

// limitListener accepts a bounded number of connections. When all are taken it
// asks for room, then waits until one is closed; the system keeps who comes
// meanwhile in its own queue.
type limitListener struct {
	net.Listener
	places   chan struct{}
	makeRoom func()    // closes connections that are not in use
	asked    time.Time // for room; Accept has one caller

	once   sync.Once
	closed chan struct{}
}

func limit(l net.Listener, most int, makeRoom func()) *limitListener {
	return &limitListener{Listener: l, places: make(chan struct{}, most), makeRoom: makeRoom, closed: make(chan struct{})}
}

// Accept implements net.Listener.
func (l *limitListener) Accept() (net.Conn, error) {
	if err := l.take(); err != nil {
		return nil, err
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &limitedConn{Conn: c, places: l.places}, nil
}

// take waits for a place. Connections come to be out of use while it waits, so
// it asks more than once.
func (l *limitListener) take() error {
	select {
	case l.places <- struct{}{}:
		return nil
	default:
	}
	again := time.NewTicker(makeRoomInterval)
	defer again.Stop()
	for {
		if time.Since(l.asked) >= makeRoomInterval {
			l.asked = time.Now()
			l.makeRoom()
		}
		select {
		case l.places <- struct{}{}:
			return nil
		case <-l.closed:
			return net.ErrClosed
		case <-again.C:
		}
	}
}

// Close implements net.Listener.
func (l *limitListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// limitedConn gives its place back once, when it is closed.
type limitedConn struct {
	net.Conn
	places chan struct{}
	once   sync.Once
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { <-c.places })
	return err
}

// CloseWrite lets net/http end an answer to who is still sending, so that the
// client can read it before the connection breaks.
func (c *limitedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
