// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net"
	"sync"
	"time"

	"gatehouse/internal/httpkit"
)

// shares returns how many requests of each class run at once. The measurements are in
// docs/decisions/0009-overload.md. A log-in waits for one of few hashers without using
// the processor, and a list keeps a connection of the database busy for a long time, so
// both get few slots. Quick requests get enough slots for large grouped commits.
func shares() map[httpkit.Class]httpkit.Share {
	return map[httpkit.Class]httpkit.Share{
		httpkit.Quick: {Slots: 256, Queue: 1024, Wait: 500 * time.Millisecond},
		httpkit.List:  {Slots: 16, Queue: 256, Wait: time.Second},
		httpkit.LogIn: {Slots: 16, Queue: 128, Wait: time.Second},
	}
}

// Bounds on connections. The database and the log need some descriptors, too.
const (
	mostConnections   = 4096
	fewestConnections = 64
	otherFiles        = 128
	makeRoomInterval  = time.Second
)

// maxConnections returns how many connections the limit on open files allows.
func maxConnections(openFiles uint64) int {
	if openFiles < fewestConnections+otherFiles {
		return fewestConnections
	}
	return int(min(openFiles-otherFiles, mostConnections))
}

// limitListener accepts a bounded number of connections. When all slots are in use, it
// calls makeRoom and waits until a connection is closed. Meanwhile new connections wait
// in the queue of the operating system.
type limitListener struct {
	net.Listener
	slots    chan struct{}
	makeRoom func()    // closes connections that are not in use
	lastRoom time.Time // when makeRoom was last called; Accept has one caller

	once   sync.Once
	closed chan struct{}
}

func limit(l net.Listener, most int, makeRoom func()) *limitListener {
	return &limitListener{Listener: l, slots: make(chan struct{}, most), makeRoom: makeRoom,
		closed: make(chan struct{})}
}

// Accept implements net.Listener.
func (l *limitListener) Accept() (net.Conn, error) {
	if err := l.take(); err != nil {
		return nil, err
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &limitedConn{Conn: c, slots: l.slots}, nil
}

// take waits for a slot. More connections become idle while it waits, so it calls
// makeRoom more than once.
func (l *limitListener) take() error {
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
	}
	again := time.NewTicker(makeRoomInterval)
	defer again.Stop()
	for {
		if time.Since(l.lastRoom) >= makeRoomInterval {
			l.lastRoom = time.Now()
			l.makeRoom()
		}
		select {
		case l.slots <- struct{}{}:
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

// limitedConn releases its slot once, when it is closed.
type limitedConn struct {
	net.Conn
	slots chan struct{}
	once  sync.Once
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { <-c.slots })
	return err
}

// CloseWrite lets net/http end an answer to a client that is still sending, so that the
// client can read the answer before the connection breaks.
func (c *limitedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
